"""Places in a stream, as Redis writes them: a millisecond, and a number in it."""

from typing import Final

START: Final = "0-0"
"""The position before the first message."""

Order = tuple[int, int]
"""What positions are compared by; as text, 10-0 would come before 9-0."""


def position_order(position: str) -> Order:
    """A position as numbers.

    >>> position_order("9-0") < position_order("10-0")
    True
    """
    instant_ms, _, sequence = position.partition("-")
    return int(instant_ms), int(sequence or 0)
