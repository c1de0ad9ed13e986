"""Shots that the log holds a second time, with the vectors of another model."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import redis

from detectors.types import ShotId
from pipeline.store.connection import store_errors
from pipeline.store.keys import Keys
from pipeline.store.whole_log import WholeLog
from pipeline.store.wire import COLLECTION, MODEL, SHOT, LoggedSighting, encode_sighting

_PAGE: Final = 500

# What was retired, expired or removed since its picture was read is not brought back.
_APPEND = """
if redis.call('HEXISTS', KEYS[1], 'shot:' .. ARGV[1]) == 0 then return 0 end
redis.call('XADD', KEYS[2], '*', unpack(ARGV, 2))
return 1
"""


@dataclass(frozen=True, slots=True)
class Logged:
    """What the log says of one message without its vector; `shot` is None where it is damaged."""

    position: str
    shot: ShotId | None
    model_id: str
    collection: str


class LogCopies:
    """Reads the log without its vectors, copies shots into it, and deletes messages."""

    def __init__(self, client: redis.Redis, keys: Keys, whole: WholeLog | None = None) -> None:
        self._redis, self._keys = client, keys
        self._whole = whole or WholeLog(client, keys)
        self._append = client.register_script(_APPEND)

    @store_errors()
    def kept(self, shots: Sequence[ShotId]) -> list[bool]:
        """Of each shot, whether it is kept: neither retired nor forgotten."""
        with self._redis.pipeline(transaction=False) as pipe:
            for shot in shots:
                pipe.hexists(self._keys.track(shot.track), f"shot:{shot.number}")
            return [bool(found) for found in pipe.execute()]

    @store_errors()
    def append(self, copies: Sequence[LoggedSighting]) -> list[bool]:
        """Log shots that are in the log already, of another model; of each, whether it is kept."""
        with self._redis.pipeline(transaction=False) as pipe:
            for copy in copies:
                fields = [part for pair in encode_sighting(copy).items() for part in pair]
                keys = [self._keys.track(copy.shot.track), self._keys.sightings]
                self._append(keys=keys, args=[copy.shot.number, *fields], client=pipe)
            return [bool(found) for found in pipe.execute()]

    def scan(self) -> Iterator[Logged]:
        """The whole log, without the vectors."""
        for rows in self._whole.told(_PAGE, (SHOT, MODEL, COLLECTION)):
            for entry_id, _, _, shot, model, collection in rows:
                told = (each.decode(errors="replace") for each in (model, collection))
                yield Logged(entry_id.decode(), _shot(shot), *told)

    def delete(self, positions: Iterable[str]) -> None:
        """Delete messages of the log."""
        self._whole.delete(list(positions))


def _shot(raw: bytes) -> ShotId | None:
    try:
        return ShotId.parse(raw.decode())
    except ValueError:
        return None
