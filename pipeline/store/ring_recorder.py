"""Cuts the packets of one camera into segments of its ring, and keeps the ring within bounds."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import av.error
from av.video.stream import VideoStream

from pipeline.clock import Clock
from pipeline.packets import KeptPacket
from pipeline.store.ring import RingFolder, RingLimits, Segment
from pipeline.store.segment_file import HEAD_BYTES, PACKET_BYTES, REORDER_S, SegmentFile
from pipeline.store.segment_reading import Piece, last_instant

log = logging.getLogger(__name__)

# The offset of arrival against the camera's own count: it rises while packets are held up on
# their way, and falls back; beyond these, one of the two clocks was set.
FALL_S, RISE_S = 2.0, 10.0
# The file's name follows a better knowledge of its first instant in steps of this.
NAME_STEP_S = 0.01
# What one segment may be of the ring: the rest is free for those that are whole.
SHARE = 8
RETRY_S = 60.0
SWEEP_EVERY_S = 60.0


@dataclass(slots=True)
class _Current:
    """The segment that is being written."""

    file: SegmentFile
    zero_s: float
    offset_s: float
    named_s: float
    last_s: float
    is_joined: bool
    arrived_at: float
    is_dated: bool

    def first_at(self) -> float:
        return self.zero_s + self.offset_s

    def last_at(self) -> float:
        return self.last_s + self.offset_s

    def has_leapt(self, packet: KeptPacket, offset_s: float) -> bool:
        """Whether `packet` is of another time than the clocks told so far."""
        is_known = self.is_dated and packet.is_dated
        return is_known and not -FALL_S < offset_s - self.offset_s < RISE_S

    def hear(self, packet: KeptPacket, offset_s: float) -> None:
        """Take in what `packet` tells of when the camera's count began."""
        if packet.is_dated and not self.is_dated:
            self.is_dated, self.offset_s = True, offset_s
        elif packet.is_dated or not self.is_dated:
            self.offset_s = min(self.offset_s, offset_s)


class RingRecorder:
    """One camera's ring as it is written; for one thread.

    A camera counts its pictures evenly, and packets arrive late or on time but never early. So
    a segment keeps the camera's count, and the packet that came soonest says when that was. Until
    the first picture of a connection is decoded that is a guess; the first that is dated ends it.
    Nothing here raises for a disk that fails: the ring stops, says so once, and tries again.

    Attributes:
        state: how the ring stands, in words; empty while all is well.
        dropped: packets that were not kept, by reason.
    """

    def __init__(
        self,
        camera_id: str,
        folder: RingFolder,
        limits: RingLimits,
        clock: Clock,
        on_drop: Callable[[str], None] = lambda _reason: None,
    ) -> None:
        self.state = ""
        self.dropped: dict[str, int] = {}
        self._camera_id, self._folder, self._limits = camera_id, folder, limits
        self._clock, self._on_drop = clock, on_drop
        self._known: VideoStream | None = None
        self._step_s = 0.04
        self._current: _Current | None = None
        self._path = folder.root
        self._held: KeptPacket | None = None
        self._last_s: float | None = None
        self._stopped_at: float | None = None
        self._is_joined = False
        self._swept_at = float("-inf")

    def recover(self) -> None:
        """Name what an earlier writer that was killed left open; remove what holds nothing."""
        try:
            for segment in self._folder.segments(self._camera_id):
                if segment.last_at is None:
                    self._recover(segment)
        except OSError as error:
            self._stop(error.strerror or str(error))

    def _recover(self, segment: Segment) -> None:
        last_at = last_instant(Piece(segment.path, segment.first_at, is_segment=True))
        if last_at is None:
            segment.path.unlink(missing_ok=True)
        else:
            self._folder.rename(segment.path, segment.first_at, last_at)

    def begin(self, known: VideoStream, fps: float | None) -> None:
        """A connection was made.

        Args:
            known: what `remember` returned of its stream.
            fps: as announced.
        """
        self.end()
        self._is_joined = False
        self._known, self._step_s = known, 1 / fps if fps else 0.04

    def take(self, packet: KeptPacket) -> None:
        """Keep one packet, in decode order."""
        if self._held is not None and packet.shown_s is not None:
            held, self._held = self._held, None
            # libav counts from the first packet, which it leaves without a time.
            counts_from_it = 0 < packet.shown_s < REORDER_S
            before_s = 0.0 if counts_from_it else packet.shown_s - self._step_s
            self._place(replace(held, shown_s=before_s))
        if packet.shown_s is None:
            if self._last_s is None and self._held is None:
                self._held = packet  # the second tells when the first was
                return
            packet = replace(packet, shown_s=(self._last_s or 0.0) + self._step_s)
        self._place(packet)

    def tick(self) -> None:
        """Keep house; call it every second or so, packets or not."""
        current, now = self._current, self._clock.now()
        if current is not None and abs(now - current.arrived_at) > self._limits.keep_s:
            self._finish()
        self._trim()
        if self._clock.monotonic() - self._swept_at >= SWEEP_EVERY_S:
            self._swept_at = self._clock.monotonic()
            self._sweep()

    def end(self) -> None:
        """The connection is over."""
        self._finish()
        self._known, self._held, self._last_s = None, None, None

    def _place(self, packet: KeptPacket) -> None:
        shown_s = packet.shown_s
        if self._known is None or shown_s is None:
            self._drop("no stream")
            return
        self._last_s = shown_s
        offset_s = packet.captured_at - shown_s
        if self._current is not None and self._must_end(self._current, packet, shown_s, offset_s):
            self._finish()
        if self._current is None and not self._begin_segment(packet, shown_s, offset_s):
            return
        if self._current is not None:
            self._write(self._current, packet, shown_s, offset_s)

    def _must_end(
        self, current: _Current, packet: KeptPacket, shown_s: float, offset_s: float
    ) -> bool:
        span_s = shown_s - current.zero_s
        has_leapt = current.has_leapt(packet, offset_s)
        if has_leapt or shown_s < max(current.last_s - REORDER_S, current.zero_s - REORDER_S):
            return True
        if current.file.bytes + len(packet.data) + PACKET_BYTES > self._segment_bytes:
            return True
        # Where key frames are rare, a segment must not outgrow the ring.
        return span_s > self._limits.keep_s / 2 or (
            packet.is_key and span_s >= min(self._limits.segment_s, self._limits.keep_s / 4)
        )

    @property
    def _segment_bytes(self) -> int:
        return self._limits.at_most_bytes // SHARE

    def _begin_segment(self, packet: KeptPacket, shown_s: float, offset_s: float) -> bool:
        if not packet.is_key:
            self._drop("no key frame")
            return False
        if len(packet.data) + HEAD_BYTES + PACKET_BYTES > self._segment_bytes:
            self._drop("too large")
            return False
        arrived_at = self._clock.now()
        file = self._new_file(packet, arrived_at)
        if file is None:
            self._drop("stopped")
            return False
        self._current = _Current(
            *(file, shown_s, offset_s, offset_s, shown_s, self._is_joined),
            *(arrived_at, packet.is_dated),
        )
        return True

    def _new_file(self, first: KeptPacket, arrived_at: float) -> SegmentFile | None:
        path: Path | None = None
        try:
            if self._known is None or not self._may_write():
                return None
            self._trim()
            self._path = path = self._folder.begin(self._camera_id, first.captured_at, arrived_at)
            return SegmentFile(path, self._known, first.data)
        except (OSError, av.error.FFmpegError) as error:
            if path is not None:
                path.unlink(missing_ok=True)
            self._stop(error.strerror or str(error))
            return None

    def _write(
        self, current: _Current, packet: KeptPacket, shown_s: float, offset_s: float
    ) -> None:
        # What is shown before a key frame and sent behind it needs what was sent before it.
        if shown_s < current.zero_s and not current.is_joined:
            self._drop("no key frame")
            return
        try:
            current.file.write(packet.data, shown_s - current.zero_s, is_key=packet.is_key)
            current.last_s = max(current.last_s, shown_s)
            current.hear(packet, offset_s)
            if abs(current.named_s - current.offset_s) > NAME_STEP_S:
                self._path = self._folder.rename(self._path, current.first_at(), None)
                current.named_s = current.offset_s
        except (OSError, av.error.FFmpegError) as error:
            self._stop(error.strerror or str(error))
            return
        self._is_joined = True
        if self._stopped_at is not None:
            self._go_on()

    def _finish(self) -> None:
        current, self._current = self._current, None
        if current is None:
            return
        try:
            current.file.close()
            self._folder.rename(self._path, current.first_at(), current.last_at())
        except (OSError, av.error.FFmpegError) as error:
            self._stop(error.strerror or str(error))

    def _may_write(self) -> bool:
        now = self._clock.monotonic()
        if self._stopped_at is not None and now - self._stopped_at < RETRY_S:
            return False
        free = self._folder.free_bytes()
        if free < self._limits.min_free_bytes:
            needed = self._limits.min_free_bytes // 1_000_000
            self._stop(f"less than {needed} MB free on the disk (ring.min_free_megabytes)")
            return False
        return True

    def _stop(self, why: str) -> None:
        if self._stopped_at is None:
            log.error("camera '%s': keeps no recent video now: %s", self._camera_id, why)
        self.state = f"stopped: {why}"
        self._stopped_at = self._clock.monotonic()
        self._finish()

    def _go_on(self) -> None:
        log.info("camera '%s': keeps recent video again", self._camera_id)
        self.state, self._stopped_at = "", None

    def _trim(self) -> None:
        try:
            self._folder.trim(
                self._camera_id,
                now=self._clock.now(),
                keep_s=self._limits.keep_s,
                at_most_bytes=self._limits.at_most_bytes - self._segment_bytes,
            )
        except OSError as error:
            self._stop(error.strerror or str(error))

    def _sweep(self) -> None:
        """Forget for cameras that nobody watches any more, too."""
        try:
            self._folder.sweep(self._clock.now(), self._limits.keep_s)
        except OSError as error:
            self._stop(error.strerror or str(error))

    def _drop(self, reason: str) -> None:
        self._is_joined = False
        self.dropped[reason] = self.dropped.get(reason, 0) + 1
        self._on_drop(reason)
