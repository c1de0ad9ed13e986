"""Scoring tracks against ground truth: MOTA, IDF1 and what they are made of.

motmetrics brings the metrics; the distances are ours, because its own trip over NumPy 2.
"""

from collections.abc import Iterable, Sequence
from operator import mul
from pathlib import Path

import motmetrics
import numpy as np
from numpy.typing import NDArray

from detectors.boxes import iou as overlap
from detectors.boxes import to_array
from detectors.types import Box
from pipeline.street.footage.mot import MotRow, by_frame, read_mot


def read_scaled(path: Path, *, scale_x: float, scale_y: float) -> list[MotRow]:
    """All rows of a file, those to be ignored too; boxes times `scale_x`, `scale_y`."""
    rows = read_mot(path.read_text(encoding="utf-8"), with_ignored=True)
    scale = (scale_x, scale_y, scale_x, scale_y)
    return [row._replace(box=Box(*map(mul, row.box, scale))) for row in rows]


def score_mot(
    rows: Iterable[MotRow], truth_rows: Iterable[MotRow], iou: float = 0.5
) -> dict[str, float]:
    """Compare tracks with the truth, frame by frame.

    Args:
        rows: what was tracked.
        truth_rows: what was there.
        iou: boxes that overlap by less are not the same person.

    Returns:
        `mota`, `idf1`, `precision`, `recall` as shares, `id_switches` as a count.
    """
    tracked, truth = by_frame(rows), by_frame(truth_rows)
    accumulator = motmetrics.MOTAccumulator(auto_id=False)
    for frame in sorted(tracked.keys() | truth.keys()):
        true_rows, found_rows = truth.get(frame, []), tracked.get(frame, [])
        accumulator.update(
            [row.number for row in true_rows],
            [row.number for row in found_rows],
            _distances(true_rows, found_rows, iou),
            frameid=frame,
        )
    names = {"num_switches": "id_switches"}
    metrics = ["mota", "idf1", "num_switches", "precision", "recall"]
    summary = motmetrics.metrics.create().compute(accumulator, metrics=metrics, name="all")
    return {names.get(name, name): float(summary.loc["all", name]) for name in metrics}


def _distances(
    truth: Sequence[MotRow], found: Sequence[MotRow], least: float
) -> NDArray[np.float64]:
    """(T, F) 1 − IoU, and NaN where the two cannot be the same person."""
    shares = overlap(
        to_array([row.box for row in truth]), to_array([row.box for row in found])
    )  # (T, F)
    return np.where(shares >= least, 1.0 - shares, np.nan)
