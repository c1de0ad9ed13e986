"""Small clips drawn on the spot, with frame times as a test wants them."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

MILLISECONDS = Fraction(1, 1000)
# Grey levels far enough apart to survive H.264.
STEP = 8


def draw_clip(
    path: Path,
    times_s: Sequence[float],
    *,
    codec: str = "libx264",
    size: tuple[int, int] = (64, 48),
    options: dict[str, str] | None = None,
    metadata: dict[str, str] | None = None,
    picture: Callable[[int, tuple[int, int]], np.ndarray] | None = None,
    pix_fmt: str = "yuv420p",
) -> Path:
    """A video whose n-th frame (from 0) is shown at `times_s[n]` and says n: see `number_in`.

    `picture` draws something else.

    Its left is red and its right tells the number, so that colours swapped and frames
    swapped both show; between them is noise, so that a frame is more than a few bytes.
    """
    muxing = {"movflags": "+faststart"} if path.suffix == ".mp4" else {}
    with av.open(str(path), "w", options=muxing) as container:
        container.metadata.update(metadata or {})
        stream = container.add_stream(codec, rate=25, options={"crf": "12", **(options or {})})
        stream.width, stream.height = size
        stream.pix_fmt = pix_fmt
        stream.time_base = stream.codec_context.time_base = MILLISECONDS
        for number, time_s in enumerate(times_s):
            frame = av.VideoFrame.from_ndarray((picture or numbered)(number, size), format="rgb24")
            frame.pts, frame.time_base = round(time_s * 1000), MILLISECONDS
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def numbered(number: int, size: tuple[int, int]) -> np.ndarray:
    """(H, W, 3) picture of `draw_clip`."""
    width, height = size
    image = np.zeros((height, width, 3), np.uint8)
    image[:, : width // 2] = (200, 0, 0)
    noise = np.random.default_rng(number).integers(0, 255, (height, width // 4, 1))
    image[:, width // 4 : width // 4 * 2] = noise
    image[:, width // 2 :] = number % 32 * STEP
    return image


def number_in(image: np.ndarray) -> int:
    """Which frame of a drawn clip this is, counted from 0, modulo 32."""
    return round(float(image[8:-8, -24:-8].mean()) / STEP)


def even(count: int, fps: float = 25.0) -> list[float]:
    """Times of `count` frames, evenly spaced."""
    return [number / fps for number in range(count)]
