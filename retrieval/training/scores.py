"""What is remembered of each caption from draw to draw: a score for each of its tokens."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from retrieval.tokenizer import CONTEXT_LENGTH

Scores = NDArray[np.float64]
"""(B, 77) of B captions: 0 (the picture says nothing of this token) to 1 (all of it)."""


def in_full_length(scores: Tensor) -> Tensor:
    """(B, 77) of the (B, N) scores of shorter captions: what is beyond them has none.

    Ranks join their scores, and the longest caption of each may be another.
    """
    return functional.pad(scores, (0, CONTEXT_LENGTH - scores.shape[1]))


class ScoreTable:
    """The gradient-attention scores of every caption, as of its last draw.

    Kept in half precision, as GA-DMS keeps them: 2 bytes a token, 1.5 GB for ten million
    captions, which the system hands out only as captions are drawn. A caption that was never
    drawn has `initial` everywhere, exactly: the first epoch's masks hang on it.
    """

    def __init__(self, count: int, length: int = CONTEXT_LENGTH, initial: float = 0.85) -> None:
        """A table in which nothing was drawn yet.

        Args:
            count: captions.
            length: tokens of each.
            initial: the score before the first draw, 0 to 1; 0.85 in GA-DMS's released code.
        """
        self.initial = initial
        self._memory = np.zeros((count, length), np.float16)
        self._is_seen = np.zeros(count, np.bool_)

    def __len__(self) -> int:
        return len(self._is_seen)

    @property
    def seen(self) -> int:
        """How many captions have scores of their own."""
        return int(self._is_seen.sum())

    def rows(self, rows: NDArray[np.integer]) -> Scores:
        """(B, 77) the scores of the captions in `rows` (B,)."""
        scores: Scores = self._memory[rows].astype(np.float64)
        scores[~self._is_seen[rows]] = self.initial
        return scores

    def update(self, rows: NDArray[np.integer], scores: NDArray[np.floating]) -> int:
        """Remember new scores; of a row given twice, the later.

        A caption whose scores are not within 0 to 1 throughout keeps those it had: the score
        divides by a sum that may come near 0, and one such caption must not end the training.

        Args:
            rows: (B,) of captions.
            scores: (B, 77) of theirs.

        Returns:
            How many captions kept what they had.

        Raises:
            ValueError: `scores` is not one row of 77 for each of `rows`.
        """
        if scores.shape != (len(rows), self._memory.shape[1]):
            raise ValueError(
                f"scores are {scores.shape}, expected {(len(rows), self._memory.shape[1])}"
            )
        is_usable = ((scores >= 0) & (scores <= 1)).all(axis=1)  # no number is neither
        self._memory[rows[is_usable]] = scores[is_usable]
        self._is_seen[rows[is_usable]] = True
        return int((~is_usable).sum())

    def to_tensors(self) -> dict[str, Tensor]:
        """All of it, for a checkpoint; the tensors are the table's own memory, not a copy."""
        return {
            "scores": torch.from_numpy(self._memory),
            "seen": torch.from_numpy(self._is_seen),
            "initial": torch.tensor(self.initial, dtype=torch.float64),
        }

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor]) -> "ScoreTable":
        """A table as `to_tensors` wrote it, with memory of its own.

        Raises:
            ValueError: they are no such tensors.
        """
        missing = {"scores", "seen", "initial"} - set(tensors)
        if missing:
            raise ValueError(f"no scores: {', '.join(sorted(missing))} missing")
        scores, seen = tensors["scores"], tensors["seen"]
        if scores.dtype != torch.float16 or seen.dtype != torch.bool or scores.ndim != 2:
            raise ValueError(f"no scores: {tuple(scores.shape)} {scores.dtype} and {seen.dtype}")
        if seen.shape != scores.shape[:1]:
            raise ValueError(f"{len(scores)} captions with scores, {tuple(seen.shape)} seen")
        table = cls(0, scores.shape[1], float(tensors["initial"]))
        table._memory = scores.numpy().copy()
        table._is_seen = seen.numpy().copy()
        return table
