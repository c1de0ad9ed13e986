"""Pictures as another camera would have given them: exposure, colour cast, haze, blur, noise.

Not of GA-DMS, whose pictures come from many real cameras: for data of few cameras or none.
"""

import numpy as np
import PIL.Image
from numpy.typing import NDArray

Rng = np.random.Generator
Pixels = NDArray[np.uint8]

# Deviations of logarithms; the wider the better colours carry over, until names no longer hold.
_EXPOSURE, _CAST, _GAMMA, _CONTRAST = 0.16, 0.06, 0.2, 0.15
_SATURATION = (0.45, 1.35)
_HAZE_CHANCE, _MOST_HAZE = 0.3, 0.3
_COARSE_CHANCE, _COARSE = 0.35, (0.25, 0.8)
_NOISE_CHANCE, _MOST_NOISE = 0.35, 14.0
_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)  # ITU-R BT.709


def as_another_camera(pixels: Pixels, rng: Rng) -> Pixels:
    """The same view through another camera.

    Args:
        pixels: (H, W, 3) RGB.
        rng: decides everything.

    Returns:
        (H, W, 3); `pixels` stay as they are.
    """
    if rng.random() < _COARSE_CHANCE:
        pixels = _coarsened(pixels, rng.uniform(*_COARSE))
    values = pixels.astype(np.float32) / 255
    values = values ** np.exp(rng.normal(0, _GAMMA))
    gains = np.exp(rng.normal(0, _EXPOSURE) + rng.normal(0, _CAST, 3)).astype(np.float32)
    values = values * gains
    grey = (values @ _LUMA)[..., None]
    values = grey + (values - grey) * np.float32(rng.uniform(*_SATURATION))
    middle = values.mean()
    values = middle + (values - middle) * np.float32(np.exp(rng.normal(0, _CONTRAST)))
    if rng.random() < _HAZE_CHANCE:
        haze = np.float32(rng.uniform(0, _MOST_HAZE))
        values = values * (1 - haze) + haze * np.float32(rng.uniform(0.4, 0.9))
    values *= 255
    if rng.random() < _NOISE_CHANCE:
        values += rng.standard_normal(values.shape, np.float32) * rng.uniform(0, _MOST_NOISE)
    other: Pixels = np.clip(values + 0.5, 0, 255).astype(np.uint8)
    return other


def _coarsened(pixels: Pixels, share: float) -> Pixels:
    """Down to a share of the resolution and up again."""
    height, width = pixels.shape[:2]
    small = (max(round(width * share), 4), max(round(height * share), 4))
    picture = PIL.Image.fromarray(pixels).resize(small, PIL.Image.Resampling.BOX)
    return np.asarray(picture.resize((width, height), PIL.Image.Resampling.BILINEAR))
