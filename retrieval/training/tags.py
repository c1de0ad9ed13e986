"""What is true of the people in pictures, beside the sentences: a table of yes and no."""

import hashlib
import json
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

    @property
    def digest(self) -> str:
        """SHA-256 over names and table, in hex."""
        sum_of = hashlib.sha256(json.dumps(self.names).encode())
        sum_of.update(np.ascontiguousarray(self.held).data)
        return sum_of.hexdigest()

    def take(self, pictures: NDArray[np.int64]) -> "Tags":
        """Those of the pictures in these rows (K,), in that order."""
        return Tags(self.names, self.held[pictures])


def no_tags(pictures: int) -> Tags:
    """Of pictures of which nobody said more than a caption does."""
    return Tags((), np.zeros((pictures, 0), np.bool_))


def tagged(
    pictures: int, of_pictures: Mapping[int, Iterable[int]], numbers: Mapping[str, int]
) -> Tags:
    """The table of pictures that list their tags; a tag that none has gets no column.

    Args:
        pictures: M, how many there are.
        of_pictures: the numbers of the tags of each picture that has some, by its row.
        numbers: of each tag, from 0.
    """
    used = frozenset[int]().union(*of_pictures.values())
    names = tuple(sorted(name for name, number in numbers.items() if number in used))
    column = np.zeros(len(numbers), np.int64)
    column[[numbers[name] for name in names]] = np.arange(len(names))
    held = np.zeros((pictures, len(names)), np.bool_)
    for row, listed in of_pictures.items():
        held[row, column[list(listed)]] = True
    return Tags(names, held)
