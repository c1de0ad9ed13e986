"""One run of a live camera, as the camera worker has it in hand."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from detectors.ports import MotionGate
from pipeline.sources.reader import CameraReader, clock_ahead_s
from pipeline.workers.following import RunFollower, Step
from pipeline.workers.giving_way import Mark, Marks
from pipeline.workers.recording import Recorder


@dataclass(slots=True)
class CameraRun:
    """What follows a run, what records it, and who reads it.

    Attributes:
        follower: makes tracks of its frames.
        gate: says which frames are worth a look; None if all are.
        recorder: tells the store.
        reader: of the camera; it outlives the run.
        started_at: when its first frame was captured.
        dropped_before: frames that the reader had dropped by then.
        told_before: frames that nobody looked at, by reason, which an earlier run of the reader
            has told.
        time_source: whose clock dated the newest frame.
        marks: how many frames it had come to, and when.
    """

    follower: RunFollower
    gate: MotionGate | None
    recorder: Recorder
    reader: CameraReader
    started_at: float
    dropped_before: int
    told_before: Counter[str]
    time_source: str | None = None
    marks: Marks = field(default_factory=Marks)

    def mark(self, now: float, *, is_sure: bool) -> None:
        """Note how far it has come at `now`, monotonic."""
        self.marks.add(Mark(now, *self.follower.last_frame), is_sure=is_sure)

    def cut_off(self, over_at: float) -> tuple[Step, int]:
        """End it where another worker took the camera over, at `over_at` (monotonic).

        Returns:
            The shots that are left of before, and how many frames came after. Who was open then is
            to be ended as the store knows them: later sights are not ours to tell.
        """
        kept, step = self.marks.before(over_at), self.follower.finish()
        shots = tuple(shot for shot in step.shots if shot.captured_at <= kept.captured_at)
        lost = max(self.follower.last_frame[0] - kept.frames, 0)
        return Step(step.frame_number, step.at, shots=shots), lost

    def figures(self) -> dict[str, Any]:
        """How far it has come, by the names of `RunRecord`."""
        number, at = self.follower.last_frame
        return asdict(self.follower.tally) | {
            "watched_until": at or self.started_at,
            "clock_ahead_s": clock_ahead_s(self.reader.figures(), self.time_source),
            "frames_read": number,
            "frames_dropped": max(self.reader.frames_dropped - self.dropped_before, 0),
            "dropped_by": dict(Counter(self.reader.dropped_by) - self.told_before),
        }
