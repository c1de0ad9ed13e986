"""How a crowd walks: each along their own route, around the others and not through them.

Time goes in steps. Whoever nears somebody steps aside and slows down; who comes in waits until the
way in is free; a companion keeps pace.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.street.footage.walking import Route, Stance

STEP_S = 0.2
#: Metres: people ahead within these are walked around; bodies stay so far apart.
_AHEAD_M, _BESIDE_M, _APART_M = 2.2, 0.75, 0.5
_SIDESTEP_M_S, _PUSH_M_S, _WIDEST_M = 0.5, 0.8, 1.4
_TURN_RAD_S = 2.6
_LONGEST_WAIT_S = 4.0


@dataclass(frozen=True, slots=True)
class Pause:
    """A stop on the way.

    Attributes:
        at_m: metres along the route.
        seconds: how long.
        turn: radians from the way ahead, to the left, that the person turns meanwhile; who is
            `turning` takes all of the time for it, and may go round more than once.
        activity: `standing`, `phoning` or `turning`.
    """

    at_m: float
    seconds: float
    turn: float
    activity: str


@dataclass(frozen=True, slots=True)
class Leg:
    """One walk through one place.

    Attributes:
        person: whose, from 0.
        place: index of the place.
        route: the line that is walked.
        starts_s: the earliest start, seconds into the story.
        gap_s: least seconds after the end of the person's leg before.
        speed_m_s: of their walk.
        aside_m: metres to the left of the line that they keep to.
        pauses: in the order of metres.
        activity: while walking: `walking` or `phoning`.
        beside: person whose companion this is; None for who walks alone.
    """

    person: int
    place: int
    route: Route
    starts_s: float
    gap_s: float
    speed_m_s: float
    aside_m: float = 0.0
    pauses: tuple[Pause, ...] = ()
    activity: str = "walking"
    beside: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """How a leg was walked.

    Attributes:
        leg: which.
        starts_s: seconds into the story of the first sample; a sample each `STEP_S` follows.
        samples: (N, 4) float64 x, y, heading (unwrapped radians) and metres walked in the story.
        activities: N names.
        moves: (N,) bool, whether the legs walk.
    """

    leg: Leg
    starts_s: float
    samples: NDArray[np.float64]
    activities: tuple[str, ...]
    moves: tuple[bool, ...]

    @property
    def ends_s(self) -> float:
        return self.starts_s + (len(self.samples) - 1) * STEP_S

    def at(self, at_s: float) -> Stance | None:
        """The stance at an instant; None before the start and after the end."""
        if not self.starts_s <= at_s <= self.ends_s:
            return None
        place = (at_s - self.starts_s) / STEP_S
        before = min(int(place), len(self.samples) - 1)
        after = min(before + 1, len(self.samples) - 1)
        share = place - before
        x, y, heading, walked = (
            (1 - share) * self.samples[before] + share * self.samples[after]
        ).tolist()
        turn = float(self.samples[after, 2] - self.samples[before, 2])
        return Stance(x, y, heading, walked, self.activities[before], self.moves[before], turn)


@dataclass(slots=True)
class _Walker:
    """Somebody under way."""

    leg: Leg
    number: int
    starts_s: float
    walked_m: float  # before this leg
    metres: float = 0.0
    aside: float = 0.0
    drift: float = 0.0
    heading: float = 0.0
    pause: int = 0
    paused_s: float = 0.0
    samples: list[tuple[float, float, float, float]] = field(default_factory=list)
    activities: list[str] = field(default_factory=list)
    moves: list[bool] = field(default_factory=list)

    @property
    def place(self) -> tuple[float, float, float]:
        return self.leg.route.at(self.metres, self.aside)

    @property
    def stop(self) -> Pause | None:
        """The pause that goes on."""
        pauses = self.leg.pauses
        if self.pause < len(pauses) and self.metres >= pauses[self.pause].at_m:
            return pauses[self.pause]
        return None

    def note(self, *, moves: bool) -> None:
        x, y, way = self.place
        stop = self.stop
        wanted = way + (stop.turn if stop else self.drift)
        if not self.samples:
            self.heading = wanted
        elif stop and stop.activity == "turning":
            self.heading += stop.turn * STEP_S / stop.seconds
        else:
            turn = math.remainder(wanted - self.heading, 2 * math.pi)
            most = _TURN_RAD_S * STEP_S
            self.heading += min(max(turn, -most), most)
        self.samples.append((x, y, self.heading, self.walked_m + self.metres))
        self.activities.append(stop.activity if stop else self.leg.activity)
        self.moves.append(moves)

    def track(self) -> Track:
        return Track(
            self.leg, self.starts_s, np.asarray(self.samples), tuple(self.activities),
            tuple(self.moves),
        )  # fmt: skip


def walk_all(legs: Sequence[Leg], until_s: float) -> list[Track]:
    """Let everybody walk their legs, each person's one after another.

    Args:
        legs: in the order in which a person walks them.
        until_s: seconds into the story; what would come later is left out.

    Returns:
        A track for each leg that begins in time, in the order of persons and legs.
    """
    crowd = _Crowd(legs)
    steps = math.floor(until_s / STEP_S) + 2
    first = min((math.floor(leg.starts_s / STEP_S) for leg in legs), default=0)
    for step in range(first, steps):
        crowd.go_on(step * STEP_S)
    return crowd.tracks()


class _Crowd:
    def __init__(self, legs: Sequence[Leg]) -> None:
        self._waiting: dict[int, list[Leg]] = {}
        for leg in legs:
            self._waiting.setdefault(leg.person, []).append(leg)
        self._free_s = dict.fromkeys(self._waiting, -math.inf)
        self._walked_m = dict.fromkeys(self._waiting, 0.0)
        self._under_way: list[_Walker] = []
        self._finished: list[_Walker] = []
        self._legs_begun = dict.fromkeys(self._waiting, 0)

    def tracks(self) -> list[Track]:
        everybody = sorted(
            self._finished + self._under_way, key=lambda one: (one.leg.person, one.number)
        )
        return [one.track() for one in everybody]

    def go_on(self, at_s: float) -> None:
        """One step: who is due comes in, everybody moves, who is at the end leaves."""
        self._let_in(at_s)
        speeds = self._speeds() if self._under_way else []
        for walker, speed in zip(self._under_way, speeds, strict=True):
            _move(walker, speed)
        left = [one for one in self._under_way if one.metres >= one.leg.route.length_m]
        for one in left:
            self._free_s[one.leg.person] = at_s + STEP_S
            self._walked_m[one.leg.person] += one.leg.route.length_m
        self._finished += left
        self._under_way = [one for one in self._under_way if one not in left]

    def _let_in(self, at_s: float) -> None:
        busy = {one.leg.person for one in self._under_way}
        for person, legs in self._waiting.items():
            if not legs or person in busy:
                continue
            leg = legs[0]
            due_s = max(leg.starts_s, self._free_s[person] + leg.gap_s)
            if at_s < due_s or (at_s < due_s + _LONGEST_WAIT_S and not self._is_free(leg)):
                continue
            del legs[0]
            walker = _Walker(
                leg, self._legs_begun[person], at_s, self._walked_m[person], aside=leg.aside_m
            )
            self._legs_begun[person] += 1
            walker.note(moves=True)
            self._under_way.append(walker)

    def _is_free(self, leg: Leg) -> bool:
        x, y, _ = leg.route.at(0.0, leg.aside_m)
        return all(
            one.leg.place != leg.place or math.dist(one.place[:2], (x, y)) > _APART_M
            for one in self._under_way
        )

    def _speeds(self) -> list[float]:
        """Metres per second of each, after they have chosen how far to step aside."""
        places = np.array([one.place for one in self._under_way]).reshape(-1, 3)
        rooms = np.array([one.leg.place for one in self._under_way])
        speeds = [
            _yield_to(walker, places[n], places[(rooms == rooms[n]) & ~self._together(n)])
            for n, walker in enumerate(self._under_way)
        ]
        by_person = {one.leg.person: n for n, one in enumerate(self._under_way)}
        for n, walker in enumerate(self._under_way):
            lead = by_person.get(-1 if walker.leg.beside is None else walker.leg.beside)
            if lead is not None and self._under_way[lead].leg.route is walker.leg.route:
                behind_m = self._under_way[lead].metres - walker.metres
                speeds[n] = max(speeds[lead] + min(max(behind_m, -0.5), 0.5), 0.0)
        return speeds

    def _together(self, number: int) -> NDArray[np.bool_]:
        """(N,) whether each is that walker or walks beside them."""
        mine = self._under_way[number].leg
        return np.array(
            [
                one.leg.person == mine.person
                or one.leg.beside == mine.person
                or mine.beside == one.leg.person
                for one in self._under_way
            ],
            bool,
        )


def _yield_to(walker: _Walker, place: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    """Step aside for `others`, (N, 3) x, y and heading; the speed that is left, m/s."""
    away = others[:, :2] - place[:2]
    cos, sin = math.cos(place[2]), math.sin(place[2])
    ahead, left = away @ (cos, sin), away @ (-sin, cos)
    speed, wish = walker.leg.speed_m_s, walker.leg.aside_m - walker.aside
    near = (ahead > 0) & (ahead < _AHEAD_M) & (np.abs(left) < _BESIDE_M)
    most = 0.6 * _SIDESTEP_M_S * STEP_S
    if near.any():
        first = int(np.argmin(np.where(near, ahead, np.inf)))
        # Who meets somebody head on goes to the right, and so do they.
        wish = math.copysign(_WIDEST_M, -left[first] if abs(left[first]) > 0.1 else -1.0)
        most = _SIDESTEP_M_S * STEP_S
        if abs(left[first]) < _APART_M:
            speed *= min(max((ahead[first] - _APART_M) / 0.8, 0.12), 1.0)
    touching = np.hypot(ahead, left) < _APART_M
    if touching.any():
        wish = math.copysign(_WIDEST_M, -left[touching].sum() or -1.0)
        most = _PUSH_M_S * STEP_S
    step = min(max(wish, -most), most) if walker.stop is None else 0.0
    step = min(max(walker.aside + step, -_WIDEST_M), _WIDEST_M) - walker.aside
    walker.aside += step
    walker.drift = math.atan2(step / STEP_S, max(speed, 0.6))
    return speed


def _move(walker: _Walker, speed_m_s: float) -> None:
    """One step ahead, or one step of a pause."""
    stop = walker.stop
    if stop is None:
        route, step_m = walker.leg.route, speed_m_s * STEP_S
        walker.metres = route.after(walker.metres, step_m, walker.aside)
        walker.note(moves=speed_m_s > 0.1)
        return
    walker.paused_s += STEP_S
    if walker.paused_s >= stop.seconds:
        walker.pause, walker.paused_s = walker.pause + 1, 0.0
    walker.note(moves=False)
