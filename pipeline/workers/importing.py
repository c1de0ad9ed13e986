"""Imports that were asked for over HTTP: one after the other, each told how far it is."""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pipeline.errors import Busy, ConfigError, NotFound
from pipeline.import_answers import FileAnswer, ImportAnswer, ImportRequest, UploadAnswer
from pipeline.names import check_name, in_utf8
from pipeline.store.uploads import Uploads

log = logging.getLogger(__name__)

MOST_WAITING = 200
MOST_TOLD = 100
MOST_LISTED = 100_000
VIDEO_SUFFIXES = frozenset({
    ".mp4", ".mkv", ".mov", ".avi", ".ts", ".m4v", ".webm", ".mpg", ".mpeg", ".dav", ".flv",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of one recording.

    Attributes:
        reason: why it could not be imported; empty where it was.
        tracks: people followed in it.
        known: whether it had been imported before.
    """

    reason: str = ""
    tracks: int = 0
    known: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """How far a recording is read.

    Attributes:
        frames: read so far.
        total: how many it has; None where nobody can know.
    """

    frames: int
    total: int | None


@dataclass(slots=True)
class _Job:
    path: Path
    asked: ImportRequest
    answer: ImportAnswer


class ServerFolders:
    """Folders of the server that recordings may be taken from, and nothing outside them."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = [folder.expanduser().absolute() for folder in folders]

    def files(self) -> list[FileAnswer]:
        """Recordings in them, in order, at most `MOST_LISTED`."""
        return list(islice(self._listed(), MOST_LISTED))

    def _listed(self) -> Iterator[FileAnswer]:
        for number, folder in enumerate(self._folders):
            try:
                found = sorted(path for path in folder.rglob("*") if _is_video(path))
            except OSError as error:
                log.warning("imports.folders: %s cannot be listed (%s)", folder, error.strerror)
                continue
            for path in found:
                name = str(path.relative_to(folder))
                # What is no text cannot be asked for again; what leads out is not offered.
                if in_utf8(name) == name and self._is_inside(path, folder):
                    yield FileAnswer(path=f"{number}/{name}", size_bytes=path.stat().st_size)

    def find(self, named: str) -> Path:
        """The file that `named` names.

        Raises:
            NotFound: there is none, or it lies outside.
        """
        number, _, name = named.partition("/")
        missing = NotFound(f"no recording {in_utf8(named)!r} in imports.folders: list them again")
        if not (number.isascii() and number.isdigit() and int(number) < len(self._folders)):
            raise missing
        folder = self._folders[int(number)]
        try:
            path = (folder / name).resolve(strict=True)
        except (OSError, ValueError):
            raise missing from None
        if not self._is_inside(path, folder) or not path.is_file():
            raise missing
        return path

    def _is_inside(self, path: Path, folder: Path) -> bool:
        return path.resolve().is_relative_to(folder.resolve())


class Importing:
    """Imports recordings in the background, one at a time, in the order they were asked for."""

    def __init__(
        self,
        uploads: Uploads,
        folders: ServerFolders,
        *,
        read: Callable[[Path, ImportRequest], Ended],
        progress: Callable[[str, Path], Reading | None],
    ) -> None:
        """Begin nothing yet.

        Args:
            uploads: what was sent.
            folders: what may be taken from the server.
            read: imports a recording, returns at its end, and raises nothing.
            progress: how far the camera's recording of that path is read; None before it began.
        """
        self._uploads, self._folders = uploads, folders
        self._read, self._progress = read, progress
        self._waiting: queue.Queue[_Job] = queue.Queue(MOST_WAITING)
        self._jobs: dict[str, _Job] = {}
        self._lock = threading.Lock()
        self._last = 0
        self._thread: threading.Thread | None = None

    def begin_upload(self, name: str, size: int) -> UploadAnswer:
        """Make room for a recording that will be sent in pieces."""
        upload = self._uploads.begin(name, size)
        return UploadAnswer(id=upload.id, received=upload.received)

    def add_piece(self, upload: str, offset: int, piece: bytes) -> UploadAnswer:
        """Take a piece of it."""
        known = self._uploads.add(upload, offset, piece)
        return UploadAnswer(id=known.id, received=known.received)

    def files(self) -> list[FileAnswer]:
        """Recordings of the server that may be imported."""
        return self._folders.files()

    def start(self, asked: ImportRequest) -> ImportAnswer:
        """Import a recording once those before it are done.

        Raises:
            ConfigError: what was asked for makes no sense.
            NotFound: there is no such recording.
            Busy: too many wait.
        """
        check_name("camera", asked.camera)
        check_name("collection", asked.collection)
        if asked.collection == "live":
            raise ConfigError("the collection 'live' is for cameras: choose another name")
        path = self._path(asked)
        with self._lock:
            number = self._last = max(self._last + 1, time.time_ns())
        answer = ImportAnswer(
            id=f"{number:016x}",
            source=in_utf8(path.name),
            camera=asked.camera,
            collection=asked.collection,
            state="waiting",
        )
        job = _Job(path, asked, answer)
        with self._lock:
            try:
                self._waiting.put_nowait(job)
            except queue.Full:
                raise Busy(f"{MOST_WAITING} imports wait already: ask again later") from None
            self._uploads.take_in_hand(path)
            self._jobs[answer.id] = job
            self._forget_oldest()
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="imports", daemon=True)
                self._thread.start()
        return answer

    def sweep(self) -> int:
        """Remove recordings that were sent and that nothing needs; how many went."""
        return self._uploads.sweep()

    def imports(self) -> list[ImportAnswer]:
        """Those of this worker, the newest first."""
        self._uploads.sweep()
        with self._lock:
            jobs = list(self._jobs.values())
        return [self._told(job) for job in reversed(jobs)]

    def _path(self, asked: ImportRequest) -> Path:
        if (asked.upload is None) == (asked.path is None):
            raise ConfigError("name an upload or a path: one of them")
        if asked.upload is not None:
            return self._uploads.whole(asked.upload)
        return self._folders.find(str(asked.path))

    def _told(self, job: _Job) -> ImportAnswer:
        if job.answer.state != "reading":
            return job.answer
        reading = self._progress(job.asked.camera, job.path)
        if reading is None:
            return job.answer
        update = {"frames": reading.frames, "frames_total": reading.total}
        return job.answer.model_copy(update=update)

    def _work(self) -> None:
        while True:
            job = self._waiting.get()
            job.answer = job.answer.model_copy(update={"state": "reading"})
            ended = self._read(job.path, job.asked)
            self._uploads.mark_imported(job.path)
            update = {
                "state": "failed" if ended.reason else "done",
                "reason": in_utf8(ended.reason),
                "tracks": ended.tracks,
                "known": ended.known,
            }
            job.answer = self._told(job).model_copy(update=update)

    def _forget_oldest(self) -> None:
        over = [key for key, job in self._jobs.items() if job.answer.state in {"done", "failed"}]
        for key in over[: max(len(self._jobs) - MOST_TOLD, 0)]:
            del self._jobs[key]


def _is_video(path: Path) -> bool:
    return path.suffix.lower() in VIDEO_SUFFIXES and path.is_file()
