"""The thread that writes one camera's ring, and the bounded queue that feeds it."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from av.packet import Packet
from av.video.stream import VideoStream

from pipeline.errors import StoreUnavailable
from pipeline.packets import KeptPacket
from pipeline.store.ring_recorder import RingRecorder
from pipeline.store.segment_file import remember

log = logging.getLogger(__name__)

# Seconds of video that a busy disk may owe, at 4 Mbit/s: sixteen cameras wait in 128 MB at most.
QUEUE_BYTES = 8_000_000
HOUSE_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class _Opened:
    known: VideoStream
    fps: float | None


class _Closed:
    pass


_Item = _Opened | KeptPacket | _Closed


class PacketQueue:
    """Packets on their way to the disk. Never waits; drops whole groups of pictures.

    After a drop nothing is taken until the next key frame, since it could not be decoded.
    """

    def __init__(self, at_most_bytes: int = QUEUE_BYTES) -> None:
        self.dropped = 0
        self._at_most = at_most_bytes
        self._bytes = 0
        self._items: deque[_Item] = deque()
        self._changed = threading.Condition()
        self._needs_key = False

    def put(self, packet: KeptPacket) -> bool:
        """Offer a packet; whether it was taken."""
        with self._changed:
            has_room = self._bytes + len(packet.data) <= self._at_most
            if not has_room or (self._needs_key and not packet.is_key):
                self.dropped += 1
                self._needs_key = True
                return False
            self._needs_key = False
            self._bytes += len(packet.data)
            self._items.append(packet)
            self._changed.notify()
            return True

    def say(self, item: _Opened | _Closed) -> None:
        """Put in what is no packet, and never dropped."""
        with self._changed:
            self._items.append(item)
            self._changed.notify()

    def wake(self) -> None:
        """Let who waits look up."""
        with self._changed:
            self._changed.notify()

    def take_all(self, timeout_s: float) -> list[_Item]:
        """All that waits, oldest first; nothing after `timeout_s`, or when woken."""
        with self._changed:
            if not self._items:
                self._changed.wait(timeout_s)
            taken = list(self._items)
            self._items.clear()
            self._bytes = 0
            return taken


class RingWriter(threading.Thread):
    """Takes a camera's packets (`pipeline.packets.PacketSink`) and writes them behind its back.

    The thread is a daemon: a disk that hangs holds up neither the camera nor a shutdown.
    """

    def __init__(
        self,
        camera_id: str,
        recorder: RingRecorder,
        *,
        on_state: Callable[[str], None],
        on_drop: Callable[[str], None],
        queue: PacketQueue | None = None,
    ) -> None:
        """Write for one camera once started.

        Args:
            camera_id: whose.
            recorder: what writes.
            on_state: told how the ring stands whenever that changes (empty: well); told again
                later if it raises StoreUnavailable.
            on_drop: told the reason for every packet that had no room in the queue.
            queue: what packets wait in.
        """
        super().__init__(name=f"ring-{camera_id}", daemon=True)
        self._camera_id, self._recorder = camera_id, recorder
        self._on_state, self._on_drop = on_state, on_drop
        self._queue = queue or PacketQueue()
        self._stopping = threading.Event()
        self._at_the_end: Callable[[], object] | None = None
        self._told: str | None = None
        self._is_behind = False
        self._unkeepable = ""
        self._handing_over = threading.Lock()
        self._newest: _Feed | None = None

    def opened(self, stream: VideoStream) -> "_Feed":
        """A connection begins; what an older one still sends is ignored."""
        rate = stream.average_rate
        begun: _Opened | _Closed
        try:
            begun, unkeepable = _Opened(remember(stream), float(rate) if rate else None), ""
        except ValueError:
            begun, unkeepable = _Closed(), f"stopped: {stream.codec_context.name} cannot be kept"
        with self._handing_over:
            self._newest = feed = _Feed(self, is_kept=not unkeepable)
            self._unkeepable = unkeepable
            self._queue.say(begun)
        return feed

    def take(self, feed: "_Feed", item: KeptPacket | _Closed) -> None:
        """Queue what a connection says, while it is the newest; a packet may be dropped."""
        with self._handing_over:
            if feed is not self._newest:
                return
            if isinstance(item, _Closed):
                self._queue.say(item)
                return
            was_behind, self._is_behind = self._is_behind, not self._queue.put(item)
        if self._is_behind:
            self._on_drop("disk too slow")
            if not was_behind:
                log.warning(
                    "camera '%s': the disk is too slow for its recent video, which has a gap",
                    self._camera_id,
                )

    def run(self) -> None:
        """Write until `stop`, and what waits then."""
        self._recorder.recover()
        house_kept_at = float("-inf")
        while True:
            is_last = self._stopping.is_set()
            for item in self._queue.take_all(0.0 if is_last else HOUSE_EVERY_S):
                self._take(item)
            if is_last:
                break
            if time.monotonic() - house_kept_at >= HOUSE_EVERY_S:
                house_kept_at = time.monotonic()
                self._recorder.tick()
                self._tell()
        self._recorder.end()
        if self._at_the_end is not None:
            self._at_the_end()

    def ask_to_stop(self, then: Callable[[], object] | None = None) -> None:
        """Let the thread end soon, and do `then` as its last deed, when all is written."""
        self._at_the_end = then
        self._stopping.set()
        self._queue.wake()

    def _take(self, item: _Item) -> None:
        match item:
            case KeptPacket():
                self._recorder.take(item)
            case _Opened():
                self._recorder.begin(item.known, item.fps)
            case _Closed():
                self._recorder.end()

    def _tell(self) -> None:
        state = self._unkeepable or self._recorder.state
        if state == self._told:
            return
        try:
            self._on_state(state)
            self._told = state
        except StoreUnavailable:
            log.debug("camera '%s': the store is away, told later", self._camera_id)


class _Feed:
    """One connection of a writer's camera (`pipeline.packets.PacketFeed`)."""

    def __init__(self, writer: RingWriter, *, is_kept: bool) -> None:
        self._writer, self._is_kept = writer, is_kept

    def packet(
        self, packet: "Packet[VideoStream]", captured_at: float, *, is_dated: bool = True
    ) -> None:
        """Copy a packet into the queue, or drop it."""
        if not self._is_kept or not packet.size:
            return
        shown_s = None if packet.pts is None else float(packet.pts * packet.time_base)
        kept = KeptPacket(bytes(packet), shown_s, packet.is_keyframe, captured_at, is_dated)
        self._writer.take(self, kept)

    def closed(self) -> None:
        """The connection is over."""
        self._writer.take(self, _Closed())
