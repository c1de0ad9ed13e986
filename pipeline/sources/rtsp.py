"""A live camera over RTSP: decoded frames, newest last, until the connection ends."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from urllib.parse import quote, urlsplit, urlunsplit

import av
import av.error
from av.codec.hwaccel import HWAccel
from av.container import InputContainer
from av.video.frame import VideoFrame

from detectors.types import Frame, Image
from pipeline.certificates import check_ca_file
from pipeline.clock import Clock, SystemClock
from pipeline.packets import PacketSink
from pipeline.sources.capture_clock import CaptureClock, TimedBy
from pipeline.sources.decoding import CameraDecoding, DecodeOn, fault_of
from pipeline.sources.rate import RatePicker
from pipeline.sources.rtsp_faults import Attempt, check_url, explain_open
from pipeline.sources.rtsp_stream import MICROSECONDS, RtspStream

log = logging.getLogger(__name__)

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
        ca_file: Path | None = None,
        open_timeout_s: float = 10.0,
        read_timeout_s: float = 10.0,
        timed_by: TimedBy = "auto",
        clock_tolerance_s: float = 2.0,
        decode_on: DecodeOn = "cpu",
        clock: Clock | None = None,
        packets: PacketSink | None = None,
    ) -> None:
        """Take the address; nothing is connected yet.

        Args:
            camera_id: its short name.
            url: rtsp://… or rtsps://…, without credentials.
            username: who to log in as.
            password: of that user.
            transport: how the video travels.
            ca_file: certificates (PEM) of which one must have signed that of an rtsps:// camera;
                None: the channel is encrypted, and nobody asks who is at its other end.
            open_timeout_s: until it must answer.
            read_timeout_s: silence after which it is lost.
            timed_by: see `CaptureClock`.
            clock_tolerance_s: likewise.
            decode_on: see `decoding`.
            clock: ours.
            packets: gets every packet as it came.

        Raises:
            ConfigError: an address that is not plain rtsp:// or rtsps://, or no such `ca_file`.
        """
        check_url(camera_id, url)
        if ca_file is not None:
            check_ca_file(f"cameras.{camera_id}.ca_file", ca_file)
        self.camera_id = camera_id
        self.url = url
        self._login = None if username is None else (username, password or "")
        self._transport = transport
        self._ca_file = ca_file
        self._open_timeout_s = open_timeout_s
        self.read_timeout_s = read_timeout_s
        self._timed_by, self._clock_tolerance_s = timed_by, clock_tolerance_s
        self._packets = packets
        self.clock = clock or SystemClock()
        self.decoding = CameraDecoding(decode_on, self.clock)
        self.stream: RtspStream | None = None
        """The newest connection, for those who ask what it is like."""

    @property
    def decode_errors(self) -> int:
        """Packets that could not be decoded, over all connections."""
        return self.decoding.errors

    @property
    def figures(self) -> dict[str, float]:
        """Of the newest connection: is a device decoding, and how far is the camera's clock off."""
        stream = self.stream
        if stream is None:
            return {}
        figures = {
            "hardware_decoding": float(stream.is_accelerated),
            "hardware_failures": self.decoding.device_failures,
            "leaps": stream.times.leaps,
        }
        if stream.times.offset_s is not None:
            figures["clock_offset_s"] = round(stream.times.offset_s, 3)
        return figures

    @property
    def decoded(self) -> int:
        """Pictures decoded, over all connections."""
        return self.decoding.decoded

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
            for number, (taken, picture) in enumerate(stream.pictures(stop), 1):
                began_at = taken.at if began_at is None else began_at
                if picker.is_due(taken.at - began_at):
                    image = to_rgb(picture)
                    yield Frame(self.camera_id, run_id, number, taken.at, image, taken.source)

    def connect(self) -> RtspStream:
        """Open a connection; a context manager.

        Raises:
            SourceUnreachable: nobody answered in time.
            SourceRefused: see `frames`.
        """
        attempt = Attempt(
            camera_id=self.camera_id,
            url=self.url,
            has_login=self._login is not None,
            transport=self._transport,
            timeout_s=self._open_timeout_s,
            ca_file=self._ca_file,
        )
        began = self.clock.monotonic()
        try:
            container = self._open()
        except av.error.FFmpegError as error:
            fault = explain_open(error, attempt, self.clock.monotonic() - began)
        else:
            self.stream = RtspStream(
                container,
                self.camera_id,
                clock=self.clock,
                times=CaptureClock(
                    self.camera_id,
                    self.clock,
                    timed_by=self._timed_by,
                    tolerance_s=self._clock_tolerance_s,
                ),
                read_timeout_s=self.read_timeout_s,
                decoding=self.decoding,
                packets=self._packets,
            )
            return self.stream
        # Outside the handler: libav's error holds the address with the password, and
        # must not travel along as the context of ours.
        raise fault

    def _open(self) -> InputContainer:
        """A connection that a device decodes, or the CPU if the device is gone by now."""
        device = self.decoding.acceleration()
        try:
            return self._open_on(device)
        except av.error.FFmpegError:
            reason = None if device is None else fault_of(device)
            if reason is None:
                raise
        told = self.decoding.device_failed(reason)
        log.warning("camera '%s': %s", self.camera_id, told)
        return self._open_on(None)

    def _open_on(self, device: HWAccel | None) -> InputContainer:
        options = {
            "rtsp_transport": self._transport,
            "allowed_media_types": "video",
            "timeout": str(int(max(self._open_timeout_s, self.read_timeout_s) * MICROSECONDS)),
            "analyzeduration": str(int(ANALYSE_S * MICROSECONDS)),
            "fpsprobesize": "0",
        }
        if self._ca_file is not None:
            options |= {"ca_file": str(self._ca_file), "tls_verify": "1"}
        return av.open(
            self._address(),
            mode="r",
            options=options,
            timeout=(self._open_timeout_s, self.read_timeout_s),
            hwaccel=device,
        )

    def _address(self) -> str:
        if self._login is None:
            return self.url
        parts = urlsplit(self.url)
        login = ":".join(quote(part, safe="") for part in self._login)
        return urlunsplit(parts._replace(netloc=f"{login}@{parts.netloc}"))


def to_rgb(picture: VideoFrame) -> Image:
    """(H, W, 3) RGB, read-only."""
    image: Image = picture.to_ndarray(format="rgb24").astype("uint8", copy=False)
    image.flags.writeable = False
    return image
