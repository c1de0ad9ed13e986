"""How well a detector finds the people of a folder of stills."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.boxes import iou
from detectors.types import Box, Frame
from detectors.yolo import YoloDetector
from retrieval.pictures import open_picture

LEAST_OVERLAP = 0.5
"""A box that overlaps less is another's: AP50."""


def average_precision(weights: Path, stills: Path) -> dict[str, Any]:
    """AP50 with the frames' own size as the network's, and recall at confidence 0.4.

    People marked `ignore` are neither asked for nor a fault to find. Precision is interpolated
    over 101 recalls, as COCO does.

    Args:
        weights: of the detector.
        stills: a folder as `descry street stills` leaves it.
    """
    detector = YoloDetector(weights, confidence=0.01, device="cpu")
    confidences: list[float] = []
    outcomes: list[bool] = []
    wanted = 0
    with (stills / "frames.jsonl").open(encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    for record in records:
        image = np.asarray(open_picture(stills / "frames" / f"{record['frame']:06d}.jpg"))
        frame = Frame("stills", "stills", record["frame"] + 1, 0.0, image)
        found = [(one.box, one.confidence) for one in detector.detect([frame])[0]]
        asked = [Box(*p["visible_box"]) for p in record["people"] if not p["ignore"]]
        spared = [Box(*p["box"]) for p in record["people"] if p["ignore"] and p["box"]]
        wanted += len(asked)
        for confidence, is_hit in judged(found, asked, spared):
            confidences.append(confidence)
            outcomes.append(is_hit)
    hits = np.array(outcomes, np.bool_)[np.argsort(-np.array(confidences), kind="stable")]
    sure = sum(h and c >= 0.4 for h, c in zip(outcomes, confidences, strict=True))
    return {
        "frames": len(records), "people": wanted,
        "ap50": round(100 * ap_of(hits, wanted), 2),
        "recall_at_0.4": round(100 * sure / max(wanted, 1), 2),
    }  # fmt: skip


def judged(
    found: list[tuple[Box, float]], asked: list[Box], spared: list[Box]
) -> list[tuple[float, bool]]:
    """Confidence of each box that counts, and whether it found somebody that none before found."""
    left = list(asked)
    outcomes = []
    for box, confidence in sorted(found, key=lambda one: -one[1]):
        best = max(left, key=lambda one: overlap(box, one), default=None)
        if best is not None and overlap(box, best) >= LEAST_OVERLAP:
            left.remove(best)
            outcomes.append((confidence, True))
        elif not any(overlap(box, one) >= LEAST_OVERLAP for one in spared):
            outcomes.append((confidence, False))
    return outcomes


def overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes, 0 to 1."""
    return float(iou(np.array([one]), np.array([other]))[0, 0])


def ap_of(hits: NDArray[np.bool_], wanted: int) -> float:
    """Average precision, 0 to 1, of (N,) boxes by falling confidence, `wanted` to be found."""
    if not wanted or not len(hits):
        return 0.0
    found = np.cumsum(hits)
    recall, precision = found / wanted, found / np.arange(1, len(hits) + 1)
    best_from = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(recall, np.linspace(0, 1, 101), side="left")
    return float(np.append(best_from, 0.0)[at].mean())
