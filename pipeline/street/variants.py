"""Which variants of the places each split may show."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from pipeline.street.casting import Split

#: Places of a split are drawn with seeds that leave these rests when divided by 5: whoever
#: chooses a model on `val`, or judges one on `test`, sees corners that training never saw.
PLACE_SEEDS: Mapping[Split, tuple[int, ...]] = MappingProxyType(
    {"train": (0, 1, 2), "val": (3,), "test": (4,)}
)
SPLITS: tuple[Split, ...] = ("train", "val", "test")


def place_seed(rng: np.random.Generator, split: Split) -> int:
    """A variant of a place that `split` may show."""
    return int(5 * rng.integers(0, 2**20) + rng.choice(PLACE_SEEDS[split]))
