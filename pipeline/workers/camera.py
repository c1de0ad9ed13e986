"""The camera worker: one batched detector for many cameras, a tracker for each."""

import logging
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from detectors.ports import Detector, MotionGate
from detectors.types import Detection, Frame
from pipeline.clock import Clock
from pipeline.errors import StoreUnavailable
from pipeline.handoff import NewestFrames
from pipeline.sources.reader import CameraReader
from pipeline.store.cameras import REMOVED, CameraStore
from pipeline.store.runs import RunRecord, RunStore
from pipeline.telemetry import Telemetry
from pipeline.workers.attendance import Attendance, CameraRoster, OnState
from pipeline.workers.attention import Attention, attention_to
from pipeline.workers.camera_run import CameraRun
from pipeline.workers.following import RunFollower
from pipeline.workers.giving_way import close_stale_runs, close_taken_over
from pipeline.workers.lease_keeper import STALLED_AFTER_S, LeaseKeeper
from pipeline.workers.recording import Outbox, Recorder, TakesDeeds, done
from pipeline.workers.tenure import CameraOutbox

log = logging.getLogger(__name__)

REPORT_EVERY_S = REVIEW_EVERY_S = 1.0
# What a camera is from then on; one that moved is told of by its new worker.
STATE_AFTER = {"paused": "paused", "removed": REMOVED}

Outcome = Literal["done", "broken"]


@dataclass(frozen=True, slots=True)
class CameraParts:
    """What the camera worker works with.

    Attributes:
        make_reader: a reader thread of a camera that tells its state to the callback.
        roster: which cameras to read, asked once a second.
        frames: where readers put the newest frame.
        detector: finds people in frames of several cameras at once.
        detector_name: what people call it; its runs note it.
        batch: frames handed to it at once.
        follow: a follower for a run of a camera.
        gate: a motion gate for a run of a camera; None where every frame is looked at.
        record: a recorder for a run, on its camera's outbox.
        end_open_tracks: ends the tracks that a camera's earlier runs left open.
        end_tracks_of: ends those that some runs of a camera left open.
        end_ring: ends what keeps the recent video of a camera that left.
        cameras, runs: where status and coverage go.
        telemetry, clock: as everywhere.
    """

    make_reader: Callable[[str, OnState], CameraReader]
    roster: CameraRoster
    frames: NewestFrames[Frame]
    detector: Detector
    detector_name: str
    batch: int
    follow: Callable[[str, str], RunFollower]
    gate: Callable[[str], MotionGate | None]
    record: Callable[[TakesDeeds], Recorder]
    end_open_tracks: Callable[[str], object]
    cameras: CameraStore
    runs: RunStore
    telemetry: Telemetry
    clock: Clock
    end_ring: Callable[[str], object] = lambda _: None
    end_tracks_of: Callable[[str, Collection[str]], object] = lambda *_: None


class CameraWorker:
    """Watches cameras until told to stop; frames nobody has time for are dropped and counted."""

    def __init__(self, parts: CameraParts, *, outbox_size: int = 2000) -> None:
        self._parts = parts
        self._outbox = Outbox(at_most=outbox_size)
        self._attendance = Attendance(parts.roster, parts.make_reader, parts.clock)
        self._runs: dict[str, CameraRun] = {}
        self._desks: dict[str, CameraOutbox] = {}
        self._told_of: dict[str, tuple[CameraReader, Counter[str]]] = {}
        self._ended: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=64))
        self._reported_at = parts.clock.monotonic()
        self._reviewed_at = -REVIEW_EVERY_S
        self._turned_at = parts.clock.monotonic()
        self._is_away = False

    def run(self, stop: threading.Event) -> None:
        """Watch until `stop`, then end what is open."""
        keeper = LeaseKeeper(self._parts.roster.renew, self._is_at_work)
        keeper.start()
        try:
            while not stop.is_set():
                self.work_once(timeout_s=0.2)
        finally:
            self._attendance.stop()
            self._end_all()
            keeper.stop()
            # Last: who takes a camera begins with ending what is open.
            self._parts.roster.leave()

    def _end_all(self) -> None:
        if any(desk.is_unsure for desk in self._desks.values()):
            self._parts.roster.renew()
        for camera_id in dict.fromkeys((*self._attendance.cameras, *self._runs)):
            if self._desks[camera_id].tenure.over_at is not None:
                self._give_way(camera_id)
            elif camera_id in self._runs:
                self._end_run(camera_id, "done", "stopped")
            self._tell_status(camera_id, "stopped", "")
        self._flush()

    def _is_at_work(self) -> bool:
        return self._parts.clock.monotonic() - self._turned_at < STALLED_AFTER_S

    def work_once(self, *, timeout_s: float) -> None:
        """Take in the newest frames, at most one a camera, and what readers have to say."""
        self._turned_at = self._parts.clock.monotonic()
        self._follow_roster()
        frames = self._parts.frames.take_all(timeout_s, self._parts.batch)
        attentions = [self._attention_to(frame) for frame in frames]
        wanted = [n for n, attention in enumerate(attentions) if attention.is_worth_a_look]
        if wanted:
            chosen = [frames[n] for n in wanted]
            found = self._parts.detector.detect(chosen, [attentions[n].part for n in wanted])
            for frame, detections in zip(chosen, found, strict=True):
                self._take(frame, detections)
        self._hear_readers()
        self._report()
        self._flush()

    def _attention_to(self, frame: Frame) -> Attention:
        is_gone = frame.camera_id not in self._attendance.readers
        if is_gone or frame.run_id in self._ended[frame.camera_id]:
            # It was handed over before its connection broke: its run is told and closed.
            self._parts.telemetry.frames_dropped.labels(frame.camera_id, "stale").inc()
            if not is_gone:
                self._attendance.readers[frame.camera_id].dropped_by["stale"] += 1
            return Attention(is_worth_a_look=False, part=None)
        run = self._run_of(frame)
        run.time_source = frame.time_source
        attention = attention_to(run.gate, run.follower, frame)
        is_worth = attention.is_worth_a_look
        if not is_worth:
            run.follower.skip(frame)
        self._parts.telemetry.count_attention(frame.camera_id, is_worth, not is_worth)
        return attention

    def _take(self, frame: Frame, detections: Sequence[Detection]) -> None:
        self._parts.telemetry.detections.labels(frame.camera_id).inc(len(detections))
        run = self._run_of(frame)
        run.recorder.record(run.follower.advance(frame, detections))
        now = self._parts.clock.monotonic()
        if self._desks[frame.camera_id].tenure.was_ours(now):
            run.mark(now, is_sure=True)

    def _introduce(self, camera_id: str) -> None:
        parts = self._parts
        tenure = parts.roster.tenure(camera_id)
        desk = self._desks[camera_id] = CameraOutbox(self._outbox, tenure, parts.clock)
        self._put(lambda: parts.cameras.register(camera_id, "rtsp"))
        # A worker that was killed left its tracks open; nobody will see these people again.
        desk.put_if_ours(partial(done, lambda: parts.end_open_tracks(camera_id)))
        desk.put_if_ours(partial(done, partial(close_stale_runs, parts.runs, camera_id)))

    def _give_way(self, camera_id: str) -> None:
        """Another worker took a camera over: what was seen since is its to tell."""
        parts, lost = self._parts, 0
        over_at = self._desks[camera_id].tenure.over_at
        run = self._runs.pop(camera_id, None)
        if run is not None:
            self._ended[camera_id].append(run.follower.run_id)
            step, lost = run.cut_off(parts.clock.monotonic() if over_at is None else over_at)
            parts.record(self._outbox).record(step)
            parts.telemetry.frames_dropped.labels(camera_id, "taken over").inc(lost)
        mine = tuple(self._ended[camera_id])
        self._put(lambda: close_taken_over(parts.runs, camera_id, mine, lost))
        self._put(lambda: parts.end_tracks_of(camera_id, mine))

    def _follow_roster(self) -> None:
        """Begin with cameras that joined, end with those that left; the others do not notice."""
        now = self._parts.clock.monotonic()
        if now - self._reviewed_at < REVIEW_EVERY_S:
            return
        self._reviewed_at = now
        changes = self._attendance.review()
        for camera_id, why in changes.left.items():
            log.info("camera '%s': no longer read here (%s)", camera_id, why)
            if why == "moved":
                self._give_way(camera_id)
            elif camera_id in self._runs:
                self._end_run(camera_id, "done", why)
            self._parts.frames.remove(camera_id)
            if camera_id not in changes.joined:
                self._parts.end_ring(camera_id)
            if why in STATE_AFTER:
                self._tell_status(camera_id, STATE_AFTER[why], "")
        for camera_id in changes.joined:
            self._introduce(camera_id)
            self._attendance.start(camera_id)

    def _tell_status(self, camera_id: str, state: str, detail: str) -> None:
        self._say_state(camera_id, state, detail, self._parts.clock.now())

    def _say_state(self, camera_id: str, state: str, detail: str, at: float) -> None:
        tell = partial(self._parts.cameras.set_status, camera_id, state, detail, at=at)
        self._desks[camera_id].put_if_ours(partial(done, tell))

    def _run_of(self, frame: Frame) -> CameraRun:
        """The run that `frame` belongs to; a new one ends the old."""
        run = self._runs.get(frame.camera_id)
        if run is not None and run.follower.run_id == frame.run_id:
            return run
        if run is not None:
            self._end_run(frame.camera_id, "broken", "the connection was lost")
        reader = self._attendance.readers[frame.camera_id]
        teller, told = self._told_of.get(frame.camera_id, (reader, Counter[str]()))
        run = CameraRun(
            self._parts.follow(frame.camera_id, frame.run_id),
            self._parts.gate(frame.camera_id),
            self._parts.record(self._desks[frame.camera_id]),
            reader,
            frame.captured_at,
            reader.frames_dropped,
            told if teller is reader else Counter(),
        )
        self._runs[frame.camera_id] = run
        record = RunRecord(
            camera_id=frame.camera_id,
            run_id=frame.run_id,
            kind="live",
            source=self._attendance.source(frame.camera_id),
            started_at=frame.captured_at,
            collection="live",
            detector=self._parts.detector_name,
        )
        self._put_seen(frame.camera_id, lambda: self._parts.runs.begin(record))
        return run

    def _end_run(self, camera_id: str, state: Outcome, reason: str) -> None:
        run = self._runs.pop(camera_id)
        self._ended[camera_id].append(run.follower.run_id)
        run.recorder.record(run.follower.finish())
        self._put_progress(camera_id, run)
        self._told_of[camera_id] = run.reader, Counter(run.reader.dropped_by)
        run_id = run.follower.run_id
        self._put_seen(camera_id, lambda: self._parts.runs.finish(camera_id, run_id, state, reason))

    def _hear_readers(self) -> None:
        for change in self._attendance.heard():
            run = self._runs.get(change.camera_id)
            if (
                run is not None
                and change.state in {"lost", "refused", "blind"}
                and change.run_id == run.follower.run_id
            ):
                self._end_run(change.camera_id, "broken", change.detail)
            self._say_state(change.camera_id, change.state, change.detail, change.at)
        self._attendance.revive()

    def _report(self) -> None:
        now = self._parts.clock.monotonic()
        if now - self._reported_at < REPORT_EVERY_S:
            return
        self._reported_at = now
        for camera_id, run in self._runs.items():
            self._put_progress(camera_id, run)
        for camera_id, reader in self._attendance.readers.items():
            tell = partial(self._parts.cameras.set_rates, camera_id, reader.figures())
            self._desks[camera_id].put_if_ours(partial(done, tell), is_expendable=True)

    def _put_progress(self, camera_id: str, run: CameraRun) -> None:
        desk, now = self._desks[camera_id], self._parts.clock.monotonic()
        run.mark(now, is_sure=bool(desk.tenure.was_ours(now)))
        run_id = run.follower.run_id
        tell = partial(self._parts.runs.progress, camera_id, run_id, **run.figures())
        desk.put(partial(done, tell), is_expendable=True)

    def _put_seen(self, camera_id: str, deed: Callable[[], object]) -> None:
        self._desks[camera_id].put(partial(done, deed))

    def _put(self, deed: Callable[[], object]) -> None:
        self._outbox.put(partial(done, deed))

    def _flush(self) -> None:
        try:
            is_told = self._outbox.flush()
            if self._is_away and is_told:
                log.info("the store is back")
            self._is_away = self._is_away and not is_told
        except StoreUnavailable as error:
            self._parts.telemetry.store_unavailable.inc()
            if not self._is_away:
                log.warning("%s; keeping the newest %d messages", error, len(self._outbox))
            self._is_away = True
