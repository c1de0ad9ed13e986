"""The query of a picture, alone or with words that say what is different."""

import numpy as np
from numpy.typing import NDArray

from retrieval.types import Vector, Vectors

#: How much words count beside a picture. Scores of words spread less than those of pictures, so
#: more than 1; chosen on people of the validation split and measured on those of the test split
#: (`tests/benchmarks/search_by_picture.py`).
WORDS_WEIGHT = 2.0

#: A direction that is shorter says nothing.
LEAST_LENGTH = 1e-6


def query_of_shots(shots: Vectors) -> Vector:
    """(D,) length 1: the direction that (N, D) shots of one person share; N is at least 1.

    Shots that cancel each other out say nothing together, and then one of them speaks.

    >>> [f"{number:.3f}" for number in query_of_shots(np.array([[1, 0], [0, 1]], np.float32))]
    ['0.707', '0.707']
    """
    ordered = in_one_order(shots)
    return unit(ordered.sum(axis=0), otherwise=ordered[0].astype(np.float32))


def compose(picture: Vector, words: Vector, *, weight: float = WORDS_WEIGHT) -> Vector:
    """(D,) length 1: somebody as in a picture, but with what words say.

    Args:
        picture: (D,) length 1.
        words: (D,) length 1, of a sentence.
        weight: 0 leaves the picture as it is.
    """
    if weight == 0:
        return picture
    return unit(picture.astype(np.float64) + weight * words, otherwise=picture)


def in_one_order(vectors: Vectors) -> NDArray[np.float64]:
    """(N, D) in double precision, in an order of their own: a sum depends on it in the last bit."""
    ordered: NDArray[np.float64] = vectors[np.lexsort(vectors.T[::-1])].astype(np.float64)
    return ordered


def unit(direction: NDArray[np.float64], *, otherwise: Vector) -> Vector:
    """(D,) of length 1; `otherwise` where `direction` has none."""
    length = float(np.linalg.norm(direction))
    if not length >= LEAST_LENGTH:
        return otherwise
    made: Vector = (direction / length).astype(np.float32)
    return made
