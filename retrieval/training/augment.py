"""Pictures for training: resized, mirrored, shifted and partly erased, by a seed for each."""

import math

import numpy as np
import PIL.Image
import torch
from numpy.typing import NDArray
from torch import Tensor

from retrieval.preprocess import MEAN, prepare_pictures
from retrieval.training.photometric import as_another_camera

#: Black on all sides before the crop, so a person moves by up to this much.
PAD_PX = 10

_CAMERA = 1  # keeps these draws apart from those of shifting and erasing
_FLIP_CHANCE = 0.5
# RandomErasing's, of torchvision; GA-DMS sets the scale and leaves the rest.
_ERASE_CHANCE = 0.5
_ERASE_AREA = (0.02, 0.4)
_ERASE_RATIO = (0.3, 3.3)
_ERASE_TRIES = 10

# (3, 256) each 8-bit value of each colour as the image tower wants it. Looking values up is
# several times faster than computing them, and the same to the last bit.
_GREYS = np.repeat(np.arange(256, dtype=np.uint8)[:, None, None], 3, axis=2)
_NORMALISED = prepare_pictures([_GREYS], height=256, width=1)[0, :, :, 0]


class TrainingTransform:
    """A picture as GA-DMS trains on it; the same picture and seed give the same tensor.

    In order: resize; mirror half of all; and with `augment` pad by 10 black pixels and crop at
    random; scale and normalise; and with `augment` erase a rectangle in half of all. (Those
    are the transforms of the released code, `datasets/build.py`.) The rectangle is filled, after
    normalising, with the mean colour as it is before: an oddity of that code that is kept.

    It draws from a generator of its own and leaves the global ones alone.
    """

    def __init__(
        self, height: int, width: int, augment: bool = True, photometric: bool = False
    ) -> None:
        """Transform to `height` × `width` pixels.

        Args:
            height: pixels.
            width: pixels.
            augment: shift and erase; without it only resize and mirror.
            photometric: show pictures as other cameras would, before all else.
        """
        self.height, self.width, self.augment = height, width, augment
        self.photometric = photometric

    def __call__(self, picture: PIL.Image.Image, draw_seed: int | None) -> Tensor:
        """(3, height, width) float32 of an RGB picture.

        Args:
            picture: mode RGB, from 1×1.
            draw_seed: from `seeds.draw_seed`; None draws nothing, which gives what the encoder
                sees at test time, exactly.
        """
        resized = picture.resize((self.width, self.height), PIL.Image.Resampling.BILINEAR)
        pixels = np.asarray(resized)  # (height, width, 3)
        if draw_seed is None:
            return _normalised(pixels)
        if self.photometric:
            pixels = as_another_camera(pixels, np.random.default_rng((draw_seed, _CAMERA)))
        draws = torch.Generator().manual_seed(draw_seed)
        if _uniform(draws) < _FLIP_CHANCE:
            pixels = pixels[:, ::-1]
        if not self.augment:
            return _normalised(pixels)
        tensor = _normalised(_shifted(pixels, draws))
        if _uniform(draws) < _ERASE_CHANCE:
            self._erase(tensor, draws)
        return tensor

    def _erase(self, tensor: Tensor, draws: torch.Generator) -> None:
        """Fill a rectangle, unless ten of them come out too large for the picture."""
        for _ in range(_ERASE_TRIES):
            area = self.height * self.width * _uniform(draws, *_ERASE_AREA)
            ratio = math.exp(_uniform(draws, *(math.log(bound) for bound in _ERASE_RATIO)))
            height = round(math.sqrt(area * ratio))
            width = round(math.sqrt(area / ratio))
            if height < self.height and width < self.width:
                top = _whole_below(self.height - height + 1, draws)
                left = _whole_below(self.width - width + 1, draws)
                colour = torch.from_numpy(MEAN)[:, None, None]  # (3, 1, 1)
                tensor[:, top : top + height, left : left + width] = colour
                return


def _normalised(pixels: NDArray[np.uint8]) -> Tensor:
    """(3, H, W) of (H, W, 3), as `prepare_pictures` computes it."""
    values = np.empty((3, *pixels.shape[:2]), np.float32)
    for colour in range(3):
        np.take(_NORMALISED[colour], pixels[:, :, colour], out=values[colour], mode="clip")
    return torch.from_numpy(values)


def _shifted(pixels: NDArray[np.uint8], draws: torch.Generator) -> NDArray[np.uint8]:
    """Pad on all sides and cut the first size out again, anywhere."""
    height, width, _ = pixels.shape
    padded = np.pad(pixels, ((PAD_PX, PAD_PX), (PAD_PX, PAD_PX), (0, 0)))
    top, left = (_whole_below(2 * PAD_PX + 1, draws) for _ in range(2))
    return padded[top : top + height, left : left + width]


def _uniform(draws: torch.Generator, low: float = 0.0, high: float = 1.0) -> float:
    return low + (high - low) * float(torch.rand((), generator=draws, dtype=torch.float64))


def _whole_below(bound: int, draws: torch.Generator) -> int:
    return int(torch.randint(bound, (), generator=draws))
