"""Reads one file from where it was last quiet to its end, losing nothing and doubling nothing."""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol, TypeVar

from detectors.ports import Detector, MotionGate
from detectors.types import Frame
from pipeline.clock import Clock
from pipeline.errors import SourceUnreadable, StoreUnavailable
from pipeline.store.boxes import BoxArchive
from pipeline.store.runs import RunStore, SafePoint
from pipeline.telemetry import Telemetry
from pipeline.workers.attention import follow_all
from pipeline.workers.following import RunFollower, Step, Tally
from pipeline.workers.jobs import ReplayJob
from pipeline.workers.recording import Outbox, Recorder

log = logging.getLogger(__name__)

# How often a safe point and the progress are written, at most.
SAVE_EVERY_S = 0.5


class Footage(Protocol):
    """The frames of one file, and what could not be decoded of it."""

    @property
    def damaged(self) -> Sequence[Sequence[float]]:
        """From, to, in seconds since the first frame; of the last iteration."""
        ...

    def __iter__(self) -> Iterator[Frame]:
        """The frames, in order."""
        ...


@dataclass(frozen=True, slots=True)
class ReplayParts:
    """What the replay worker works with.

    Attributes:
        open_frames: frames of the file from a frame number on.
        gate: says which frames the detector need not see; None where it sees all.
        detector: finds people.
        batch: frames handed to the detector at once.
        follow: a follower that counts tracks from a number and goes on from a tally.
        runs: where progress and safe points go.
        boxes: where every box goes; None when they are not kept.
        telemetry: counts frames.
        clock: paces a replay in real time.
    """

    open_frames: Callable[[int], Footage]
    gate: MotionGate | None
    detector: Detector
    batch: int
    follow: Callable[[int, Tally], RunFollower]
    runs: RunStore
    boxes: BoxArchive | None
    telemetry: Telemetry
    clock: Clock


class ReplayWorker:
    """One file, read in order.

    A safe point is a frame after which no track is open: reading may begin again behind it with
    the same result, since tracker and shot choice hold nothing there. It is written only after
    everything before it is with the store. The motion gate holds a little there, which is why it
    is shown the frames before the point that it still depends on.
    """

    def __init__(self, job: ReplayJob, parts: ReplayParts, recorder: Recorder, outbox: Outbox):
        self._job, self._parts = job, parts
        self._recorder, self._outbox = recorder, outbox
        self._saved_at = parts.clock.monotonic()

    def run(self, stop: threading.Event) -> None:
        """Read to the end, or until `stop`.

        Raises:
            SourceUnreadable: the file ended early; what came before is kept.
        """
        point = self._begin(stop)
        follower = self._parts.follow(point.next_track_number, Tally(**point.counters))
        footage = self._parts.open_frames(point.gate_from or point.frame_number + 1)
        frames = self._paced(self._behind(point, footage, stop), stop)
        broken: SourceUnreadable | None = None
        try:
            for batch in batched(frames, self._parts.batch):
                self._take_batch(follower, batch, stop)
        except _Cut as cut:
            broken = cut.reason
        if stop.is_set():
            return
        self._take(follower.finish(), stop)
        self._finish(follower, footage, broken, stop)
        if broken is not None:
            raise broken

    def _begin(self, stop: threading.Event) -> SafePoint:
        job, runs = self._job, self._parts.runs
        point = _until_heard(lambda: runs.safe_point(job.camera_id, job.run_id), stop)
        if point is None:
            return SafePoint(0, 1, {})
        log.info(
            "camera '%s': reading on after frame %d of %s",
            job.camera_id,
            point.frame_number,
            job.path,
        )
        return point

    def _behind(
        self, point: SafePoint, frames: Iterable[Frame], stop: threading.Event
    ) -> Iterator[Frame]:
        """The frames behind a safe point; those up to it are for the gate alone."""
        for frame in frames:
            if frame.number > point.frame_number or stop.is_set():
                yield frame
            elif self._parts.gate is not None:
                self._parts.gate.watch(frame)

    def _take_batch(
        self, follower: RunFollower, batch: Sequence[Frame], stop: threading.Event
    ) -> None:
        parts, skipped = self._parts, follower.tally.frames_skipped
        for step in follow_all(batch, gate=parts.gate, detector=parts.detector, follower=follower):
            self._take(step, stop)
        skipped = follower.tally.frames_skipped - skipped
        parts.telemetry.count_attention(self._job.camera_id, len(batch) - skipped, skipped)
        now = self._parts.clock.monotonic()
        if now - self._saved_at >= SAVE_EVERY_S and not stop.is_set():
            self._saved_at = now
            self._save(follower, batch[-1], stop)

    def _take(self, step: Step, stop: threading.Event) -> None:
        self._recorder.record(step)
        if self._parts.boxes is not None and step.boxes:
            job = self._job
            self._parts.boxes.write(
                job.camera_id, job.run_id, step.frame_number, step.boxes, at=step.at
            )
        self._outbox.flush_waiting(clock=self._parts.clock, stopped=stop.is_set)

    def _save(self, follower: RunFollower, last: Frame, stop: threading.Event) -> None:
        """Write how far it got, between batches only.

        A detector's last digits depend on what shares its batch, so a restart must cut the same
        batches as an undisturbed run.
        """
        job, runs = self._job, self._parts.runs
        if self._parts.boxes is not None:
            self._parts.boxes.commit()
        counters = asdict(follower.tally)

        def tell() -> None:
            runs.progress(
                job.camera_id,
                job.run_id,
                frames_read=last.number,
                watched_until=last.captured_at,
                **counters,
            )
            if follower.is_quiet:
                gate = self._parts.gate
                gate_from = 0 if gate is None else gate.needs_from
                point = SafePoint(last.number, follower.next_number, counters, gate_from)
                runs.save_safe_point(job.camera_id, job.run_id, point)

        _until_heard(tell, stop)

    def _finish(
        self,
        follower: RunFollower,
        footage: Footage,
        broken: SourceUnreadable | None,
        stop: threading.Event,
    ) -> None:
        job, runs = self._job, self._parts.runs
        if self._parts.boxes is not None:
            self._parts.boxes.commit()
        number, at = follower.last_frame
        figures: dict[str, Any] = {**asdict(follower.tally), "damaged": footage.damaged}
        if number:  # nothing may be left to read behind the last safe point
            figures |= {"frames_read": number, "watched_until": at}
        reason = str(broken) if broken else ""

        def tell() -> None:
            runs.progress(job.camera_id, job.run_id, **figures)
            if job.keep_boxes:
                runs.mark_boxes_kept(job.camera_id, job.run_id)
            runs.finish(job.camera_id, job.run_id, "broken" if broken else "done", reason)

        _until_heard(tell, stop)

    def _paced(self, frames: Iterable[Frame], stop: threading.Event) -> Iterator[Frame]:
        """The frames, no faster than they were captured if asked; a cut file ends with _Cut."""
        clock = self._parts.clock
        ahead: float | None = None
        try:
            for frame in frames:
                if stop.is_set():
                    return
                if self._job.realtime:
                    if ahead is None:
                        ahead = frame.captured_at - clock.monotonic()
                    stop.wait(max(frame.captured_at - clock.monotonic() - ahead, 0.0))
                yield frame
        except SourceUnreadable as error:
            raise _Cut(error) from error


T = TypeVar("T")


def _until_heard(ask: Callable[[], T], stop: threading.Event) -> T | None:
    """What the store answers, however long it is away; None if stopped before that."""
    warned = False
    while not stop.is_set():
        try:
            return ask()
        except StoreUnavailable as error:
            if not warned:
                log.warning("%s; waiting for it", error)
                warned = True
            stop.wait(0.3)
    return None


class _Cut(Exception):
    """The file ended early; the frames before it are good."""

    def __init__(self, reason: SourceUnreadable) -> None:
        super().__init__(str(reason))
        self.reason = reason


def batched(frames: Iterator[Frame], size: int) -> Iterator[list[Frame]]:
    """Lists of `size` frames, the last one shorter, none empty.

    What came before an error is handed out before the error is.
    """
    batch: list[Frame] = []
    try:
        for frame in frames:
            batch.append(frame)
            if len(batch) == size:
                yield batch
                batch = []
    except _Cut:
        if batch:
            yield batch
        raise
    if batch:
        yield batch
