"""Paths of hits from camera to camera, and which of them are kept."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.instants import format_instant
from pipeline.journey_answers import PathStepAnswer
from pipeline.workers.onward_tracks import Seen


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """A path as far as it has come.

    Attributes:
        start: place of its hit in the answer.
        seen: its tracks.
        links: of each track but the first, that it is the person's; None where nothing tells.
        odds: by which ways of one hit are compared; more is likelier.
    """

    start: int
    seen: tuple[Seen, ...]
    links: tuple[float | None, ...] = ()
    odds: float = 0.0

    @property
    def confidence(self) -> float | None:
        """The product of `links`."""
        known = [link for link in self.links if link is not None]
        return math.prod(known) if len(known) == len(self.links) else None

    def steps(self, picture_url: Callable[[str], str]) -> list[PathStepAnswer]:
        """As the API tells it."""
        links = [None, *self.links]
        ends = [None, *(one.glimpse.last_at for one in self.seen)]
        return [
            PathStepAnswer(
                track=str(one.glimpse.track),
                camera=one.glimpse.track.camera_id,
                first_seen_at=format_instant(one.glimpse.first_at),
                last_seen_at=format_instant(one.glimpse.last_at),
                after_s=None if end is None else round(one.glimpse.first_at - end, 3),
                link=None if link is None else round(link, 4),
                thumbnail=picture_url(one.picture),
            )
            for one, link, end in zip(self.seen, links, ends, strict=False)
        ]


def anybody(ways: Sequence[Way]) -> float:
    """How likely the likeliest start went on at all: ways of one exclude each other."""
    sums: dict[int, float] = {}
    for way in ways:
        sums[way.start] = sums.get(way.start, 0.0) + (way.confidence or 0.0)
    return min(max(sums.values(), default=0.0), 1.0)


def few_of_each(ways: Sequence[Way], most: int) -> list[Way]:
    """The `most` likeliest of each start: else each leg would take three times as many."""
    kept: dict[int, list[Way]] = {}
    for way in sorted(ways, key=lambda way: -way.odds):
        some = kept.setdefault(way.start, [])
        if len(some) < most:
            some.append(way)
    return [way for start in sorted(kept) for way in kept[start]]


def best_of_each(ways: Sequence[Way]) -> list[Way]:
    """The likeliest of each start, in their order."""
    best: dict[int, Way] = {}
    for way in ways:
        if way.start not in best or way.odds > best[way.start].odds:
            best[way.start] = way
    return [best[start] for start in sorted(best)]
