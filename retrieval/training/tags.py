"""What is true of the people in pictures, beside the sentences: a table of yes and no."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Truths = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Tags:
    """L tags of M pictures.

    A sentence says two or three things of somebody; a tag says of everybody whether one of
    hundreds of things is so, which teaches more a picture.

    Attributes:
        names: (L,) in order, each once.
        held: (M, L) which picture has which.
    """

    names: tuple[str, ...]
    held: Truths

    def __post_init__(self) -> None:
        if self.held.ndim != 2 or self.held.shape[1] != len(self.names):
            raise ValueError(f"{len(self.names)} tags do not fit a table of {self.held.shape}")

    def take(self, pictures: NDArray[np.int64]) -> "Tags":
        """Those of the pictures in these rows (K,), in that order."""
        return Tags(self.names, self.held[pictures])


def no_tags(pictures: int) -> Tags:
    """Of pictures of which nobody said more than a caption does."""
    return Tags((), np.zeros((pictures, 0), np.bool_))


def tagged(
    pictures: int, of_pictures: Mapping[int, Iterable[int]], numbers: Mapping[str, int]
) -> Tags:
    """The table of pictures that list their tags.

    Args:
        pictures: M, how many there are.
        of_pictures: the numbers of the tags of each picture that has some, by its row.
        numbers: of each tag, from 0 without gaps, in any order.
    """
    names = tuple(sorted(numbers))
    column = np.empty(len(names), np.int64)
    column[[numbers[name] for name in names]] = np.arange(len(names))
    held = np.zeros((pictures, len(names)), np.bool_)
    for row, listed in of_pictures.items():
        held[row, column[list(listed)]] = True
    return Tags(names, held)
