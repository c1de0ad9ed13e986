"""Every tracked box of a run, for those who asked to keep them (`--keep-boxes`)."""

import sqlite3
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from detectors.types import Box, TrackedBox
from pipeline.errors import DescryError, NotFound, StoreFull

_SUFFIX = ".sqlite"
_TABLE = """
create table if not exists boxes (
  frame integer not null, number integer not null,
  x1 real not null, y1 real not null, x2 real not null, y2 real not null,
  confidence real not null, at real, primary key (frame, number)) without rowid
"""
_WRITE = "insert or replace into boxes values (?, ?, ?, ?, ?, ?, ?, ?)"


class BoxRow(NamedTuple):
    """Track `number` in frame `frame`, both counted from 1."""

    frame: int
    number: int
    box: Box
    confidence: float


class BoxAt(NamedTuple):
    """Where somebody was, pixels of the full frame, and when: Unix seconds."""

    at: float
    box: Box


class BoxArchive:
    """One SQLite file a run, below one folder a camera.

    Reading a file again writes the same rows again, so a run that was killed and resumed ends
    with the rows of an undisturbed one. Commit before a safe point is saved, never after it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[Path, sqlite3.Connection] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def write(
        self,
        camera_id: str,
        run_id: str,
        frame_number: int,
        boxes: Sequence[TrackedBox],
        *,
        at: float,
    ) -> None:
        """Keep the boxes of one frame, captured `at`; they last from the next `commit` on.

        Raises:
            StoreFull: no room left.
        """
        path = self._path(camera_id, run_id)
        rows = [
            (frame_number, box.number, *map(float, box.box), box.confidence, at) for box in boxes
        ]
        with self._lock, _sqlite_errors(path):
            database = self._open.get(path) or self._create(path)
            database.executemany(_WRITE, rows)

    def commit(self) -> None:
        """Make what was written last.

        Raises:
            StoreFull: no room left.
        """
        with self._lock:
            for path, database in self._open.items():
                with _sqlite_errors(path):
                    database.commit()

    def close(self, camera_id: str | None = None, run_id: str | None = None) -> None:
        """Commit and close one run's file, or all."""
        one = None if camera_id is None or run_id is None else self._path(camera_id, run_id)
        with self._lock:
            for path in [p for p in self._open if one in (None, p)]:
                with closing(self._open.pop(path)) as database, _sqlite_errors(path):
                    database.commit()

    def rows(self, camera_id: str, run_id: str) -> Iterator[BoxRow]:
        """The committed boxes by frame, then track number; may be read while they are written.

        Raises:
            NotFound: no box of that run was kept.
        """
        path = self._path(camera_id, run_id)
        if not path.is_file():
            raise NotFound(
                f"no boxes kept of run {run_id} of camera {camera_id!r}: replay with --keep-boxes"
            )
        with _reading(path) as database:
            for frame, number, *box, confidence in database.execute(
                "select frame, number, x1, y1, x2, y2, confidence from boxes order by frame, number"
            ):
                yield BoxRow(frame, number, Box(*box), confidence)

    def of_track(self, camera_id: str, run_id: str, number: int) -> list[BoxAt]:
        """Where one track was, by time; nothing where nobody kept it, or not when it was."""
        path = self._path(camera_id, run_id)
        if not path.is_file():
            return []
        with _reading(path) as database:
            if "at" not in _columns(database):
                return []  # an archive of before boxes had instants
            found = database.execute(
                "select at, x1, y1, x2, y2 from boxes where number = ? and at is not null "
                "order by at",
                (number,),
            )
            return [BoxAt(at, Box(*box)) for at, *box in found]

    def runs(self, camera_id: str) -> list[str]:
        """The runs of a camera whose boxes were kept, by name."""
        folder = self._folder / _name(camera_id)
        return sorted(path.name.removesuffix(_SUFFIX) for path in folder.glob("*" + _SUFFIX))

    def delete(self, camera_id: str, run_id: str) -> bool:
        """Forget the boxes of a run; whether there were any."""
        self.close(camera_id, run_id)
        path = self._path(camera_id, run_id)
        was_there = path.is_file()
        for suffix in ("", "-wal", "-shm", "-journal"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        return was_there

    def delete_tracks(self, camera_id: str, run_id: str, numbers: Collection[int]) -> int:
        """Forget the boxes of some tracks of a run, leaving no byte of them; how many went.

        Raises:
            StoreFull: no room to write the rest anew.
            DescryError: somebody else has them open for too long.
        """
        self.close(camera_id, run_id)
        path = self._path(camera_id, run_id)
        if not path.is_file():
            return 0
        with _sqlite_errors(path), closing(sqlite3.connect(path, isolation_level=None)) as database:
            database.execute("pragma secure_delete = on")
            gone = sum(
                database.execute("delete from boxes where number = ?", (number,)).rowcount
                for number in sorted(numbers)
            )
            database.execute("vacuum")
            database.execute("pragma wal_checkpoint(truncate)")
        return gone

    def _path(self, camera_id: str, run_id: str) -> Path:
        return self._folder.absolute() / _name(camera_id) / (_name(run_id) + _SUFFIX)

    def _create(self, path: Path) -> sqlite3.Connection:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        database = sqlite3.connect(path, check_same_thread=False)
        try:
            database.execute("pragma journal_mode = wal")
            database.execute("pragma synchronous = normal")
            database.execute(_TABLE)
            if "at" not in _columns(database):
                database.execute("alter table boxes add column at real")
        except sqlite3.Error:
            database.close()
            raise
        self._open[path] = database
        return database


def _name(part: str) -> str:
    if not part or part.startswith(".") or "/" in part or "\0" in part:
        raise ValueError(f"{part!r} cannot name a file of boxes")
    return part


def _columns(database: sqlite3.Connection) -> set[str]:
    return {name for _, name, *_ in database.execute("pragma table_info(boxes)")}


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    with (
        _sqlite_errors(path),
        closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database,
    ):
        yield database


@contextmanager
def _sqlite_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            raise StoreFull(f"no room for the boxes in {path}: free some space") from error
        raise DescryError(
            f"the boxes in {path} cannot be used ({error}): delete the file"
        ) from error
    except OSError as error:
        raise StoreFull(f"the boxes in {path} cannot be written: {error.strerror}") from error
