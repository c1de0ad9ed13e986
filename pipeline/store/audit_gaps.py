"""How far signed heads vouch for the chain: whether it leads to them, and where none is."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pipeline.store.audit_chain import BEGIN, Place, follows
from pipeline.store.audit_files import entries_back
from pipeline.store.audit_heads import Head

MARGIN: Final = 32
"""Notes that come together are signed together, behind the last of them."""


def is_on_chain(folder: Path, end: Place, wanted: Mapping[int, str], begin: Place = BEGIN) -> bool:
    """Whether the chain in `folder` has these hashes, and leads from there to its end unchanged.

    Args:
        folder: with the entries.
        end: the last of them.
        wanted: number → hash of the entry.
        begin: before the first entry that is there.
    """
    if wanted.get(begin.number, begin.hash) != begin.hash:
        return False
    first = min(wanted, default=end.number)
    if max(wanted, default=0) > end.number:
        return False
    place = begin if first <= begin.number else Place(first, wanted[first])
    for fields in _from(folder, place.number):
        number = fields.get("n")
        if number == place.number:
            if fields.get("hash") != place.hash:
                return False
            continue
        if not follows(place, fields):
            return False
        place = Place(place.number + 1, fields["hash"])
        if wanted.get(place.number, place.hash) != place.hash:
            return False
    return place == end


def unsigned(heads: Sequence[Head], end: Place, every: int | None) -> tuple[int, int] | None:
    """The entries, the first and last, that have no signed head behind them and should.

    Args:
        heads: in their order.
        end: the last entry.
        every: entries after which one is signed, if that is known; heads tell it themselves.
    """
    first = heads[0] if heads else None
    if first is not None and not first.is_checkpoint and _is_late(first, 0):
        return 1, first.count
    at = heads[-1].count if heads else 0
    most = (heads[-1].every if heads else 0) or every
    if most and end.number - at > most + MARGIN:
        return at + 1, end.number
    return None


def _is_late(head: Head, before: int) -> bool:
    return bool(head.every) and head.count - before > head.every + MARGIN


def _from(folder: Path, number: int) -> list[dict[str, Any]]:
    """The entries from `number` to the end, in their order."""
    found = []
    for fields in entries_back(folder):
        if fields["n"] < number:
            break
        found.append(fields)
    return found[::-1]
