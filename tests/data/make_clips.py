"""Small clips drawn on demand, so that no video lies in git.

`from tests.data.make_clips import make_clip`: `tests` has no `__init__.py`; it is a namespace
package, found because pytest puts the repository root on the path (`pythonpath = ["."]`).
Everything is quick (64 × 48 at a few frames) unless asked to be larger.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

BACKGROUND = (90, 95, 100)
COLOURS = ((200, 40, 40), (40, 80, 180), (50, 150, 70))


def draw_frame(number: int, size: tuple[int, int], figures: int = 1) -> np.ndarray:
    """(H, W, 3) RGB frame `number` (from 1): upright figures that walk right, a step a frame.

    The brightness of the left upper 8 × 8 pixels tells the number: 8 × (number mod 32).
    """
    width, height = size
    picture = np.full((height, width, 3), BACKGROUND, np.uint8)
    for figure in range(figures):
        x1, y1, x2, y2 = figure_box(number, size, figure)
        middle = (y1 + y2) // 2
        picture[y1:middle, x1:x2] = COLOURS[figure % len(COLOURS)]
        picture[middle:y2, x1:x2] = (40, 40, 50)
    picture[:8, :8] = 8 * (number % 32)
    return picture


def figure_box(number: int, size: tuple[int, int], figure: int = 0) -> tuple[int, int, int, int]:
    """x1 y1 x2 y2 of a figure in frame `number`, pixels."""
    width, height = size
    wide, tall = max(width // 8, 2), max(height // 2, 2)
    x1 = (width // 8 + (number - 1) * max(width // 40, 1) + figure * width // 3) % (width - wide)
    y1 = height // 3 + figure * 2
    return x1, y1, x1 + wide, min(y1 + tall, height)


def make_clip(
    path: Path,
    seconds: float = 1.0,
    fps: int = 10,
    size: tuple[int, int] = (64, 48),
    *,
    figures: int = 1,
    codec: str = "libx264",
    keyframe_every: int = 10,
) -> Path:
    """A video of walking figures; the container follows the suffix of `path`."""
    numbers = range(1, max(round(seconds * fps), 1) + 1)
    frames = (draw_frame(number, size, figures) for number in numbers)
    return write_frames(
        path, frames, fps=fps, size=size, codec=codec, keyframe_every=keyframe_every
    )


def write_frames(
    path: Path,
    frames: Iterable[np.ndarray],
    *,
    fps: int,
    size: tuple[int, int],
    codec: str = "libx264",
    keyframe_every: int = 10,
) -> Path:
    """Encode RGB `frames` to `path`, without reordering (no B-frames)."""
    options = {"movflags": "+faststart"} if path.suffix in {".mp4", ".mov"} else {}
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(codec, rate=fps)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.gop_size = keyframe_every
        stream.codec_context.max_b_frames = 0
        stream.codec_context.time_base = Fraction(1, fps)
        for packet in _packets(stream, frames):
            container.mux(packet)
    return path


def _packets(stream: av.VideoStream, frames: Iterable[np.ndarray]) -> Iterator[av.Packet]:
    for position, picture in enumerate(frames):
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
        frame.pts = position
        yield from stream.encode(frame)
    yield from stream.encode()


def make_cut_clip(path: Path, *, keep: float = 0.6, **clip: object) -> Path:
    """A video whose file ends in the middle: the table of contents is there, data is not.

    `keep` is the share of the bytes left; `clip` goes to `make_clip`.
    """
    make_clip(path, **{"seconds": 3.0, "size": (160, 120), "figures": 3, **clip})
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])
    return path


def make_empty_file(path: Path) -> Path:
    """A file of no bytes."""
    path.write_bytes(b"")
    return path


def make_text_file_called_mp4(path: Path) -> Path:
    """A shopping list with the suffix of a video."""
    path.write_text("apples\nbread\ncoffee\n" * 40)
    return path
