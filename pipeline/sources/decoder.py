"""The decoder of one connection: packets in, pictures out, and whether its device gave up."""

import logging
from typing import Final, Protocol

import av.error
from av.codec.context import Flags
from av.packet import Packet
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from pipeline.sources.decoding import CameraDecoding

log = logging.getLogger(__name__)

GIVES_UP_AFTER: Final = 25
"""Packets in a row that a device cannot decode: a second of most cameras."""


class DeviceFailed(Exception):
    """The device that decoded decodes no more; the message is the reason in libav's words."""


class Decoding(Protocol):
    """What is asked of libav's decoder."""

    @property
    def is_hwaccel(self) -> bool:
        """Whether it was opened on a device."""
        ...

    @property
    def pix_fmt(self) -> str | None:
        """The format of its pictures, as it decodes them."""
        ...

    def decode(self, packet: "Packet[VideoStream]") -> list[VideoFrame]:
        """The pictures that are complete with `packet`."""
        ...


class Decoder:
    """Decodes what one connection brings.

    A packet that cannot be decoded is counted and skipped. A damaged one is no fault of a device,
    nor are those after it that build on it; so what libav calls invalid speaks against the
    device only from a key frame on.
    """

    def __init__(self, context: Decoding, camera_id: str, counts: CameraDecoding) -> None:
        """Decode with `context`; what comes of it is added to `counts`."""
        self._context, self._camera_id, self._counts = context, camera_id, counts
        self._had_key_frame = False
        self._failed_in_a_row = 0

    @property
    def is_accelerated(self) -> bool:
        """Whether something else than the CPU decodes; libav may take the CPU without a word."""
        form = self._context.pix_fmt
        if not self._context.is_hwaccel or form is None:
            return False
        return not VideoFormat(form).components  # a picture in a device's memory has none

    def pictures(self, packet: "Packet[VideoStream]") -> list[VideoFrame]:
        """The pictures that `packet` completes; none if it cannot be decoded.

        Raises:
            DeviceFailed: nor could those before it, and the device is to blame.
        """
        self._had_key_frame |= packet.is_keyframe
        try:
            pictures = self._context.decode(packet)
        except av.error.FFmpegError as error:
            self._counts.errors += 1
            log.debug("camera '%s': a packet was skipped (%s)", self._camera_id, error.strerror)
            self._judge(error)
            return []
        if pictures:
            self._had_key_frame, self._failed_in_a_row = False, 0
        self._counts.decoded += len(pictures)
        return [picture for picture in pictures if picture.width and picture.height]

    def _judge(self, error: av.error.FFmpegError) -> None:
        may_be_damage = isinstance(error, av.error.InvalidDataError)
        if self._had_key_frame or not may_be_damage:
            self._failed_in_a_row += 1
        if self._failed_in_a_row >= GIVES_UP_AFTER and self.is_accelerated:
            raise DeviceFailed(error.strerror)


def decoder_of(stream: VideoStream, camera_id: str, counts: CameraDecoding) -> Decoder:
    """The decoder of a stream that was just opened, set to hold nothing back."""
    context = stream.codec_context
    # Threads over frames would hold back one picture each; threads over slices do not.
    context.thread_type = "AUTO"
    context.flags |= Flags.low_delay
    return Decoder(context, camera_id, counts)
