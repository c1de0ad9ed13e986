"""How much of what anybody may send is noted: never more than a request of sentences holds."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final
from urllib.parse import parse_qsl

MOST_LETTERS: Final = 1_000
"""Of a text, of which the rest leaves a digest; and texts of a list, or names of an object."""

MOST_OF_ALL: Final = 65_536
"""Letters of everything that one request asked; what is longest leaves a digest in its place."""

_MOST_NAMES: Final = 32
_NAME_LETTERS: Final = 64


def cut(value: Any) -> Any:
    """What is noted of a value: of a long text its beginning and digest.

    >>> cut("red coat"), len(cut("A" * 60_000))
    ('red coat', 1073)
    """
    if isinstance(value, list):
        return [cut(each) for each in value[:MOST_LETTERS]]
    if isinstance(value, Mapping):
        return {cut(name): cut(value[name]) for name in list(value)[:MOST_LETTERS]}
    if not isinstance(value, str) or len(value) <= MOST_LETTERS:
        return value
    return f"{value[:MOST_LETTERS]}… {_digest(value)}"


def bounded(asked: Mapping[str, Any]) -> dict[str, Any]:
    """All that was asked, within `MOST_OF_ALL` letters."""
    kept = {name: cut(value) for name, value in asked.items()}
    sizes = {name: len(json.dumps(value)) for name, value in kept.items()}
    for name in sorted(sizes, key=lambda each: -sizes[each]):
        if sum(sizes.values()) <= MOST_OF_ALL:
            break
        kept[name], sizes[name] = f"… {_digest(json.dumps(kept[name]))}", 0
    return kept


def asked_in_query(query: bytes) -> dict[str, Any]:
    """Names and values of a query, and how many more there were than are noted.

    >>> asked_in_query(b"count=7&camera=lobby")
    {'count': '7', 'camera': 'lobby'}
    """
    pairs = parse_qsl(query.decode("latin-1"))
    kept: dict[str, Any] = {name[:_NAME_LETTERS]: value for name, value in pairs[:_MOST_NAMES]}
    if len(pairs) > _MOST_NAMES:
        kept["…"] = len(pairs) - _MOST_NAMES
    return kept


def _digest(text: str) -> str:
    return f"sha256:{sha256(text.encode(errors='replace')).hexdigest()}"
