"""What is being erased, on disk: whoever is killed on the way leaves it to be finished."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from detectors.types import TrackKey
from pipeline.errors import Busy, DescryError
from pipeline.files import flush_folder, write_whole
from pipeline.store.forgetting import Span


@dataclass(frozen=True, slots=True)
class Intent:
    """An erasure that was begun.

    Attributes:
        tracks: which.
        spans: when live cameras saw them.
        notes: what to tell whoever asked.
        pieces: of their pictures and vectors, and which it is of; None until they were collected,
            before which nothing is deleted.
    """

    tracks: tuple[TrackKey, ...]
    spans: tuple[Span, ...] = ()
    notes: tuple[str, ...] = ()
    pieces: dict[bytes, str] | None = None


class Intents:
    """The one erasure of a data folder that is at work, and the lock of whoever does it.

    Its file names the tracks: it is the last thing to go, and not searched.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.file = folder / "pending.json"

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Be the only one to erase; the lock falls with the process, even by -9.

        Raises:
            Busy: another does.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / "lock"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Busy("other tracks are being erased: try again when that is done") from error
            yield
        finally:
            os.close(descriptor)

    def read(self) -> Intent | None:
        """The erasure that was begun and not finished; None if there is none.

        Raises:
            DescryError: it cannot be read.
        """
        for leftover in self._folder.glob(".*.tmp"):  # it names tracks, and was never in force
            leftover.unlink(missing_ok=True)
        try:
            told = json.loads(self.file.read_text())
            return Intent(
                tuple(map(TrackKey.parse, told["tracks"])),
                tuple((camera, first, last) for camera, first, last in told["spans"]),
                tuple(told["notes"]),
                None
                if told["pieces"] is None
                else {bytes.fromhex(piece): what for piece, what in told["pieces"].items()},
            )
        except FileNotFoundError:
            return None
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise DescryError(
                f"{self.file} is damaged ({error}): delete it, and erase the tracks again"
            ) from error

    def write(self, intent: Intent) -> None:
        """Begin an erasure, or say more of it.

        Raises:
            OSError: it cannot be written.
        """
        pieces = intent.pieces
        told = {
            "tracks": list(map(str, intent.tracks)),
            "spans": intent.spans,
            "notes": intent.notes,
            "pieces": None if pieces is None else {k.hex(): what for k, what in pieces.items()},
        }
        write_whole(self.file, json.dumps(told))

    def remove(self) -> None:
        """Say that it is finished."""
        self.file.unlink(missing_ok=True)
        flush_folder(self._folder)
