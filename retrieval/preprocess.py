"""Pictures as the image tower wants them: resized, scaled, normalised."""

from collections.abc import Sequence

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from detectors.types import Image

#: Mean and deviation of each colour over CLIP's training pictures, after scaling to 0..1.
MEAN = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)
DEVIATION = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)


def prepare_pictures(
    pictures: Sequence[Image], *, height: int = 384, width: int = 128
) -> NDArray[np.float32]:
    """Resize to exactly `height` × `width` and normalise; the aspect ratio is not kept.

    The resize is Pillow's antialiased bilinear one, on 8-bit values, because the weights were
    trained on it; others differ by whole grey levels.

    Args:
        pictures: N of (H, W, 3) uint8 RGB, any size from 1×1.
        height: pixels.
        width: pixels.

    Returns:
        (N, 3, height, width) normalised values.

    Raises:
        ValueError: a picture is empty or not (H, W, 3) uint8.
    """
    prepared = np.empty((len(pictures), 3, height, width), np.float32)
    for place, picture in enumerate(pictures):
        prepared[place] = _prepare(picture, height, width)
    return prepared


def _prepare(picture: Image, height: int, width: int) -> NDArray[np.float32]:
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
        raise ValueError(
            f"a picture is {picture.shape} {picture.dtype}; expected (H, W, 3) uint8 RGB"
        )
    if not picture.size:
        raise ValueError(f"a picture has no pixels: {picture.shape}")
    resized = PIL.Image.fromarray(np.ascontiguousarray(picture)).resize(
        (width, height), PIL.Image.Resampling.BILINEAR
    )
    scaled = np.asarray(resized, np.float32) / np.float32(255)  # (height, width, 3)
    normalised: NDArray[np.float32] = ((scaled - MEAN) / DEVIATION).transpose(2, 0, 1)
    return normalised
