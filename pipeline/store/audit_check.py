"""Checks the audit: every entry against the one before, the signed heads, and what was logged.

Whoever changes entries and makes all later hashes anew is found by the next signed head, which they
cannot make without the key. Whoever cuts off the end, heads and all, is found by a head that was
logged, or kept elsewhere.
"""

import fcntl
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.store.audit_chain import Place, follows, read_line
from pipeline.store.audit_files import files_in, first_of, lines_of
from pipeline.store.audit_gaps import unsigned
from pipeline.store.audit_heads import Head, read_heads
from pipeline.store.audit_log import LOCK

LOGGED: Final = re.compile(
    r"(?:\w{3} [ \d]\d [\d:]{8} \S+ [^\s:]+: |[\w.-]+ +\| )?"  # of journald, of containers
    r"\d{4}-\d\d-\d\dT[\d:]{8}(?:\.\d+)?(?:Z|\+00:00) (?:[A-Z]+ [^\s:]+: )?"
    r"audit: (\d+) entries, head ([0-9a-f]{64})\s*"
)
"""The whole line that is logged when a head is signed: part of one may be somebody's file name."""

_ATTEMPTS = 3
_LINES_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Whole:
    """What was found to be as it was written.

    Attributes:
        first: number of the first entry that is there; one more than the last if there is none.
        last: of the last.
        files: how many they lie in.
        signed: entries that a signed head vouches for.
        logged: how many logged heads lie on the chain.
        removed: entries that were removed because they were old.
    """

    first: int
    last: int
    files: int
    signed: int
    logged: int
    removed: int


@dataclass(frozen=True, slots=True)
class Broken:
    """The first thing that is not as it was written.

    Attributes:
        entry: the number of the first entry that is bad, or missing.
        what: a line for a person.
        where: the file and the line in it; empty where it is missing.
    """

    entry: int
    what: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was there at one moment: files with their sizes, and heads."""

    files: Sequence[tuple[Path, int]]
    heads: Sequence[Head]
    unreadable_heads: int


def logged_heads(lines: Iterable[str]) -> list[Place]:
    """The heads that log lines tell of.

    >>> line = "2026-11-23T09:00:00Z INFO query: audit: 7 entries, head " + "a" * 64
    >>> logged_heads([line, f"reading {line}.mp4", f"reading {line}"])
    [Place(number=7, hash='aaaa...')]
    """
    matches = (LOGGED.fullmatch(line) for line in lines)
    return [Place(int(found[1]), found[2]) for found in matches if found is not None]


def check(
    folder: Path,
    public: str,
    logged: Collection[Place] = (),
    *,
    every: int | None = None,
    go_on: Callable[[], None] = lambda: None,
) -> Whole | Broken:
    """Check the audit in `folder`.

    Args:
        folder: with the entries and the heads.
        public: the public key that heads are to be signed with, hexadecimal.
        logged: heads that were noted elsewhere.
        every: entries after which a head is signed, where no head tells it.
        go_on: called now and then; it raises to give up.

    Raises:
        OSError: a file cannot be read.
    """
    for attempt in range(_ATTEMPTS):
        try:
            return _check(_look(folder), public, logged, every, go_on)
        except FileNotFoundError:  # a file aged meanwhile
            if attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError


def _check(
    seen: _Seen,
    public: str,
    logged: Collection[Place],
    every: int | None,
    go_on: Callable[[], None],
) -> Whole | Broken:
    heads = list(seen.heads)
    if (bad := _changed_head(seen, public)) is not None:
        return bad
    checkpoints = [head.place for head in heads if head.is_checkpoint]
    begin = checkpoints[-1] if checkpoints else Place()
    # A kill amid ageing leaves files that a checkpoint allows to be missing.
    files = [(path, size) for path, size in seen.files if first_of(path) > begin.number]
    known: dict[int, set[str]] = {}
    for place in (*logged, *(head.place for head in heads)):
        known.setdefault(place.number, set()).add(place.hash)
    if known.get(begin.number, {begin.hash}) != {begin.hash}:
        return Broken(begin.number, f"entry {begin.number}, which aged, was another when logged")
    wanted = {count: hashes for count, hashes in known.items() if count > begin.number}
    end = _walk(begin, files, wanted, go_on)
    if isinstance(end, Broken):
        return end
    if missing := [count for count in wanted if count > end.number]:
        return _cut_off(end.number + 1, max(missing), {head.count for head in heads})
    if (gap := unsigned(heads, end, every)) is not None:
        return Broken(gap[0], f"no signed head is left of entries {gap[0]} to {gap[1]}")
    return Whole(
        first=begin.number + 1,
        last=end.number,
        files=len(files),
        signed=max((head.count for head in heads), default=0),
        logged=sum(begin.number < place.number <= end.number for place in set(logged)),
        removed=begin.number,
    )


def _changed_head(seen: _Seen, public: str) -> Broken | None:
    for head in seen.heads:
        if head.key != public or not head.is_authentic:
            return Broken(head.count, f"the signed head of entry {head.count} was changed")
    if seen.unreadable_heads:
        return Broken(0, f"{seen.unreadable_heads} signed heads cannot be read")
    return None


def _walk(
    begin: Place,
    files: Iterable[tuple[Path, int]],
    wanted: Mapping[int, set[str]],
    go_on: Callable[[], None],
) -> Place | Broken:
    """Follow the chain to its end, or to the first entry that is not as it was written."""
    place, vouched = begin, begin.number
    for line, where in _placed(files):
        if place.number % _LINES_AT_ONCE == 0:
            go_on()
        expected = place.number + 1
        try:
            fields, claimed = read_line(line)
        except ValueError:
            return Broken(expected, f"entry {expected} was changed: it cannot be read", where)
        if claimed.number != expected:
            return _not_next(expected, claimed.number, where)
        if not follows(place, fields):
            return Broken(expected, f"entry {expected} was changed, or the one before it", where)
        place = claimed
        if wanted.get(place.number, {place.hash}) != {place.hash}:
            which = f"one of the entries {vouched + 1} to {place.number}"
            what = f"{which} was changed, and those behind it made anew"
            return Broken(vouched + 1, f"{what}: they do not lead to the signed head", where)
        if place.number in wanted:
            vouched = place.number
    return place


def _not_next(expected: int, found: int, where: str) -> Broken:
    if found > expected:
        last = found - 1
        which = f"entry {expected}" if last == expected else f"entries {expected} to {last}"
        return Broken(expected, f"{which} missing: entry {found} comes next", where)
    return Broken(expected, f"entry {expected} should be here, and entry {found} is", where)


def _cut_off(first: int, last: int, signed: Collection[int]) -> Broken:
    by = "signed" if last in signed else "logged"
    return Broken(first, f"the end is cut off: entries {first} to {last} were {by}, and are gone")


def _placed(files: Iterable[tuple[Path, int]]) -> Iterator[tuple[bytes, str]]:
    for path, size in files:
        for number, line in enumerate(lines_of(path, size), start=1):
            yield line, f"{path.name}, line {number}"


def _look(folder: Path) -> _Seen:
    with _still(folder):
        heads, unreadable = read_heads(folder)
        return _Seen([(p, _whole_bytes(p)) for p in files_in(folder)], heads, unreadable)


def _whole_bytes(path: Path) -> int:
    """Bytes up to the last line feed: what is behind it is being written, or was cut off."""
    with path.open("rb") as file:
        at = file.seek(0, os.SEEK_END)
        while at > 0:
            step = min(at, 1 << 16)
            at -= step
            file.seek(at)
            found = file.read(step).rfind(b"\n")
            if found >= 0:
                return at + found + 1
    return 0


@contextmanager
def _still(folder: Path) -> Iterator[None]:
    """Have nobody write for the length of a `with`, if somebody could."""
    try:
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_NOFOLLOW)
    except OSError:  # a copy that an auditor was given
        yield
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)
