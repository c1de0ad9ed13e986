"""Places in a list, as callers hand them back: what is behind one, whatever came or went since."""

import base64
import json
from collections.abc import Sequence

from pipeline.errors import ConfigError

Key = Sequence[str | float]
"""What a list is in order of; no two things in it have the same."""


def write_place(key: Key) -> str:
    """A place as text that fits into an address."""
    return base64.urlsafe_b64encode(json.dumps(list(key)).encode()).decode().rstrip("=")


def read_place(text: str, like: Sequence[type]) -> list[str | float]:
    """The place that `write_place` wrote.

    Args:
        text: as it came back.
        like: the type of each part of a key: str, float or int.

    Raises:
        ConfigError: it is no place in such a list.

    >>> read_place(write_place(["lobby", 2.5]), (str, float))
    ['lobby', 2.5]
    """
    try:
        data = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        key = json.loads(data, parse_constant=_refuse)
    except (ValueError, RecursionError):
        key = None
    if not isinstance(key, list) or [type(part) for part in key] != list(like):
        raise ConfigError("`after` is no place in this list: take it from the page before")
    return key


def _refuse(_constant: str) -> None:
    raise ValueError
