"""Annotation files, entry by entry: JSON lists of any size, and JSON lines."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from retrieval.errors import DatasetUnusable

#: Characters read at once, and the most that one entry may have: a caption has a few hundred.
_PIECE, _LONGEST = 1 << 20, 1 << 24
_BLANKS = " \t\r\n"
_AGAIN = "download or write it again"


def read_entries(file: Path) -> Iterator[tuple[str, object]]:
    """What `file` lists: a line each of a `.jsonl` file, else the entries of one JSON list.

    One entry is held at a time: the annotations of WebPerson are gigabytes.

    Yields:
        Where an entry stands ("line 3", "entry 3"), counted from 1, and what it holds.

    Raises:
        DatasetUnusable: not there, not UTF-8, not JSON, or no list; the message gives the line.
    """
    if file.exists() and not file.is_file():  # a pipe would be waited for without end
        raise DatasetUnusable(f"{file}: no file; name the one with the annotations")
    try:
        with file.open(encoding="utf-8-sig") as stream:
            if file.suffix.lower() == ".jsonl":
                yield from _lines(file, stream)
            else:
                listed = _ListReader(file, stream).entries()
                yield from ((f"entry {number}", entry) for number, entry in enumerate(listed, 1))
    except FileNotFoundError as error:
        raise DatasetUnusable(f"{file}: no such file; check the path") from error
    except UnicodeDecodeError as error:
        raise DatasetUnusable(f"{file}: not UTF-8 text; {_AGAIN}") from error
    except OSError as error:
        raise DatasetUnusable(f"{file}: not readable: {error.strerror or error}") from error


def _lines(file: Path, stream: TextIO) -> Iterator[tuple[str, object]]:
    for number, line in enumerate(iter(lambda: stream.readline(_LONGEST), ""), 1):
        if not line.strip():
            continue
        try:
            yield f"line {number}", json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DatasetUnusable(
                f"{file}: line {number}: not JSON ({_told(error)}); {_AGAIN}"
            ) from error


class _ListReader:
    """A JSON list read piece by piece.

    The decoder is offered what was read; where that ends within an entry, more is read.
    """

    def __init__(self, file: Path, stream: TextIO, *, piece: int = _PIECE) -> None:
        self._file, self._stream, self._piece = file, stream, piece
        self._text, self._at = "", 0  # what is held, and how far it is used
        self._lines = 1  # line of the first character held
        self._decoder = json.JSONDecoder()

    def entries(self) -> Iterator[object]:
        if self._next() != "[":
            raise DatasetUnusable(f"{self._file}: holds no JSON list; expected [{{...}}, ...]")
        self._at += 1
        if self._next() != "]":
            yield self._value()
            while self._next() == ",":
                self._at += 1
                yield self._value()
        if self._next() != "]":
            raise self._fault("expected a comma or the end of the list")
        self._at += 1
        if self._next():
            raise self._fault("there is more after the end of the list")

    def _next(self) -> str:
        """The next character that is no blank, not used up; empty at the end."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in _BLANKS:
                    return self._text[self._at]
                self._at += 1
            if not self._read_more():
                return ""

    def _value(self) -> object:
        self._next()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except (ValueError, RecursionError) as error:
                ahead = getattr(error, "pos", self._at) - self._at
                if self._has_room() and self._read_more():
                    continue
                raise self._fault(_told(error), ahead) from error
            length, after = end - self._at, len(self._text) - end
            # Of a number that is cut, the beginning decodes too: 1 of 1.5, and 1 of 1e+5.
            if after < len("e+5") and self._has_room() and self._read_more():
                continue
            self._at += length
            return value

    def _has_room(self) -> bool:
        return len(self._text) - self._at < _LONGEST

    def _read_more(self) -> bool:
        """Let go of what is used, and read at least as much as is held, so that retries are few.

        Places in the text move, also where there is no more to read.
        """
        self._lines += self._text.count("\n", 0, self._at)
        held = self._text[self._at :]
        piece = self._stream.read(max(self._piece, len(held)))
        self._text, self._at = held + piece, 0
        return bool(piece)

    def _fault(self, why: str, ahead: int = 0) -> DatasetUnusable:
        """`ahead`: characters from the first unused one to the fault."""
        line = self._lines + self._text.count("\n", 0, self._at + ahead)
        return DatasetUnusable(f"{self._file}: line {line}: not JSON ({why}); {_AGAIN}")


def _told(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return error.msg if isinstance(error, json.JSONDecodeError) else str(error)
