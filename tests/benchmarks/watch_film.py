"""A clip with truth that is shown again and again: whose a track is, and whom alerts were of."""

import statistics
from dataclasses import dataclass

import numpy as np

from detectors.boxes import iou, to_array
from detectors.types import Box
from pipeline.street.footage.mot import Boxes

FULL_VIEW = 0.9
"""Share of the body that shows."""

SAME_BOX_IOU = 0.4


@dataclass(frozen=True)
class Shot:
    """Where a track was at an instant (Unix seconds)."""

    track: str
    at: float
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class Alert:
    """The first word of an alert, and when it was here (Unix seconds)."""

    watch: str
    track: str
    seen_at: float
    here_at: float


class Film:
    """The true boxes of a clip that is shown again and again."""

    def __init__(self, boxes: Boxes, frames: int, fps: float) -> None:
        self.frames, self.fps = frames, fps
        self.people: dict[int, tuple[list[int], np.ndarray]] = {}
        self.full_view: dict[int, int] = {}
        rows = zip(
            boxes.frame, boxes.number, boxes.box, boxes.visible_box, boxes.visible, strict=True
        )
        for frame, number, box, shown, visible in rows:
            numbers, found = self.people.setdefault(int(frame), ([], np.empty((0, 4))))
            self.people[int(frame)] = (
                [*numbers, int(number), int(number)],
                np.concatenate([found, [box, shown]]),
            )
            if visible >= FULL_VIEW:
                self.full_view.setdefault(int(number), int(frame))

    def frame(self, at: float, began: float) -> int:
        """The number, from 1, of the picture shown at an instant, if the clip began at another."""
        return round((at - began) * self.fps) % self.frames + 1

    def person(self, shot: Shot, began: float) -> int | None:
        """Whose box a shot has."""
        number, share = self._nearest(shot, began)
        return number if share >= SAME_BOX_IOU else None

    def began(self, shots: list[Shot]) -> float:
        """When the clip began, Unix seconds, by where the boxes of shots lie best on the truth."""
        first = min(shot.at for shot in shots)
        starts = [first - frame / self.fps for frame in range(self.frames)]
        found = [sum(self._nearest(shot, start)[1] for shot in shots) for start in starts]
        return starts[int(np.argmax(found))]

    def _nearest(self, shot: Shot, began: float) -> tuple[int, float]:
        numbers, boxes = self.people.get(self.frame(shot.at, began), ([], np.empty((0, 4))))
        if not numbers:
            return 0, 0.0
        shares = iou(to_array([Box(*shot.box)]), boxes)[0]
        best = int(shares.argmax())
        return numbers[best], float(shares[best])

    def appearances(self, began: float, since: float, until: float) -> list[tuple[int, float]]:
        """Who came into full view within that time, and when."""
        lap_s = self.frames / self.fps
        found = []
        for number, frame in self.full_view.items():
            first = began + (frame - 1) / self.fps
            laps = range(int((since - first) // lap_s), int((until - first) // lap_s) + 1)
            found += [(number, first + n * lap_s) for n in laps]
        return [each for each in found if since <= each[1] < until]


def figures(
    film: Film,
    shots: list[Shot],
    alerts: list[Alert],
    wanted: dict[str, set[int]],
    since: float,
    until: float,
) -> dict[str, object]:
    """Delays in seconds, and counts.

    Args:
        film: what was shown.
        shots: of all tracks.
        alerts: what was told.
        wanted: the numbers of the people that each watch describes.
        since: from when on the watches stood, Unix seconds.
        until: up to when a first full view counts.
    """
    began = film.began(shots)
    votes: dict[str, list[int | None]] = {}
    for shot in shots:
        votes.setdefault(shot.track, []).append(film.person(shot, began))
    who = {track: max(set(v), key=v.count) for track, v in votes.items()}
    lap_s, delays, missed = film.frames / film.fps, [], 0
    for name, people in wanted.items():
        theirs = [a for a in alerts if a.watch == name and who.get(a.track) in people]
        for number, at in film.appearances(began, since, until):
            if number not in people:
                continue
            # One who is told before nine tenths of them show is told in time: the delay is below 0.
            told = [
                a.here_at - at
                for a in theirs
                if who[a.track] == number and -lap_s / 4 <= a.seen_at - at < lap_s * 3 / 4
            ]
            missed += not told
            delays += [min(told)] if told else []
    wrong = [a for a in alerts if a.watch in wanted and who.get(a.track) not in wanted[a.watch]]
    return {
        "delay_p50_s": round(statistics.median(delays), 2) if delays else None,
        "delay_p95_s": round(float(np.percentile(delays, 95)), 2) if delays else None,
        "told": len(delays),
        "missed": missed,
        "false_alarms": sum(since <= a.here_at for a in wrong),
    }
