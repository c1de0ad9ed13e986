"""Cuts a stretch out of video files into one MP4: copied, or encoded anew if it must be."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import av.container
from av.codec.context import Flags
from av.packet import Packet
from av.video.stream import VideoStream

from pipeline.store.segment_reading import OpenPiece, Shown

# What most cameras count in; Matroska's milliseconds and the usual frame rates divide it.
TICK = Fraction(1, 90_000)
MP4 = {"movflags": "+faststart"}


@dataclass(frozen=True, slots=True)
class Stretch:
    """What was cut out.

    Attributes:
        begin_at: when its first picture was captured, Unix seconds.
        end_at: when its last was.
        is_copy: whether it is the camera's own video, bit for bit.
        longest_gap_s: between two pictures; seconds.
    """

    begin_at: float
    end_at: float
    is_copy: bool
    longest_gap_s: float


def write_stretch(
    pieces: Sequence[OpenPiece], begin_at: float, end_at: float, out: Path
) -> Stretch | None:
    """Write what `pieces` show from the key frame before `begin_at` to `end_at`.

    Args:
        pieces: in order, of one kind (`OpenPiece.is_like`).
        begin_at: Unix seconds; without a key frame before it, the first behind it is taken.
        end_at: likewise.
        out: the MP4, which is there and empty.

    Returns:
        None if nothing decodable lies there.

    Raises:
        ValueError: the pictures have no times.
        OSError: the disk is full.
        av.error.FFmpegError: it cannot be written.
    """
    if not pieces:
        return None
    plan = _plan(pieces, begin_at, end_at)
    if not plan:
        return None
    instants = sorted(shown.at for shown in plan)
    gap_s = max((b - a for a, b in pairwise(instants)), default=0.0)
    if _can_be_copied(pieces[0].stream):
        _copy(pieces, plan, out)
        return Stretch(instants[0], instants[-1], True, gap_s)
    first, last = _encode(pieces, plan, begin_at, out)
    return Stretch(first, last, False, gap_s)


def _plan(pieces: Sequence[OpenPiece], begin_at: float, end_at: float) -> list[Shown]:
    """The packets to write, in decode order; the first is a key frame."""
    plan: list[Shown] = []
    for number, piece in enumerate(pieces):
        piece.seek(begin_at)
        for packet, at in piece.packets():
            shown = Shown(number, at, packet.is_keyframe)
            if shown.is_key and at <= begin_at:
                plan.clear()
            if plan or shown.is_key:
                plan.append(shown)
            if packet.is_keyframe and at > end_at:
                break  # what follows a key frame is not needed by what comes before
    first_at = plan[0].at if plan else 0.0
    while plan and plan[-1].at > end_at:
        plan.pop()
    # Pictures before the key frame in time, behind it in the file, need what was cut off.
    return [shown for shown in plan if shown.at >= first_at]


def _planned(
    pieces: Sequence[OpenPiece], plan: Sequence[Shown]
) -> Iterator[tuple["Packet[VideoStream]", float]]:
    """Read again the packets of a plan; a file that grew meanwhile gives no more than planned."""
    position = 0
    for number, piece in enumerate(pieces):
        if position == len(plan) or plan[position].piece != number:
            continue
        piece.seek(plan[position].at)
        for packet, at in piece.packets():
            if position == len(plan) or plan[position].piece != number:
                break
            if at == plan[position].at:
                position += 1
                yield packet, at


def _can_be_copied(stream: VideoStream) -> bool:
    try:
        av.open(io.BytesIO(), "w", format="mp4").add_stream_from_template(stream)
    except ValueError:
        return False
    return True


def _copy(pieces: Sequence[OpenPiece], plan: Sequence[Shown], out: Path) -> None:
    times = _decode_times([round((shown.at - plan[0].at) / TICK) for shown in plan])
    with av.open(str(out), "w", format="mp4", options=MP4) as container:
        stream = container.add_stream_from_template(pieces[plan[0].piece].stream)
        stream.time_base = TICK
        for (packet, _), (pts, dts) in zip(_planned(pieces, plan), times, strict=False):
            packet.stream = stream
            packet.time_base = TICK
            packet.pts, packet.dts = pts, dts
            container.mux(packet)


def _decode_times(pts: Sequence[int]) -> list[tuple[int, int]]:
    """Presentation and decoding times: the latter rise, and none is behind its picture's.

    >>> _decode_times([0, 30, 10, 20])
    [(0, -10), (30, 0), (10, 10), (20, 20)]
    """
    rising: list[int] = []
    for time in sorted(pts):
        rising.append(max(time, rising[-1] + 1) if rising else time)
    late = max((r - p for r, p in zip(rising, pts, strict=True)), default=0)
    return [(p, r - late) for p, r in zip(pts, rising, strict=True)]


def _encode(
    pieces: Sequence[OpenPiece], plan: Sequence[Shown], begin_at: float, out: Path
) -> tuple[float, float]:
    """Write as H.264, from `begin_at` itself; the first and last instant written."""
    written: list[float] = []
    with av.open(str(out), "w", format="mp4", options=MP4) as container:
        source = pieces[plan[0].piece].stream
        stream = container.add_stream("libx264", options={"crf": "20"})
        stream.width = source.codec_context.width // 2 * 2
        stream.height = source.codec_context.height // 2 * 2
        stream.pix_fmt = "yuv420p"
        stream.time_base = stream.codec_context.time_base = TICK
        stream.codec_context.flags |= Flags.global_header
        for frame, at in _decoded(pieces, plan):
            if at < begin_at or (written and at <= written[-1]):
                continue
            written.append(at)
            even = frame.reformat(stream.width, stream.height, "yuv420p")
            even.pts, even.time_base = round((at - written[0]) / TICK), TICK
            container.mux(stream.encode(even))
        container.mux(stream.encode())
    return written[0], written[-1]


def _decoded(
    pieces: Sequence[OpenPiece], plan: Sequence[Shown]
) -> Iterator[tuple[av.VideoFrame, float]]:
    piece = pieces[plan[0].piece]
    for packet, _ in _planned(pieces, plan):
        for frame in packet.decode():
            if frame.time is not None:
                yield frame, piece.at_of(frame.time)
    for frame in piece.stream.codec_context.decode(None):
        if frame.time is not None:
            yield frame, piece.at_of(frame.time)
