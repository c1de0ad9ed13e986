"""The files behind what somebody named: files, folders, patterns."""

import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import ConfigError, SourceUnreadable

MAGIC = frozenset("*?[")
# What programs call a file while they still write it.
UNFINISHED = (".tmp", ".temp", ".part", ".partial", ".crdownload", ".download", ".filepart", "~")
_NOTHING_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG})


class Recording(NamedTuple):
    """A file that may be a video.

    Attributes:
        path: as it was named, or below what was named.
        size_bytes: 0 where it cannot be told.
        is_named: somebody named this very file, so that it must be a video.
    """

    path: Path
    size_bytes: int
    is_named: bool


def may_be_several(path: Path) -> bool:
    """Whether a name that was given is a folder or a pattern, rather than a file."""
    with suppress(PermissionError):  # whoever reads it says so
        return path.is_dir() or _is_pattern(path)
    return False


def _is_pattern(path: Path) -> bool:
    return bool(MAGIC.intersection(str(path))) and not os.path.lexists(path)


class Recordings:
    """The files behind `named`, the same ones in the same order at every iteration.

    A folder is entered once, however many links lead to it, so that links in a circle end.
    Hidden and unfinished files, pipes and sockets are passed over; a file that was named is not.
    Nothing is kept but the names of one folder at a time and the identities of folders.
    """

    def __init__(
        self,
        named: Sequence[Path],
        *,
        recursive: bool,
        on_trouble: Callable[[str], None] = lambda _line: None,
    ) -> None:
        """Look behind `named`.

        Args:
            named: files, folders, or patterns with `*`, `?`, `[…]` and `**` (any folders).
            recursive: also enter the folders in a folder.
            on_trouble: told one line about each folder or file that nobody lets us look at.
        """
        self._named = named
        self._recursive = recursive
        self._on_trouble = on_trouble
        self._entered: set[tuple[int, int]] = set()
        self._trouble = ""

    def __iter__(self) -> Iterator[Recording]:
        """The files, those of each folder by name.

        Raises:
            SourceUnreadable: a name or pattern leads to nothing, or nobody lets us see to what.
        """
        self._entered = set()
        for path in self._named:
            self._trouble = ""
            if _is_pattern(path):
                yield from self._matching(path)
            elif self._is_there(path):
                yield from self._behind(path, is_named=True)
            else:
                raise SourceUnreadable(self._trouble or f"{path}: no such file; check the path")

    def _behind(self, path: Path, *, is_named: bool) -> Iterator[Recording]:
        mode = self._mode(path)
        if stat.S_ISDIR(mode):
            yield from self._inside(path)
        elif is_named or (stat.S_ISREG(mode) and not is_hidden(path.name)):
            yield Recording(path, _size(path), is_named)

    def _inside(self, folder: Path) -> Iterator[Recording]:
        folders = []
        for entry in self._list(folder):
            mode = self._mode(entry)
            if stat.S_ISDIR(mode):
                folders.append(entry)
            elif stat.S_ISREG(mode):
                yield Recording(entry, _size(entry), is_named=False)
        if self._recursive:
            for each in folders:
                yield from self._inside(each)

    def _mode(self, path: Path) -> int:
        """What `path` is, for `stat`; 0 where a link leads nowhere or nobody lets us look."""
        if not self._is_there(path):
            return 0
        try:
            return path.stat().st_mode
        except OSError as error:
            if error.errno not in _NOTHING_THERE:
                self._tell(path, "looked at", error)
            return 0

    def _is_there(self, path: Path) -> bool:
        """Whether there is anything of that name, be it a link to nowhere."""
        try:
            path.lstat()
        except OSError as error:
            if error.errno not in _NOTHING_THERE:
                self._tell(path.parent, "entered", error)
            return False
        return True

    def _tell(self, path: Path, done: str, error: OSError) -> None:
        self._trouble = f"{path}: cannot be {done} ({error.strerror}); check its permissions"
        self._on_trouble(self._trouble)

    def _list(self, folder: Path) -> list[Path]:
        """What a folder holds, by name; nothing if it was listed before."""
        try:
            status = folder.stat()
            identity = (status.st_dev, status.st_ino)
            if identity in self._entered:
                return []
            self._entered.add(identity)
            return sorted(each for each in folder.iterdir() if not is_hidden(each.name))
        except OSError as error:
            self._tell(folder, "listed", error)
            return []

    def _matching(self, pattern: Path) -> Iterator[Recording]:
        found = False
        # Several `**` lead to one file in several ways.
        for path in sorted(set(self._expand(Path(pattern.anchor or "."), _parts(pattern)))):
            found = True
            yield from self._behind(path, is_named=False)
        if not found:
            why = self._trouble or "check it"
            raise SourceUnreadable(f"{pattern}: no file fits the pattern; {why}")

    def _expand(self, folder: Path, parts: Sequence[str]) -> Iterator[Path]:
        if not parts:
            yield folder
            return
        part, rest = parts[0], parts[1:]
        if part == "**":
            for below in self._folders(folder, set()):
                yield from self._expand(below, rest)
        elif MAGIC.intersection(part):
            for name in self._names(folder):
                if fnmatchcase(name, part) and is_hidden(name) <= part.startswith("."):
                    yield from self._expand(folder / name, rest)
        elif self._is_there(folder / part):
            yield from self._expand(folder / part, rest)

    def _folders(self, folder: Path, entered: set[tuple[int, int]]) -> Iterator[Path]:
        """A folder and all below it, each once."""
        if not stat.S_ISDIR(self._mode(folder)):
            return
        status = folder.stat()
        if (status.st_dev, status.st_ino) in entered:
            return
        entered.add((status.st_dev, status.st_ino))
        yield folder
        for name in self._names(folder):
            if not is_hidden(name):
                yield from self._folders(folder / name, entered)

    def _names(self, folder: Path) -> list[str]:
        try:
            return sorted(each.name for each in folder.iterdir())
        except OSError as error:
            if error.errno not in _NOTHING_THERE:
                self._tell(folder, "listed", error)
            return []


def is_hidden(name: str) -> bool:
    """Whether a file of this name is hidden, or still being written by some program.

    >>> [is_hidden(name) for name in (".a.mp4", "a.mp4.part", "~$a", "a.mp4")]
    [True, True, True, False]
    """
    return name.startswith((".", "~$")) or name.lower().endswith(UNFINISHED)


def check_named(named: Sequence[Path]) -> None:
    """Refuse what cannot be meant.

    Raises:
        ConfigError: there is nothing, or an empty name.
    """
    if not named or any(str(path).strip() == "" for path in named):
        raise ConfigError("no file was named: name files, folders, or a quoted pattern")


def _parts(pattern: Path) -> tuple[str, ...]:
    parts = pattern.parts[1:] if pattern.anchor else pattern.parts
    pairs = zip(parts, ("", *parts), strict=False)
    # Any folders in any folders are any folders; links in a circle would multiply them.
    return tuple(part for part, before in pairs if part != "**" or before != "**")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
