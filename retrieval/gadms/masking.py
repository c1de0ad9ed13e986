"""Which words of a caption to hide: the two views of dual masking, and the plain one.

Sources: arXiv 2509.09118, section 4.2, for the two curves; the released code (GitHub
Multimodal-Representation-Learning-MRL/GA-DMS, commit 2680562) for their constants and for what
becomes of a chosen word.
"""

import random
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.tokenizer import MASK_ID

Ids = NDArray[np.int64]
"""(N,) token ids: start, words, end, zeros."""

Probabilities = NDArray[np.float64]

#: Of the chosen words, how many become the mask; then how many a random word; the rest stay.
_MASKED, _REPLACED = 0.8, 0.9


@dataclass(frozen=True, slots=True)
class MaskingCurves:
    """From a word's score to the probability that a view hides it; defaults of the reference.

    Attributes:
        alpha_noise: most that the noise view hides of a word.
        alpha_informative: most that the masked-word view hides of a word.
        steepness: of both curves (λ).
        gamma_noise: share of disbelief, 1 − score, at which half of `alpha_noise` is reached.
        gamma_informative: score at which half of `alpha_informative` is reached. The paper has
            one γ for both; the released code has 0.9 and 0.1.
    """

    alpha_noise: float = 0.2
    alpha_informative: float = 0.3
    steepness: float = 20.0
    gamma_noise: float = 0.9
    gamma_informative: float = 0.1

    def noise(self, scores: NDArray[np.float64]) -> Probabilities:
        """Probability that the noise view hides words of these scores: high for what fits ill."""
        return self.alpha_noise * _sigmoid(self.steepness * ((1 - scores) - self.gamma_noise))

    def informative(self, scores: NDArray[np.float64]) -> Probabilities:
        """Probability that the masked-word view hides them: high for what fits well."""
        return self.alpha_informative * _sigmoid(self.steepness * (scores - self.gamma_informative))


@dataclass(frozen=True, slots=True, eq=False)
class MaskedView:
    """A caption with some words hidden.

    Attributes:
        ids: (N,) with hidden words replaced.
        labels: (N,) the original id where a word was chosen, 0 elsewhere.
    """

    ids: Ids
    labels: Ids


@dataclass(frozen=True, slots=True, eq=False)
class DualViews:
    """The two views that a caption is drawn with in pretraining."""

    masked_words: MaskedView
    noise: MaskedView


def draw_dual_views(
    ids: Ids, scores: NDArray[np.float64], curves: MaskingCurves, rng: random.Random
) -> DualViews:
    """Draw the masked-word view, then the noise view, of one caption.

    Args:
        ids: (N,) the caption.
        scores: (N,) of its words, from its previous draw.
        curves: from scores to probabilities.
        rng: where the numbers come from; the order of the reference is kept.
    """
    masked_words = mask_caption(ids, curves.informative(scores), rng)
    return DualViews(masked_words, mask_caption(ids, curves.noise(scores), rng))


def mask_caption(ids: Ids, probabilities: Probabilities, rng: random.Random) -> MaskedView:
    """Choose words by their probability and hide them: 80 % masked, 10 % replaced, 10 % kept.

    If none is chosen, the first word is masked. A caption without words stays as it is: the
    released code would mask its end token, and every feature read there.

    Args:
        ids: (N,); only words (above 0, below the mask's id) can be chosen.
        probabilities: (N,).
        rng: one `random()` for each word, and one `choice` for each that is replaced.
    """
    masked, labels = ids.copy(), np.zeros_like(ids)
    for place in np.flatnonzero((ids > 0) & (ids < MASK_ID)):
        drawn = rng.random()
        if drawn < probabilities[place]:
            labels[place] = ids[place]
            masked[place] = _becomes(int(ids[place]), drawn / probabilities[place], rng)
    if not labels.any() and 0 < ids[1] < MASK_ID:
        labels[1], masked[1] = ids[1], MASK_ID
    return MaskedView(masked, labels)


def uniform(ids: Ids, probability: float) -> Probabilities:
    """(N,) the same for every word: 0.15 in fine-tuning."""
    return np.full(ids.shape, probability, np.float64)


def _becomes(word: int, share: float, rng: random.Random) -> int:
    if share < _MASKED:
        return MASK_ID
    return rng.choice(range(1, MASK_ID)) if share < _REPLACED else word


def _sigmoid(x: NDArray[np.float64]) -> NDArray[np.float64]:
    # Beyond 700 the result is 0 to any digit, and exp would warn that it overflows.
    result: NDArray[np.float64] = 1 / (1 + np.exp(np.minimum(-x, 700.0)))
    return result
