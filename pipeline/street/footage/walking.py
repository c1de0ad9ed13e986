"""Where somebody on a walk is: metres along a line of corners, with a turn that takes its time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]

#: Metres before and after a corner over which a walker turns.
TURN_M = 0.6
#: Each brings a step on a bend closer to its length; on a straight line the first is right.
_MOST_TRIES = 20


@dataclass(frozen=True, slots=True)
class Stance:
    """How somebody is there at one instant.

    Attributes:
        x: metres.
        y: metres.
        heading: radians from +x to the left.
        walked_m: metres walked since they entered the story.
        activity: `walking`, `standing`, `phoning` or `turning`.
        is_moving: whether the legs walk.
        turn: radians that the body turns to the left until the next step of the crowd.
    """

    x: float
    y: float
    heading: float
    walked_m: float
    activity: str
    is_moving: bool
    turn: float = 0.0


@dataclass(frozen=True)
class Route:
    """A walk: corners joined by straight lines.

    Attributes:
        corners: at least two, x and y in metres.
    """

    corners: tuple[Point, ...]

    @cached_property
    def _points(self) -> NDArray[np.float64]:
        return np.asarray(self.corners, np.float64)

    @cached_property
    def _reached_m(self) -> NDArray[np.float64]:
        """(N,) metres from the start to each corner."""
        steps = np.linalg.norm(np.diff(self._points, axis=0), axis=1)
        return np.concatenate([[0.0], np.cumsum(steps)])

    @property
    def length_m(self) -> float:
        return float(self._reached_m[-1])

    def at(self, metres: float, aside_m: float = 0.0) -> tuple[float, float, float]:
        """x, y and heading after `metres`, `aside_m` to the left of the line.

        Before the start and beyond the end the walk stands still.
        """
        metres = min(max(metres, 0.0), self.length_m)
        heading = self.heading(metres)
        x = float(np.interp(metres, self._reached_m, self._points[:, 0]))
        y = float(np.interp(metres, self._reached_m, self._points[:, 1]))
        return x - aside_m * math.sin(heading), y + aside_m * math.cos(heading), heading

    def after(self, metres: float, step_m: float, aside_m: float = 0.0) -> float:
        """Metres along the line after a step of `step_m` that begins at `metres`.

        Who walks on the outside of a bend goes a longer way, and is not carried faster.
        """
        ahead_m = min(step_m, self.length_m - metres)
        here = self.at(metres, aside_m)[:2]
        for _ in range(_MOST_TRIES):
            gone_m = math.dist(here, self.at(metres + ahead_m, aside_m)[:2])
            if gone_m <= step_m:
                break
            ahead_m *= step_m / gone_m
        return min(metres + ahead_m, self.length_m)

    def heading(self, metres: float) -> float:
        """Radians; around a corner it turns over `TURN_M` on either side."""
        near = [metres - TURN_M, metres + TURN_M]
        x = np.interp(near, self._reached_m, self._points[:, 0])
        y = np.interp(near, self._reached_m, self._points[:, 1])
        return math.atan2(float(y[1] - y[0]), float(x[1] - x[0]))


def apart(people: Sequence[Point], at: Point) -> float:
    """Metres from `at` to the nearest of `people`; infinite where there is nobody.

    >>> apart([(0.0, 3.0), (4.0, 0.0)], (0.0, 0.0))
    3.0
    """
    return min((math.dist(one, at) for one in people), default=math.inf)
