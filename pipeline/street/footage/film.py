"""H.264 as a street camera writes it: in short pieces, joined without encoding again."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.video.stream import VideoStream

from detectors.types import Image


@dataclass(frozen=True, slots=True)
class Coding:
    """How a camera compresses.

    Attributes:
        fps: frames each second.
        width: even pixels.
        height: even pixels.
        crf: quality of x264; the higher, the coarser.
        preset: of x264; the slower, the smaller.
        kilobits_s: the most it may take, as a cheap recorder does; None for no limit.
    """

    fps: int
    width: int
    height: int
    crf: int = 24
    preset: str = "veryfast"
    kilobits_s: int | None = None

    def options(self) -> dict[str, str]:
        """What x264 is told: no B-frames, as cameras, and the same bytes each time."""
        options = {
            "crf": str(self.crf), "preset": self.preset, "bf": "0", "threads": "1",
            "x264-params": "mbtree=0:keyint=250:scenecut=0",
        }  # fmt: skip
        if self.kilobits_s is not None:
            options |= {"maxrate": f"{self.kilobits_s}k", "bufsize": f"{2 * self.kilobits_s}k"}
        return options


def write_piece(path: Path, pictures: Iterable[Image], coding: Coding) -> None:
    """Encode one piece, which begins with a key frame; it is there whole or not at all.

    Without a picture there is no piece.

    Args:
        path: of the piece.
        pictures: (H, W, 3) RGB.
        coding: how; every piece of a film needs the same.
    """
    partial = path.with_name(f".{path.name}.part")
    try:
        with av.open(str(partial), "w", format="mp4") as container:
            stream = container.add_stream("libx264", rate=coding.fps, options=coding.options())
            stream.width, stream.height = coding.width, coding.height
            stream.pix_fmt = "yuv420p"
            stream.time_base = stream.codec_context.time_base = Fraction(1, coding.fps)
            for number, picture in enumerate(pictures):
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame = frame.reformat(format="yuv420p")
                frame.pts, frame.time_base = number, Fraction(1, coding.fps)
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        if partial.exists():
            _flush(partial)
            partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    """Make a file last through a power cut before anything says that it is there."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def count_frames(path: Path) -> int | None:
    """How many frames a film says and holds, none of them decoded; None of what is no film."""
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            return sum(packet.pts is not None for packet in container.demux(stream))
    except (av.FFmpegError, OSError, ValueError, IndexError):
        return None


def join_pieces(path: Path, pieces: Sequence[tuple[Path, int]], fps: int) -> None:
    """Put the packets of pieces one after another into an .mp4 that plays while it loads.

    Args:
        path: the film; it appears when it is complete.
        pieces: each with the number of its first frame in the film.
        fps: frames each second.
    """
    partial = path.with_name(f".{path.name}.part")
    try:
        with av.open(
            str(partial), "w", format="mp4", options={"movflags": "+faststart"}
        ) as container:
            joined: VideoStream | None = None
            for piece, first in pieces:
                with av.open(str(piece)) as source:
                    stream = source.streams.video[0]
                    if joined is None:
                        joined = container.add_stream_from_template(stream)
                    for packet in source.demux(stream):
                        if packet.pts is None:
                            continue
                        shift = round(first / fps / packet.time_base)
                        packet.pts, packet.dts = packet.pts + shift, packet.pts + shift
                        packet.duration = round(1 / fps / packet.time_base)
                        packet.stream = joined
                        container.mux(packet)
        _flush(partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
