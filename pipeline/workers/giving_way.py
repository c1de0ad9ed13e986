"""What a camera worker leaves behind when another took its camera over."""

from collections.abc import Collection
from typing import NamedTuple

from pipeline.store.runs import RunStore

WORKER_ENDED = "its worker ended"
TAKEN_OVER = "its worker did not renew its lease in time, and another took the camera over"


class Mark(NamedTuple):
    """How far a run had come at an instant of the monotonic clock.

    Attributes:
        at: that instant.
        frames: how many frames it had come to.
        captured_at: when the last of them was captured.
    """

    at: float
    frames: int
    captured_at: float


class Marks:
    """How far a run had come, as far as that may still matter.

    While nobody knows whose the camera is, all marks are kept, and the last of before.
    """

    def __init__(self) -> None:
        self._marks: list[Mark] = []

    def add(self, mark: Mark, *, is_sure: bool) -> None:
        """Keep a mark; `is_sure` says that the camera was ours then."""
        if is_sure:
            self._marks.clear()
        self._marks.append(mark)

    def before(self, at: float) -> Mark:
        """The last before an instant, else the first that is kept; one of no frames for none."""
        first = self._marks[0] if self._marks else Mark(at, 0, float("-inf"))
        return max((mark for mark in self._marks if mark.at < at), default=first)


def close_stale_runs(runs: RunStore, camera_id: str) -> None:
    """Close what a worker that was killed left open."""
    for run in runs.of_camera(camera_id):
        if run.kind == "live" and run.state == "reading":
            runs.finish(camera_id, run.run_id, "broken", WORKER_ENDED)


def close_taken_over(
    runs: RunStore, camera_id: str, run_ids: Collection[str], frames_lost: int
) -> None:
    """Close our runs of a camera that another worker has; those of its own are left alone.

    Args:
        runs: the store.
        camera_id: which.
        run_ids: ours, the last of them the one that was cut off.
        frames_lost: those of it that we looked at when the camera was no longer ours.
    """
    for run_id in run_ids:
        run = runs.get(camera_id, run_id)
        if run is None or (run.state != "reading" and run.reason != WORKER_ENDED):
            continue  # never told, or closed for a reason of its own
        if frames_lost and run_id == list(run_ids)[-1]:
            dropped_by = {**run.dropped_by, "taken over": frames_lost}
            runs.progress(camera_id, run_id, dropped_by=dropped_by)
        runs.finish(camera_id, run_id, "broken", TAKEN_OVER)
