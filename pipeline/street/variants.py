"""Which variants of places, light, lens and weather each split may show."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from pipeline.street.casting import Bands, Split

#: Places of a split are drawn with seeds that leave these rests when divided by 5: whoever
#: chooses a model on `val`, or judges one on `test`, sees corners that training never saw.
PLACE_SEEDS: Mapping[Split, tuple[int, ...]] = MappingProxyType(
    {"train": (0, 1, 2), "val": (3,), "test": (4,)}
)
SPLITS: tuple[Split, ...] = ("train", "val", "test")

#: Which parts of a range, as shares of it, each split may show of how high or bright a light is,
#: how poor a camera is, and how strong rain or mist is.
STRETCHES: Mapping[Split, Bands] = MappingProxyType(
    {
        "test": ((0.12, 0.24), (0.62, 0.74)),
        "val": ((0.38, 0.48),),
        "train": ((0.0, 0.11), (0.25, 0.37), (0.49, 0.61), (0.75, 1.0)),
    }
)


def place_seed(rng: np.random.Generator, split: Split) -> int:
    """A variant of a place that `split` may show."""
    return int(5 * rng.integers(0, 2**20) + rng.choice(PLACE_SEEDS[split]))


def stretch(rng: np.random.Generator, split: Split | None, low: float, high: float) -> float:
    """A figure between two others that `split` may show; any where it is None."""
    bands = np.array(STRETCHES[split] if split else [(0.0, 1.0)])
    ends = np.cumsum(bands[:, 1] - bands[:, 0])
    at = rng.uniform(0, ends[-1])
    band = min(int(np.searchsorted(ends, at, side="right")), len(bands) - 1)
    return float(low + (high - low) * (bands[band, 1] - (ends[band] - at)))


def may_show(split: Split | None, share: float) -> bool:
    """Whether `split` may show what lies at this share of a range.

    >>> [may_show(split, 0.4) for split in ("train", "val", "test")]
    [False, True, False]
    """
    return split is None or any(low <= share <= high for low, high in STRETCHES[split])
