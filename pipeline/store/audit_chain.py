"""Entries of the audit as lines of text, each with a hash over the one before.

A line is the canonical JSON of an entry: keys sorted, no spaces, ASCII. `hash` in it is SHA-256
over the hash of the line before, a line feed, and the same JSON without `hash`.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final, NamedTuple

GENESIS: Final = "0" * 64
"""The hash before the first entry."""


class Place(NamedTuple):
    """How far a chain has come: its last entry's number and hash."""

    number: int = 0
    hash: str = GENESIS


BEGIN: Final = Place()
"""Before the first entry."""


def canonical(fields: Mapping[str, Any]) -> bytes:
    """The one way in which `fields` are written.

    >>> canonical({"n": 1, "at": "2026-11-29"})
    b'{"at":"2026-11-29","n":1}'
    """
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("ascii")


def linked(before: Place, fields: Mapping[str, Any]) -> tuple[bytes, Place]:
    """The line of the entry that follows `before`, and where the chain is with it.

    Args:
        before: the end of the chain.
        fields: what the entry says; `n` and `hash` are added.
    """
    numbered = {**fields, "n": before.number + 1}
    digest = _digest(before.hash, numbered)
    return canonical({**numbered, "hash": digest}) + b"\n", Place(before.number + 1, digest)


def read_line(line: bytes) -> tuple[dict[str, Any], Place]:
    """What an entry says, and the place that it claims.

    Args:
        line: without its line feed.

    Raises:
        ValueError: it is no entry, or not written the one way.
    """
    fields = json.loads(line)
    if not isinstance(fields, dict):
        raise ValueError("no entry")  # noqa: TRY004  what is wrong is the line
    number, digest = fields.get("n"), fields.get("hash")
    if not isinstance(number, int) or not isinstance(digest, str) or canonical(fields) != line:
        raise ValueError("not written as entries are")
    return fields, Place(number, digest)


def follows(before: Place, fields: Mapping[str, Any]) -> bool:
    """Whether the entry of `fields` is the one that comes next after `before`, unchanged."""
    if fields.get("n") != before.number + 1:
        return False
    rest = {name: value for name, value in fields.items() if name != "hash"}
    return bool(fields.get("hash") == _digest(before.hash, rest))


def _digest(before: str, fields: Mapping[str, Any]) -> str:
    return sha256(before.encode() + b"\n" + canonical(fields)).hexdigest()
