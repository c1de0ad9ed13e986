"""A live camera over RTSP: decoded frames, newest last, until the connection ends."""

import logging
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Literal, Self
from urllib.parse import quote, urlsplit, urlunsplit

import av
import av.error
from av.codec.context import Flags
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from detectors.types import Frame, Image
from pipeline.clock import Clock, SystemClock
from pipeline.errors import SourceRefused, SourceUnreachable
from pipeline.sources.rate import RatePicker
from pipeline.sources.rtsp_faults import Attempt, check_url, explain_open, explain_read

log = logging.getLogger(__name__)

MICROSECONDS = 1_000_000
# A clock that was set back must not make a frame older than the one before it.
SMALLEST_STEP_S = 0.001
# Long enough to learn the picture's size in band, short enough that what is buffered
# meanwhile is still news.
ANALYSE_S = 0.5


class RtspCamera:
    """One camera's address, and how to connect to it.

    The password joins the address only in the call that opens the connection, and no
    message carries it. `decode_errors` and `decoded` count over all connections.
    """

    def __init__(
        self,
        camera_id: str,
        url: str,
        *,
        username: str | None = None,
        password: str | None = None,
        transport: Literal["tcp", "udp"] = "tcp",
        open_timeout_s: float = 10.0,
        read_timeout_s: float = 10.0,
        clock: Clock | None = None,
    ) -> None:
        """Raises ConfigError for an address that is not plain rtsp:// or rtsps://."""
        check_url(camera_id, url)
        self.camera_id = camera_id
        self.url = url
        self.decode_errors = 0
        self.decoded = 0
        self._username = username
        self._password = password
        self._transport = transport
        self._open_timeout_s = open_timeout_s
        self.read_timeout_s = read_timeout_s
        self.clock = clock or SystemClock()

    def frames(
        self, run_id: str, stop: threading.Event, max_fps: float | None = None
    ) -> Iterator[Frame]:
        """Connect, and yield frames until `stop` is set.

        Every packet is decoded, since later ones build on it; only frames that are due
        under `max_fps` are turned into RGB and yielded. `number` counts the decoded ones.

        Raises:
            SourceUnreachable: nobody answered, the stream broke or ended, or nothing came
                for `read_timeout_s`.
            SourceRefused: wrong credentials, no such path, or nothing that we can decode.
        """
        with self.connect() as stream:
            picker = RatePicker(max_fps)
            began_at: float | None = None
            for number, (captured_at, picture) in enumerate(stream.pictures(stop), 1):
                began_at = captured_at if began_at is None else began_at
                if picker.is_due(captured_at - began_at):
                    image = to_rgb(picture)
                    yield Frame(self.camera_id, run_id, number, captured_at, image)

    def connect(self) -> "RtspStream":
        """Open a connection; a context manager.

        Raises:
            SourceUnreachable: nobody answered in time.
            SourceRefused: see `frames`.
        """
        attempt = Attempt(
            camera_id=self.camera_id,
            url=self.url,
            has_login=self._username is not None,
            transport=self._transport,
            timeout_s=self._open_timeout_s,
        )
        began = self.clock.monotonic()
        try:
            container = self._open()
        except av.error.FFmpegError as error:
            fault = explain_open(error, attempt, self.clock.monotonic() - began)
        else:
            return RtspStream(container, self)
        # Outside the handler: libav's error holds the address with the password, and
        # must not travel along as the context of ours.
        raise fault

    def _open(self) -> InputContainer:
        options = {
            "rtsp_transport": self._transport,
            "allowed_media_types": "video",
            "timeout": str(int(max(self._open_timeout_s, self.read_timeout_s) * MICROSECONDS)),
            "analyzeduration": str(int(ANALYSE_S * MICROSECONDS)),
            "fpsprobesize": "0",
        }
        timeouts = (self._open_timeout_s, self.read_timeout_s)
        return av.open(self._address(), mode="r", options=options, timeout=timeouts)

    def _address(self) -> str:
        if self._username is None:
            return self.url
        parts = urlsplit(self.url)
        login = f"{quote(self._username, safe='')}:{quote(self._password or '', safe='')}"
        return urlunsplit(parts._replace(netloc=f"{login}@{parts.netloc}"))


class RtspStream:
    """One open connection.

    `codec`, `width`, `height` and `fps` are what the camera announced; a size of 0 or an
    fps of None means that it did not.
    """

    def __init__(self, container: InputContainer, camera: RtspCamera) -> None:
        """Take over `container`; it is closed if there is nothing in it to decode."""
        self._container = container
        self._camera = camera
        self._clock = camera.clock
        self._last_at = 0.0
        try:
            self._stream = _decodable(container, camera.camera_id)
        except SourceRefused:
            container.close()
            raise
        context = self._stream.codec_context
        # Threads over frames would hold back one picture each; threads over slices do not.
        context.thread_type = "AUTO"
        context.flags |= Flags.low_delay
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

    def pictures(self, stop: threading.Event) -> Iterator[tuple[float, VideoFrame]]:
        """The instant of capture and the picture, until `stop` is set.

        Raises:
            SourceUnreachable: the stream broke, ended or stalled.
        """
        camera = self._camera
        packets = self._container.demux(self._stream)
        last_seen = self._clock.monotonic()
        # libav ends the iteration without a word when the camera dies.
        while not stop.is_set() and (packet := self._next_packet(packets)) is not None:
            for picture in self._decode(packet):
                last_seen = self._clock.monotonic()
                yield self._captured_at(), picture
            if self._clock.monotonic() - last_seen > camera.read_timeout_s:
                raise SourceUnreachable(
                    f"camera '{camera.camera_id}': no picture could be decoded for "
                    f"{camera.read_timeout_s:g} s; look at its encoder settings"
                )
        if not stop.is_set():
            raise SourceUnreachable(f"camera '{camera.camera_id}': the stream ended")

    def _next_packet(
        self, packets: "Iterator[Packet[VideoStream]]"
    ) -> "Packet[VideoStream] | None":
        try:
            return next(packets, None)
        except av.error.FFmpegError as error:
            fault = explain_read(error, self._camera.camera_id, self._camera.read_timeout_s)
        raise fault  # outside the handler, for the reason that `connect` gives

    def _decode(self, packet: "Packet[VideoStream]") -> list[VideoFrame]:
        try:
            pictures = packet.decode()
        except av.error.FFmpegError as error:
            self._camera.decode_errors += 1
            log.debug(
                "camera '%s': a packet was skipped (%s)", self._camera.camera_id, error.strerror
            )
            return []
        self._camera.decoded += len(pictures)
        return [picture for picture in pictures if picture.width and picture.height]

    def _captured_at(self) -> float:
        """When the picture was taken: for now, when it arrived; rising within the run.

        The one place that decides it.
        """
        self._last_at = max(self._clock.now(), self._last_at + SMALLEST_STEP_S)
        return self._last_at


def to_rgb(picture: VideoFrame) -> Image:
    """(H, W, 3) RGB, read-only."""
    image: Image = picture.to_ndarray(format="rgb24").astype("uint8", copy=False)
    image.flags.writeable = False
    return image


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
