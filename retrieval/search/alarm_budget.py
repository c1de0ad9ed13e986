"""From a budget of false alarms to the score from which on a watch is told of a track.

How often an unrelated track scores as high follows from the background of the calibration; how
many such tracks there are, from the cameras.
"""

import math
from typing import Final

import numpy as np

from retrieval.search.background import Spread, rarity
from retrieval.track_scores import SHOTS_KEPT

LOOKS: Final = SHOTS_KEPT
"""How often a track is judged, about: with each shot it may be the first time above by chance."""

ASSUMED_TRACKS_PER_DAY: Final = 1000.0
"""Of a camera that nobody knows yet."""

ASSUMED_DAYS: Final = 0.25
"""What that assumption weighs: as much as so many days of one camera."""


def tracks_per_day(tracks: int, camera_days: float) -> float:
    """Tracks a day and camera, of `tracks` seen in `camera_days`; an assumption while few were.

    >>> tracks_per_day(0, 0.0)
    1000.0
    >>> round(tracks_per_day(400, 2.0))
    289
    """
    return (tracks + ASSUMED_TRACKS_PER_DAY * ASSUMED_DAYS) / (camera_days + ASSUMED_DAYS)


def threshold_of(spread: Spread | None, *, false_alarms: float, per_day: float) -> float:
    """The cosine that unrelated tracks reach so seldom that the budget holds.

    Args:
        spread: where unrelated tracks lie for the sentence; None where nothing tells.
        false_alarms: how many unrelated tracks a day and camera may be told.
        per_day: tracks a day and camera.

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
    return spread.centre + high * spread.width


def false_alarms_of(threshold: float, spread: Spread | None, *, per_day: float) -> float:
    """How many unrelated tracks a day and camera reach `threshold`, at most all of them.

    Args:
        threshold: cosine.
        spread: where unrelated tracks lie for the sentence; None where nothing tells.
        per_day: tracks a day and camera.

    >>> false_alarms_of(-1.0, None, per_day=200.0)
    200.0
    """
    if threshold == -1.0:
        return per_day
    if spread is None or threshold == math.inf:
        return 0.0
    surprise = rarity(spread.standardise(np.array([threshold])))[0]
    return min(per_day, per_day * LOOKS * math.exp(-surprise))
