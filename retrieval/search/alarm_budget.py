"""From a budget of false alarms to the score from which on a watch is told of a track.

How often an unrelated track scores as high follows from the background of the calibration; how
many such tracks there are, from the cameras.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from retrieval.search.background import LEAST_SPREAD, Floats, Spread, rarity
from retrieval.track_scores import SHOTS_KEPT

LOOKS: Final = SHOTS_KEPT
"""How often a track is judged, about: with each shot it may be the first time above by chance."""

ASSUMED_TRACKS_PER_DAY: Final = 1000.0
"""Of a camera that nobody knows yet."""

ASSUMED_DAYS: Final = 0.25
"""What that assumption weighs: as much as so many days of one camera."""


TAIL_SHARE: Final = 0.2
"""The highest scores of unrelated tracks, by which the rest of their tail is told."""

LEAST_SCORES: Final = 50
"""Of fewer the highest say nothing of those beyond."""


@dataclass(frozen=True, slots=True)
class Tail:
    """How the highest scores of unrelated tracks fall off: exponentially.

    What a sentence scores falls off as `rarity` says. What a picture scores does not: some
    strangers are dressed alike, so high scores are more frequent than the middle ones tell.

    Attributes:
        start: the score that `TAIL_SHARE` of the tracks reach.
        excess: by how much a track that reaches it is above it, on average.
    """

    start: float
    excess: float

    def score(self, surprise: float) -> float:
        """The score of that `rarity`."""
        return self.start + self.excess * max(surprise + math.log(TAIL_SHARE), 0.0)

    def surprise(self, score: float) -> float:
        """The `rarity` of a score; that of `start` for all below."""
        return max(score - self.start, 0.0) / self.excess - math.log(TAIL_SHARE)


def tail_of(scores: Floats) -> Tail | None:
    """The tail of (N,) scores; None of too few.

    By the median, for the highest may be tracks of the very person.
    """
    if len(scores) < LEAST_SCORES:
        return None
    start = float(np.quantile(scores, 1 - TAIL_SHARE))
    above = scores[scores > start] - start
    excess = float(np.median(above)) / math.log(2) if len(above) else 0.0
    return Tail(start, max(excess, LEAST_SPREAD))


def tracks_per_day(tracks: int, camera_days: float) -> float:
    """Tracks a day and camera, of `tracks` seen in `camera_days`; an assumption while few were.

    >>> tracks_per_day(0, 0.0)
    1000.0
    >>> round(tracks_per_day(400, 2.0))
    289
    """
    return (tracks + ASSUMED_TRACKS_PER_DAY * ASSUMED_DAYS) / (camera_days + ASSUMED_DAYS)


def threshold_of(
    spread: Spread | None, *, false_alarms: float, per_day: float, tail: Tail | None = None
) -> float:
    """The cosine that unrelated tracks reach so seldom that the budget holds.

    Args:
        spread: where unrelated tracks lie for the sentence; None where nothing tells.
        false_alarms: how many unrelated tracks a day and camera may be told.
        per_day: tracks a day and camera.
        tail: how their highest scores fall off; of a picture, where enough are known.

    Returns:
        −1 where the budget would hold with every track told; inf where nothing tells.
    """
    surprise = math.log(max(per_day, 1e-9) * LOOKS / false_alarms)
    if surprise <= 0:
        return -1.0
    if spread is None:
        return math.inf
    low, high = -40.0, 40.0 + surprise
    for _ in range(80):  # `rarity` rises: halve until nothing is between
        middle = (low + high) / 2
        if rarity(np.array([middle]))[0] < surprise:
            low = middle
        else:
            high = middle
    by_spread = spread.centre + high * spread.width
    return by_spread if tail is None else max(by_spread, tail.score(surprise))


def false_alarms_of(
    threshold: float, spread: Spread | None, *, per_day: float, tail: Tail | None = None
) -> float:
    """How many unrelated tracks a day and camera reach `threshold`, at most all of them.

    Args:
        threshold: cosine.
        spread: where unrelated tracks lie for the sentence; None where nothing tells.
        per_day: tracks a day and camera.
        tail: as of `threshold_of`.

    >>> false_alarms_of(-1.0, None, per_day=200.0)
    200.0
    """
    if threshold == -1.0:
        return per_day
    if spread is None or threshold == math.inf:
        return 0.0
    surprise = float(rarity(spread.standardise(np.array([threshold])))[0])
    if tail is not None:
        surprise = min(surprise, tail.surprise(threshold))
    return min(per_day, per_day * LOOKS * math.exp(-surprise))
