"""What belongs to an index on disk: replaced at once, so readers find one state or the next."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from retrieval.errors import IndexUnusable
from retrieval.whole_files import flush, written_whole

MANIFEST: Final = "manifest.json"

#: Of the layout; one that we do not know is refused and left as it is.
VERSION: Final = 1

_READ_AT_ONCE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file as it was written.

    Attributes:
        name: relative to the folder of the index.
        size: bytes.
        sha256: of its content.
    """

    name: str
    size: int
    sha256: str

    @classmethod
    def of(cls, folder: Path, name: str) -> "FileEntry":
        """Of a file that is there.

        Raises:
            OSError: it cannot be read.
        """
        path = folder / name
        return cls(name, path.stat().st_size, digest(path))

    def problem(self, folder: Path, *, thorough: bool) -> str | None:
        """What is wrong with it: missing, of another size or, looked at thoroughly, changed.

        Raises:
            OSError: it cannot be read, for a reason that need not last.
        """
        path = folder / self.name
        try:
            size = path.stat().st_size
            if size != self.size:
                return f"'{path.name}' has {size} bytes, and {self.size} were written"
            if thorough and digest(path) != self.sha256:
                return f"'{path.name}' has other contents than were written"
        except (FileNotFoundError, NotADirectoryError) as error:
            return f"'{path.name}' cannot be read ({error.strerror})"
        return None


@dataclass(frozen=True, slots=True)
class SegmentEntry:
    """A sealed segment.

    Attributes:
        name: its folder.
        collection: of all its shots.
        day: of capture of all its shots, UTC, as 2026-05-04.
        shots: rows, the dead ones included.
        first_at: the first instant of capture, Unix seconds.
        last_at: the last.
        slack: of its vectors; see `VectorStore`.
        files: that do not change.
        dead: which rows are found no longer, a bit each; None while all are.
    """

    name: str
    collection: str
    day: str
    shots: int
    first_at: float
    last_at: float
    slack: float
    files: tuple[FileEntry, ...]
    dead: FileEntry | None = None

    def all_files(self) -> list[FileEntry]:
        """Every file that belongs to it."""
        return [*self.files, *([] if self.dead is None else [self.dead])]


@dataclass(frozen=True, slots=True)
class Manifest:
    """An index.

    Attributes:
        model_id: of all its vectors.
        dimension: D of all its vectors.
        position: how far its source was read, in words of whoever reads it; None before that.
        serial: of the last file that was made, so that no name is used twice.
        segments: in the order in which they were sealed.
        retired: the file of retirements; None while there are none.
        incomplete: whether something was damaged, so that its source is to be read again.
    """

    model_id: str
    dimension: int
    position: str | None = None
    serial: int = 0
    segments: tuple[SegmentEntry, ...] = ()
    retired: FileEntry | None = None
    incomplete: bool = False

    def write(self, folder: Path) -> None:
        """Make this what the folder holds.

        Raises:
            OSError: it cannot be written; what was there stays.
        """
        body = asdict(self)
        told = {"version": VERSION, "sha256": _digest_of(body), "index": body}
        with written_whole(folder / MANIFEST) as part:
            part.write_text(json.dumps(told, indent=1), encoding="utf-8")
        flush(folder)

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """What the folder holds.

        Raises:
            FileNotFoundError: nothing.
            IndexUnusable: it is of a newer version, or damaged.
        """
        path = folder / MANIFEST
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            version = told["version"]
            if version != VERSION:
                raise IndexUnusable(
                    f"'{path}' is of version {version}, and this Descry reads {VERSION}: use the "
                    "newer one, or build the index again with 'descry index rebuild'"
                )
            body = told["index"]
            if _digest_of(body) != told["sha256"]:
                raise ValueError("the digest is another")  # noqa: TRY301  # of a damaged file
            segments = tuple(_segment(each) for each in body["segments"])
            return cls(**(body | {"segments": segments, "retired": _file(body["retired"])}))
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise IndexUnusable(
                f"'{path}' is damaged ({error}): build the index again with 'descry index rebuild'"
            ) from error


def digest(path: Path) -> str:
    """SHA-256 of a file.

    Raises:
        OSError: it cannot be read.
    """
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_READ_AT_ONCE):
            found.update(block)
    return found.hexdigest()


def _digest_of(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _file(told: dict[str, Any] | None) -> FileEntry | None:
    return None if told is None else FileEntry(**told)


def _segment(told: dict[str, Any]) -> SegmentEntry:
    files = tuple(FileEntry(**each) for each in told["files"])
    return SegmentEntry(**(told | {"files": files, "dead": _file(told["dead"])}))
