"""Scoring tracks against ground truth: MOTA, IDF1 and what they are made of.

motmetrics brings the metrics; the distances are ours, because its own trip over NumPy 2.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import motmetrics
import numpy as np
from numpy.typing import NDArray

from detectors.boxes import iou as overlap
from detectors.boxes import to_array
from detectors.types import Box


class MotRow(NamedTuple):
    """One box of one track in one frame; frames count from 1."""

    frame: int
    number: int
    box: Box


def read_mot(path: Path, *, scale_x: float = 1.0, scale_y: float = 1.0) -> list[MotRow]:
    """Read MOTChallenge rows (frame, id, x, y, w, h, …) into boxes times `scale_x`, `scale_y`."""
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.strip():
            continue
        frame, number, x, y, width, height = (float(field) for field in line.split(",")[:6])
        box = Box(x * scale_x, y * scale_y, (x + width) * scale_x, (y + height) * scale_y)
        rows.append(MotRow(int(frame), int(number), box))
    return rows


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
    tracked, truth = _by_frame(rows), _by_frame(truth_rows)
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


def _by_frame(rows: Iterable[MotRow]) -> dict[int, list[MotRow]]:
    rows_of: dict[int, list[MotRow]] = defaultdict(list)
    for row in rows:
        rows_of[row.frame].append(row)
    return rows_of


def _distances(
    truth: Sequence[MotRow], found: Sequence[MotRow], least: float
) -> NDArray[np.float64]:
    """(T, F) 1 − IoU, and NaN where the two cannot be the same person."""
    shares = overlap(
        to_array([row.box for row in truth]), to_array([row.box for row in found])
    )  # (T, F)
    return np.where(shares >= least, 1.0 - shares, np.nan)
