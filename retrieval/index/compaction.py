"""Which segments are worth merging, so that a search visits tens of them and not hundreds."""

from collections.abc import Collection, Sequence
from math import log

from retrieval.index.sealing import MAX_SHOTS, Group
from retrieval.index.segment import Segment

#: Of one size, this many are merged: each shot is written again once for each eightfold of it.
FAN_IN = 8


def worth_merging(segments: Sequence[Segment], busy: Collection[Group]) -> list[Segment]:
    """Some of one group; empty where it is not worth the writing.

    Args:
        segments: all of them.
        busy: groups that are being added to, of which more segments are about to come.
    """
    for group, members in by_group(segments).items():
        for segment in members:
            if len(segment) * 2 < segment.entry.shots or segment.lacks_codes:
                return [segment]
        for same in _by_size(members).values():
            if len(same) >= FAN_IN:
                return same[:FAN_IN]
        small = [] if group in busy else _smallest(members)
        if small:
            return small
    return []


def in_few(segments: Sequence[Segment]) -> list[list[Segment]]:
    """What to merge for the fewest segments and no dead rows, cost what it may."""
    bins: list[list[Segment]] = []
    for members in by_group(segments).values():
        room = -1
        for segment in members:
            if len(segment) > room:
                bins.append([])
                room = MAX_SHOTS
            bins[-1].append(segment)
            room -= len(segment)
    return [some for some in bins if len(some) > 1 or _is_worth_writing(some[0])]


def by_group(segments: Sequence[Segment]) -> dict[Group, list[Segment]]:
    """Those of each collection and day, in their order."""
    groups: dict[Group, list[Segment]] = {}
    for segment in segments:
        groups.setdefault((segment.entry.collection, segment.entry.day), []).append(segment)
    return groups


def _is_worth_writing(segment: Segment) -> bool:
    return len(segment) < segment.entry.shots or segment.lacks_codes


def _by_size(members: Sequence[Segment]) -> dict[int, list[Segment]]:
    sizes: dict[int, list[Segment]] = {}
    for segment in members:
        if len(segment) * FAN_IN <= MAX_SHOTS:
            sizes.setdefault(int(log(max(len(segment), 1), FAN_IN)), []).append(segment)
    return sizes


def _smallest(members: Sequence[Segment]) -> list[Segment]:
    """As many of at most half of the size of a segment as fit into one and are worth it."""
    found, room = [], MAX_SHOTS
    for segment in sorted(members, key=len):
        room -= len(segment)
        if len(segment) * 2 > MAX_SHOTS or room < 0:
            break
        found.append(segment)
    while found and not _are_worth_it(found):
        found.pop()
    return [segment for segment in members if segment in found]


def _are_worth_it(small: Sequence[Segment]) -> bool:
    counts = [len(segment) for segment in small]
    return len(small) > 1 and (sum(counts) - max(counts)) * FAN_IN >= max(counts)
