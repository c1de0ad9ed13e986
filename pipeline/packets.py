"""Packets as a camera sent them, and the port through which a source hands them on."""

from dataclasses import dataclass
from typing import Protocol

from av.packet import Packet
from av.video.stream import VideoStream


@dataclass(frozen=True, slots=True)
class KeptPacket:
    """A packet that may outlive its connection.

    Attributes:
        data: as the camera sent it.
        shown_s: on the camera's own count; None where it said nothing.
        is_key: whether decoding may begin here.
        captured_at: Unix seconds.
        is_dated: whether that is known; else it is when the packet came, until another tells.
    """

    data: bytes
    shown_s: float | None
    is_key: bool
    captured_at: float
    is_dated: bool = True


class PacketFeed(Protocol):
    """Takes the packets of one connection of a camera.

    It is called by the thread that reads the camera: it copies what it keeps, never waits and
    raises nothing. What it has no room for it drops and counts.
    """

    def packet(
        self, packet: "Packet[VideoStream]", captured_at: float, *, is_dated: bool = True
    ) -> None:
        """One packet, in decode order.

        Args:
            packet: valid during the call only.
            captured_at: Unix seconds of the picture in it, as well as the source knows.
            is_dated: whether it knows at all; else that is now.
        """
        ...

    def closed(self) -> None:
        """The connection is over."""
        ...


class PacketSink(Protocol):
    """Takes the packets of one camera, connection after connection."""

    def opened(self, stream: VideoStream) -> PacketFeed:
        """A connection begins, which ends whatever came before it.

        A reader that hangs may let its connection go after the next reader has made one: what
        comes in by an older connection is ignored.

        Args:
            stream: the source's own, valid during the call only.
        """
        ...
