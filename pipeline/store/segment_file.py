"""One segment of recent video as a file: packets in, copied as they are."""

import io
from fractions import Fraction
from pathlib import Path

import av
import av.container
from av.packet import Packet
from av.video.stream import VideoStream

# What Matroska counts in.
TICK = Fraction(1, 1000)
# Of a file that is cut off by a kill, so much may be missing at the end.
CLUSTER_MS = 500
# Pictures may be sent out of order by so much, never more.
REORDER_S = 1.0
# Header, index and block heads, generously: what is counted must not be less than what is there.
HEAD_BYTES = 4096
PACKET_BYTES = 32
# Codecs whose packets carry what a player must know first, where the connection does not say it.
_RAW_FORMATS = {"h264": "h264", "hevc": "hevc"}


def remember(stream: VideoStream) -> VideoStream:
    """A copy of what `stream` says of itself; it outlives the connection.

    Raises:
        ValueError: Matroska cannot hold its codec.
    """
    return av.open(io.BytesIO(), "w", format="matroska").add_stream_from_template(stream)


class SegmentFile:
    """A Matroska file that is readable at every moment, but for its last half second."""

    def __init__(self, path: Path, known: VideoStream, first: bytes) -> None:
        """Begin the file at `path`, which is there and empty.

        Args:
            path: where.
            known: what `remember` returned.
            first: the packet that it begins with, a key frame.

        Raises:
            OSError: the disk is full, or ails.
        """
        options = {
            "cluster_time_limit": str(CLUSTER_MS),
            "flush_packets": "1",
            "avoid_negative_ts": "disabled",
        }
        self.bytes = HEAD_BYTES
        self._latest_s = 0.0
        self._container = av.open(str(path), "w", format="matroska", options=options)
        self._stream = self._container.add_stream_from_template(_complete(known, first))

    def write(self, data: bytes, shown_s: float, *, is_key: bool) -> None:
        """Add a packet, in decode order.

        Args:
            data: the packet as the camera sent it.
            shown_s: seconds since the picture of the first packet; no more than `REORDER_S`
                before the latest so far, nor before the first.
            is_key: whether decoding may begin here.

        Raises:
            OSError: the disk is full, or ails.
        """
        self._latest_s = max(self._latest_s, shown_s)
        packet = Packet(data)
        packet.stream = self._stream
        packet.time_base = TICK
        # Pictures shown before the first packet's, and sent behind it, have times as well.
        packet.pts = round((shown_s + REORDER_S) / TICK)
        # Matroska keeps no decoding times, but libav wants some that rise and come before.
        packet.dts = min(round(self._latest_s / TICK), packet.pts)
        packet.is_keyframe = is_key
        self._container.mux(packet)
        self.bytes += len(data) + PACKET_BYTES

    def close(self) -> None:
        """Write the index.

        Raises:
            OSError: the disk is full, or ails.
        """
        self._container.close()


def _complete(known: VideoStream, first: bytes) -> VideoStream:
    """`known`, with the parameter sets in the first packet where the connection had none."""
    context = known.codec_context
    raw = _RAW_FORMATS.get(context.name)
    if raw is None or context.extradata:
        return known
    found = av.open(io.BytesIO(first), format=raw).streams.video
    return found[0] if found else known
