"""Builds what erases tracks, with every index of the data folder."""

import os
import time
from collections.abc import Callable, Collection, Iterator, Set
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from detectors.types import TrackKey
from pipeline.answers import ErasedAnswer
from pipeline.clock import SystemClock
from pipeline.config import Settings
from pipeline.errors import StoreUnavailable
from pipeline.evidence.certificate import erasure_certificate
from pipeline.store.account_file import FILE as ACCOUNTS
from pipeline.store.account_file import AccountFile
from pipeline.store.erased import ErasedTracks
from pipeline.store.forgetting import Forgetting, pattern_of
from pipeline.store.intents import Intents
from pipeline.store.kept_answers import FOLDER, forget_kept_answers
from pipeline.store.keys import Keys
from pipeline.store.saved_searches import SavedSearches
from pipeline.store.server import PrivateRedis
from pipeline.wiring.gallery import lock_folder
from pipeline.wiring.signing import signing_key, software
from pipeline.wiring.spread_index import erase_spread
from pipeline.wiring.stores import Stores, open_folder
from pipeline.workers.erasable import Erasable
from pipeline.workers.erasing import Erasing
from pipeline.workers.holding import HoldFolder
from retrieval.index.manifest import MANIFEST, Manifest
from retrieval.index.rolling import RollingIndex
from retrieval.index.traces import hash_bytes, vectors_of

HEARD_WITHIN_S: Final = 120.0
"""A view looks three times a second, but may be writing a segment."""

_POLL_S = 0.02


class EveryIndex:
    """The indexes of all models: of this process, those that nobody has open, and on servers."""

    def __init__(
        self,
        data_folder: Path,
        heard: Callable[[], Set[TrackKey]] | None,
        on_servers: Callable[[Collection[TrackKey]], None] | None,
    ) -> None:
        """With what lies in a data folder.

        Args:
            data_folder: whose.
            heard: says what the indexes of this process no longer hold; None if it has none.
            on_servers: erases tracks from the index on servers; None if there is none.
        """
        self._folder, self._heard, self._on_servers = data_folder, heard, on_servers

    def erase(self, tracks: Collection[TrackKey]) -> None:
        """Have every index hold no byte of `tracks`; another process's sees to its own.

        Raises:
            StoreUnavailable: the view has not heard of it in time, or a server is away.
            OSError: one cannot be written.
        """
        deadline = time.monotonic() + HEARD_WITHIN_S
        while self._heard is not None and not set(tracks) <= self._heard():
            if time.monotonic() > deadline:
                raise StoreUnavailable(
                    "the index has not taken the tracks out yet: see its log, and erase again"
                )
            time.sleep(_POLL_S)
        if self._on_servers is not None:
            self._on_servers(tracks)
        for folder in self._folders():
            with _ours(folder) as is_ours:
                if is_ours:
                    manifest = Manifest.read(folder)
                    RollingIndex(folder, manifest.model_id, manifest.dimension).erase(tracks)

    def vectors(self, tracks: Collection[TrackKey]) -> list[bytes]:
        """The vector of every shot of theirs, as it lies there."""
        return [vector for folder in self._folders() for vector in vectors_of(folder, tracks)]

    def hashes(self, tracks: Collection[TrackKey]) -> list[bytes]:
        """The 64 bits that stand for each of them in an index."""
        return list(map(hash_bytes, tracks))

    def _folders(self) -> list[Path]:
        return sorted(path.parent for path in self._folder.glob(f"index/*/{MANIFEST}"))


@contextmanager
def _ours(folder: Path) -> Iterator[bool]:
    """Whether nobody has the index open; nobody can for the length of a `with`."""
    descriptor = lock_folder(folder, within_s=0)
    try:
        yield descriptor is not None
    finally:
        if descriptor is not None:
            os.close(descriptor)


def build_erasing(
    settings: Settings, stores: Stores, heard: Callable[[], Set[TrackKey]] | None = None
) -> Erasing:
    """What erases tracks from all that is kept.

    Args:
        settings: all of them.
        stores: where things are kept.
        heard: tells what the indexes of this process hold no more; None if it has none.
    """
    folder, keys = open_folder(settings), Keys(settings.redis.namespace)
    ours = PrivateRedis(folder.path, folder.runtime_dir).socket
    is_spread = settings.index.kind == "redis"
    on_servers = partial(erase_spread, settings, stores) if is_spread else None
    parts = Erasable(
        tracks=stores.tracks,
        runs=stores.runs,
        marks=ErasedTracks(stores.client, keys),
        forgetting=Forgetting(stores.client, keys, stores.sightings.whole),
        media=stores.media,
        boxes=stores.boxes,
        ring=stores.ring,
        clips=stores.clips,
        logs=folder.logs,
        cases=stores.cases,
        held=HoldFolder(folder.path / "holds").clips(),
        indexes=EveryIndex(folder.path, heard, on_servers),
        folder=folder.path,
        forget_words=partial(_forget_words, folder.path),
        elsewhere=tuple(_elsewhere(settings, ours)),
    )
    clock = SystemClock()

    def certify(answer: ErasedAnswer) -> dict[str, Any]:
        key = signing_key(settings)
        return erasure_certificate(answer, key, at=clock.now(), software=software())

    return Erasing(parts, Intents(folder.path / "erasures"), clock, certify)


def _elsewhere(settings: Settings, ours: Path) -> Iterator[str]:
    if settings.redis.url not in (None, f"unix://{ours}"):
        yield "Redis is not ours: what it keeps on its own disk was not searched"
    if settings.index.kind == "redis":
        yield "the servers of the index are not ours: what is on their own disks was not searched"


def _forget_words(folder: Path, tracks: Collection[TrackKey]) -> None:
    forget_kept_answers(folder / FOLDER)
    if (folder / ACCOUNTS).exists():
        accounts = AccountFile(folder / ACCOUNTS)
        try:
            SavedSearches(accounts).erase_words(pattern_of(tracks))
        finally:
            accounts.close()
