"""How well a score tells that a person is in the gallery from that nobody like it is.

Every query is asked twice: once of the whole gallery, in which its person is, and once of the
gallery without any picture of that person. At a threshold, a query is *detected* if the best
picture of the right person scores no less; it is a *false positive* if, with the person absent,
any picture does. A watch list needs both at once: rank-k says nothing about people who never came.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.training.metrics import RankMetrics

#: Detection rate at which the false positives are told, per cent.
DETECTION_PERCENT = 95


@dataclass(frozen=True, slots=True, eq=False)
class OpenSet:
    """Detections and false positives at every threshold.

    Attributes:
        auc: area under detection rate over false-positive rate, 0 to 1; 0.5 where all scores are
            one. Scores by chance give less: the best of many strangers beats the best of few.
        fpr95: false-positive rate, 0 to 1, at `threshold95`.
        threshold95: cosine similarity; the highest at which 95 % of queries or more are detected.
        false_positive_rate: (T,) from 0 to 1, at falling thresholds.
        detection_rate: (T,) from 0 to 1, at the same thresholds.
    """

    auc: float
    fpr95: float
    threshold95: float
    false_positive_rate: NDArray[np.float64]
    detection_rate: NDArray[np.float64]

    def to_mapping(self) -> dict[str, float]:
        """The figures, by the names of a file."""
        return {
            "open_set_auc": self.auc,
            "open_set_fpr95": self.fpr95,
            "open_set_threshold95": self.threshold95,
        }


def open_set_of(ranking: RankMetrics) -> OpenSet:
    """Ask the queries of a ranking twice; those without a match cannot be asked, and are not."""
    return open_set(ranking.best_own, ranking.best_other)


def open_set(present: NDArray[np.float32], absent: NDArray[np.float32]) -> OpenSet:
    """The curve and its figures.

    The area is that of trapezoids: the share of pairs of a present and an absent score in which
    the present one is higher, equal ones counting half.

    Args:
        present: (Q,) best score of the right person, the person being there.
        absent: (Q',) best score of anybody, the person being away; -inf where nobody is left.

    Raises:
        ValueError: no scores, or one that is no number.
    """
    if not present.size or not absent.size:
        raise ValueError("no scores to draw a curve through")
    if not np.isfinite(present).all() or np.isnan(absent).any() or np.isposinf(absent).any():
        raise ValueError("a score is no number")
    present, absent = np.sort(present), np.sort(absent)
    thresholds = np.unique(np.concatenate([present, absent]))[::-1]
    detected = np.concatenate([[0.0], _share_from(present, thresholds)])
    false = np.concatenate([[0.0], _share_from(absent, thresholds)])
    needed = -(-DETECTION_PERCENT * len(present) // 100)  # rounded up
    threshold = present[len(present) - needed]
    return OpenSet(
        auc=float(np.trapezoid(detected, false)),
        fpr95=float(_share_from(absent, threshold[None])[0]),
        threshold95=float(threshold),
        false_positive_rate=false,
        detection_rate=detected,
    )


def _share_from(
    ordered: NDArray[np.float32], thresholds: NDArray[np.float32]
) -> NDArray[np.float64]:
    """(T,) the share of the rising scores that reach each threshold."""
    return 1.0 - np.searchsorted(ordered, thresholds, side="left") / len(ordered)
