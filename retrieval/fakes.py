"""An encoder that knows colours and nothing else: for tests, without weights and without torch."""

import hashlib
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from detectors.types import Image
from retrieval.types import Vectors

#: RGB, by the name a sentence calls it.
COLOURS = {
    "black": (25, 25, 28),
    "white": (238, 238, 235),
    "grey": (128, 128, 130),
    "red": (200, 35, 40),
    "orange": (235, 130, 35),
    "yellow": (240, 210, 50),
    "green": (45, 140, 65),
    "blue": (40, 85, 180),
    "purple": (120, 60, 150),
    "pink": (235, 140, 175),
    "brown": (110, 70, 40),
    "beige": (215, 195, 160),
}
SYNONYMS = {"gray": "grey", "navy": "blue", "violet": "purple", "tan": "beige"}

#: How much of the upper and the lower half a garment covers; what is not listed, some of both.
COVERS = {
    **dict.fromkeys(
        ("blouse", "hoodie", "jacket", "jumper", "shirt", "sweater", "top"), (1.0, 0.0)
    ),
    **dict.fromkeys(("jeans", "leggings", "pants", "shorts", "skirt", "trousers"), (0.0, 1.0)),
    **dict.fromkeys(("coat", "dress"), (1.0, 0.6)),
}
CARRIED = (0.2, 0.2)

#: What a picture and a sentence share even when they name no colour: no vector is ever zero.
GROUND = 0.2


class FakeEncoder:
    """Sees the colours of the upper and of the lower half, and reads their names.

    "red shirt, blue jeans" is near a picture that is red above and blue below. A colour of
    something that is no garment ("red bag") counts a little in both halves. It has no weights, so
    it answers the same everywhere; it is not trained, and says so.
    """

    is_trained = False

    def __init__(self, dimension: int = 32) -> None:
        if dimension < 2:
            raise ValueError(f"dimension is {dimension}, not 2 or more")
        self.dimension = dimension
        seen = 2 * len(COLOURS) + 1
        # Orthonormal where there is room for it, so that colours stay apart.
        mixed = np.random.default_rng(1).standard_normal((max(seen, dimension),) * 2)
        self._projection = np.linalg.qr(mixed)[0][:seen, :dimension]  # (S, D)
        self.model_id = f"fake@{hashlib.sha256(f'colours-{dimension}'.encode()).hexdigest()[:12]}"

    def encode_images(self, pictures: Sequence[Image]) -> Vectors:
        """(N, D) float32 of length 1, in the order of `pictures` (RGB, any size)."""
        return self._project([_seen(picture) for picture in pictures])

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """(N, D) float32 of length 1, in the order of `texts`."""
        return self._project([_read(text) for text in texts])

    def _project(self, halves: Sequence[NDArray[np.float64]]) -> Vectors:
        if not halves:
            return np.empty((0, self.dimension), np.float32)
        ground = np.full((len(halves), 1), GROUND)
        vectors = np.hstack([np.stack(halves), ground]) @ self._projection  # (N, D)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        units: Vectors = vectors.astype(np.float32)
        return units


def _seen(picture: Image) -> NDArray[np.float64]:
    """(2C,) the share of each colour in the body's upper and in its lower half."""
    height, width = picture.shape[:2]
    rows = np.linspace(0, height - 1, 24).astype(int)
    columns = np.linspace(width * 0.3, max(width * 0.7 - 1, 0), 8).astype(int)
    pixels = _hues(picture[np.ix_(rows, columns)].astype(np.float64))  # (24, 8, 4)
    palette = _hues(np.array(list(COLOURS.values()), np.float64))  # (C, 4)
    nearest = np.square(pixels[:, :, None] - palette).sum(axis=-1).argmin(axis=-1)  # (24, 8)
    # Below the head and above the feet: there are the clothes.
    halves = nearest[4:12], nearest[12:21]
    return np.concatenate(
        [np.bincount(half.ravel(), minlength=len(COLOURS)) / half.size for half in halves]
    )


def _hues(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """(…, 4) the mix of red, green and blue, and half the brightness: a shaded red stays red."""
    total = pixels.sum(axis=-1, keepdims=True)
    return np.concatenate([pixels / (total + 60), total / (2 * 3 * 255)], axis=-1)


def _read(text: str) -> NDArray[np.float64]:
    """(2C,) which colours the text asks for above and below."""
    names = list(COLOURS)
    wanted = np.zeros((2, len(names)))
    pending: list[int] = []
    for word in re.findall(r"[a-z]+", text.casefold()):
        colour = SYNONYMS.get(word, word)
        if colour in COLOURS:
            pending.append(names.index(colour))
        elif pending:
            wanted[:, pending] += np.array(COVERS.get(word, CARRIED))[:, None]
            pending = []
    wanted[:, pending] += 1.0
    return wanted.reshape(-1)
