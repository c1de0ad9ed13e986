"""Cameras that see some of the same ground, as the settings spell them."""

from itertools import combinations

from pipeline.names import NAME


def read_same_ground(text: str) -> frozenset[frozenset[str]]:
    """Pairs of cameras of a text such as `gate+yard, hall+stairs+door`; empty: none.

    >>> sorted(sorted(pair) for pair in read_same_ground("gate+yard, a+b+c"))
    [['a', 'b'], ['a', 'c'], ['b', 'c'], ['gate', 'yard']]

    Raises:
        ValueError: that names no cameras, or a single one.
    """
    pairs: set[frozenset[str]] = set()
    for group in filter(None, map(str.strip, text.split(","))):
        cameras = [name.strip() for name in group.split("+")]
        if len(set(cameras)) < 2 or not all(map(NAME.fullmatch, cameras)):
            raise ValueError(f"{group!r} names no two cameras: write gate+yard, hall+stairs")
        pairs.update(map(frozenset, combinations(sorted(set(cameras)), 2)))
    return frozenset(pairs)
