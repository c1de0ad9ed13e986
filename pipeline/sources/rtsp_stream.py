"""One open connection to a camera: its packets decoded, its pictures dated."""

import struct
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Final, Self

import av.error
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from pipeline.clock import Clock
from pipeline.errors import SourceRefused, SourceUnreachable
from pipeline.packets import PacketFeed, PacketSink
from pipeline.sources.capture_clock import CaptureClock, Instant
from pipeline.sources.decoder import DeviceFailed, decoder_of
from pipeline.sources.decoding import CameraDecoding
from pipeline.sources.rtsp_faults import explain_read

MICROSECONDS = 1_000_000
# libav's AVProducerReferenceTime begins with the instant of capture: int64, Unix microseconds.
PRODUCER_TIME: Final = "prft"
WALLCLOCK: Final = struct.Struct("=q")


class RtspStream:
    """One open connection.

    Attributes:
        codec: as libav calls it.
        width: pixels, as announced; 0 if it was not.
        height: likewise.
        fps: as announced; None if it was not.
        times: dates the pictures.
    """

    def __init__(
        self,
        container: InputContainer,
        camera_id: str,
        *,
        clock: Clock,
        times: CaptureClock,
        read_timeout_s: float,
        decoding: CameraDecoding,
        packets: PacketSink | None = None,
    ) -> None:
        """Take over `container`; it is closed if there is nothing in it to decode.

        `packets` gets every packet as it came, with about the instant of its picture.
        """
        self._container = container
        self._camera_id = camera_id
        self._clock = clock
        self._read_timeout_s = read_timeout_s
        self._decoding = decoding
        self._packets = packets
        self._feed: PacketFeed | None = None
        self.times = times
        try:
            self._stream = _decodable(container, camera_id)
        except SourceRefused:
            container.close()
            raise
        context = self._stream.codec_context
        self._decoder = decoder_of(self._stream, camera_id, decoding)
        self.codec = context.name
        self.width = self._stream.width
        self.height = self._stream.height
        rate = self._stream.average_rate or self._stream.guessed_rate
        self.fps = float(rate) if rate else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._container.close()
        if self._feed is not None:
            self._feed.closed()

    @property
    def is_accelerated(self) -> bool:
        """Whether something else than the CPU decodes."""
        return self._decoder.is_accelerated

    def pictures(self, stop: threading.Event) -> Iterator[tuple[Instant, VideoFrame]]:
        """When each picture was taken, and the picture, until `stop` is set.

        One of which it cannot be told when it was taken is passed over.

        Raises:
            SourceUnreachable: the stream broke, ended or stalled, its clock went back, or the
                device that decoded it failed.
        """
        packets = self._container.demux(self._stream)
        # One that was told to stop while it connected must not push out the next reader.
        if self._packets is not None and not stop.is_set():
            self._feed = self._packets.opened(self._stream)
        last_seen = self._clock.monotonic()
        # libav ends the iteration without a word when the camera dies.
        while not stop.is_set() and (packet := self._next_packet(packets)) is not None:
            self._hear_clock(packet)
            if self._feed is not None:
                at = self.times.estimate(_shown_s(packet))
                now = self._clock.now()
                self._feed.packet(packet, now if at is None else at, is_dated=at is not None)
            for picture in self._decode(packet):
                last_seen = self._clock.monotonic()
                taken = self.times.read(_shown_s(picture))
                if taken is not None:
                    yield taken, picture
            if self._clock.monotonic() - last_seen > self._read_timeout_s:
                raise self._no_picture()
        if not stop.is_set():
            raise SourceUnreachable(f"camera '{self._camera_id}': the stream ended")

    def _next_packet(
        self, packets: "Iterator[Packet[VideoStream]]"
    ) -> "Packet[VideoStream] | None":
        try:
            return next(packets, None)
        except av.error.FFmpegError as error:
            fault = explain_read(error, self._camera_id, self._read_timeout_s)
        raise fault  # outside the handler, for the reason that `RtspCamera.connect` gives

    def _hear_clock(self, packet: "Packet[VideoStream]") -> None:
        """Pass on what the camera's last sender report means for this packet, if there was one."""
        if packet.pts is None or not packet.has_sidedata(PRODUCER_TIME):
            return
        (microseconds,) = WALLCLOCK.unpack_from(bytes(packet.get_sidedata(PRODUCER_TIME)))
        shown_s = float(packet.pts * packet.time_base)
        self.times.report(shown_s, microseconds / MICROSECONDS)

    def _decode(self, packet: "Packet[VideoStream]") -> list[VideoFrame]:
        try:
            return self._decoder.pictures(packet)
        except DeviceFailed as error:
            raise self._device_failed(str(error)) from None

    def _no_picture(self) -> SourceUnreachable:
        what = f"no picture could be decoded for {self._read_timeout_s:g} s"
        if self._decoder.is_accelerated:
            return self._device_failed(what)
        return SourceUnreachable(
            f"camera '{self._camera_id}': {what}; look at its encoder settings"
        )

    def _device_failed(self, reason: str) -> SourceUnreachable:
        return SourceUnreachable(
            f"camera '{self._camera_id}': {self._decoding.device_failed(reason)}"
        )


def _shown_s(shown: "VideoFrame | Packet[VideoStream]") -> float | None:
    """The timestamp in its stream, seconds."""
    if shown.pts is None or shown.time_base is None:
        return None
    return float(shown.pts * shown.time_base)


def _decodable(container: InputContainer, camera_id: str) -> VideoStream:
    """The first video stream, if there is a decoder for it."""
    if not container.streams.video:
        raise SourceRefused(f"camera '{camera_id}': sends no video; check the path in its url")
    stream = container.streams.video[0]
    # None where libav has no decoder, whatever the stubs say.
    if getattr(stream, "codec_context", None) is None:
        raise SourceRefused(
            f"camera '{camera_id}': sends a codec that cannot be decoded; set it to H.264 or H.265"
        )
    return stream
