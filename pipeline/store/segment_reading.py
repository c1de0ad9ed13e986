"""Reads packets and their instants out of video files, whole or cut off."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import av.error
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

# Pictures shown before the first packet's are among its next few.
_FIRST_PACKETS = 64
# Less is read through.
_WORTH_SEEKING_S = 60.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A file, and when its first picture was captured.

    Attributes:
        path: the file.
        first_at: Unix seconds.
        is_segment: of the ring, where the first picture is that of the first packet; of other
            files it is the one that is shown first.
    """

    path: Path
    first_at: float
    is_segment: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """One packet: in which piece, when its picture was captured, whether decoding may begin."""

    piece: int
    at: float
    is_key: bool


class OpenPiece:
    """A piece, open for reading."""

    def __init__(self, piece: Piece) -> None:
        """Open it.

        Raises:
            FileNotFoundError: it is gone.
            av.error.FFmpegError: it is damaged from the start.
            ValueError: it holds no video.
        """
        self.piece = piece
        options = {"protocol_whitelist": "file"}
        self.container: InputContainer = av.open(
            str(piece.path.resolve()), container_options=options
        )
        try:
            self.stream = _first_video(self.container, piece.path)
            self._zero_s = self._first_shown_s()
        except (ValueError, av.error.FFmpegError):
            self.container.close()
            raise

    def close(self) -> None:
        """Let the file go."""
        self.container.close()

    def is_like(self, other: "OpenPiece") -> bool:
        """Whether packets of both can follow each other in one file."""
        mine, its = self.stream.codec_context, other.stream.codec_context
        return (mine.name, mine.width, mine.height, mine.extradata) == (
            its.name,
            its.width,
            its.height,
            its.extradata,
        )

    def seek(self, at: float) -> None:
        """Go to a key frame before an instant: the last one, or that of the beginning."""
        if at - self.piece.first_at < _WORTH_SEEKING_S:
            self.container.seek(0)  # a segment that is being written has no index yet
            return
        begin_s = at - self.piece.first_at + self._zero_s
        self.container.seek(
            round(begin_s / (self.stream.time_base or 1)), stream=self.stream, backward=True
        )

    def packets(self) -> Iterator[tuple["Packet[VideoStream]", float]]:
        """The packets from here on, in decode order, each with its picture's instant.

        One that was cut off ends early; what comes before is whole.

        Raises:
            ValueError: they have no times.
        """
        try:
            for packet in self.container.demux(self.stream):
                if packet.size:
                    yield packet, self._instant(packet)
        except av.error.FFmpegError:
            return

    def shows(self, begin_at: float, end_at: float) -> bool:
        """Whether some picture was captured within [begin_at, end_at]."""
        self.seek(begin_at)
        return any(begin_at <= at <= end_at for _, at in self.packets())

    def at_of(self, pts_s: float) -> float:
        """The instant of capture of what the file shows at a time."""
        return self.piece.first_at + pts_s - self._zero_s

    def _instant(self, packet: "Packet[VideoStream]") -> float:
        if packet.pts is None:
            raise ValueError("its pictures have no times")
        return self.at_of(float(packet.pts * packet.time_base))

    def _first_shown_s(self) -> float:
        times = []
        for packet in self.container.demux(self.stream):
            if packet.pts is not None and packet.size and not packet.is_discard:
                times.append(float(packet.pts * packet.time_base))
            if len(times) == (1 if self.piece.is_segment else _FIRST_PACKETS):
                break
        if not times:
            raise ValueError("its pictures have no times")
        self.container.seek(0)
        return min(times)


def alike_around(pieces: Sequence[OpenPiece], middle: int) -> range:
    """Which of `pieces` around `middle` can follow each other in one file."""
    first = last = middle
    while first > 0 and pieces[first - 1].is_like(pieces[middle]):
        first -= 1
    while last + 1 < len(pieces) and pieces[last + 1].is_like(pieces[middle]):
        last += 1
    return range(first, last + 1)


def last_instant(piece: Piece) -> float | None:
    """When the last picture of a file was captured; None if nothing in it can be read."""
    try:
        opened = OpenPiece(piece)
    except (FileNotFoundError, ValueError, av.error.FFmpegError):
        return None
    try:
        return max((at for _, at in opened.packets()), default=None)
    finally:
        opened.close()


def _first_video(container: InputContainer, path: Path) -> VideoStream:
    for stream in container.streams.video:
        if not stream.disposition & av.stream.Disposition.attached_pic:
            return stream
    raise ValueError(f"{path} holds no video")
