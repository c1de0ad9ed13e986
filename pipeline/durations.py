"""Spans of time as people write them: 500ms, 10m, 12h, 30d."""

import math
import re

UNIT_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_PART = r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)"
# Of what `parse_duration` takes besides a number, for a schema.
SPAN_PATTERN = rf"^{_PART}(?:\s*{_PART})*$"
_SPAN = re.compile(SPAN_PATTERN)


def parse_duration(text: str) -> float:
    """Seconds in `text`: a bare number of them, or numbers with units.

    >>> parse_duration("12h"), parse_duration("1h 30m"), parse_duration("2.5")
    (43200.0, 5400.0, 2.5)

    Raises:
        ValueError: it is no span; the message says what one looks like.
    """
    written = text.strip().lower()
    if _SPAN.fullmatch(written):
        return math.fsum(float(n) * UNIT_S[unit] for n, unit in re.findall(_PART, written))
    try:
        seconds = float(written)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise ValueError("must be seconds or a span such as 500ms, 10m, 12h or 30d")
    return seconds


def format_duration(seconds: float) -> str | float:
    """The shortest exact form: whole minutes and more as text, all else as the number.

    >>> format_duration(2592000.0), format_duration(5400.0), format_duration(2.5)
    ('30d', '90m', 2.5)
    """
    for unit in ("d", "h", "m"):
        count, rest = divmod(seconds, UNIT_S[unit])
        if count >= 1 and rest == 0:
            return f"{int(count)}{unit}"
    return seconds
