"""How well a detector finds the people of a folder of stills."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.boxes import iou
from detectors.types import Box, Frame
from detectors.yolo import YoloDetector
from pipeline.street.recipe.watching import NOBODY, Watch
from retrieval.pictures import open_picture

LEAST_OVERLAP = 0.5
"""A box that overlaps less is another's: AP50."""

SURE = 0.4
"""The confidence at which recall is told."""

REASONABLE_HEIGHT_PX, REASONABLE_VISIBLE = 50.0, 0.65
"""Of the subset that most publications on finding pedestrians report."""

Found = Sequence[tuple[Box, float]]
"""Boxes of one frame, each with its confidence."""

Person = Mapping[str, Any]
"""Somebody in a line of `frames.jsonl`."""


def average_precision(weights: Path, stills: Path, watch: Watch = NOBODY) -> dict[str, Any]:
    """AP50 with the frames' own size as the network's, and recall at confidence 0.4.

    Twice: of everybody whom a detector can be asked for, and of the reasonable subset. Precision
    is interpolated over 101 recalls, as COCO does.

    Args:
        weights: of the detector.
        stills: a folder as `descry street stills` leaves it.
        watch: told of frames.

    Returns:
        `frames`; `people`, `ap50`, `recall_at_0.4`; `people_reasonable`, `ap50_reasonable`,
        `recall_reasonable_at_0.4`. AP50 and recall are in per cent.

    Raises:
        Stopped: the watch says so.
    """
    detector = YoloDetector(weights, confidence=0.01, half=False)  # the device decides no figure
    with (stills / "frames.jsonl").open(encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    found: list[Found] = []
    for some in watch.batches("frames", records, detector.batch):
        frames = [_frame(stills, record["frame"]) for record in some]
        found += [[(one.box, one.confidence) for one in of] for of in detector.detect(frames)]
    people = [record["people"] for record in records]
    all_wanted, all_ap, all_recall = found_of(found, people, is_fair)
    wanted, ap, recall = found_of(found, people, is_reasonable)
    return {
        "frames": len(records),
        "people": all_wanted, "ap50": all_ap, "recall_at_0.4": all_recall,
        "people_reasonable": wanted, "ap50_reasonable": ap, "recall_reasonable_at_0.4": recall,
    }  # fmt: skip


def _frame(stills: Path, number: int) -> Frame:
    image = np.asarray(open_picture(stills / "frames" / f"{number:06d}.jpg"))
    return Frame("stills", "stills", number + 1, 0.0, image)


def is_fair(person: Person) -> bool:
    """Whether a detector can be asked for somebody."""
    return not person["ignore"]


def is_reasonable(person: Person) -> bool:
    """Whether somebody is of the subset that publications call reasonable.

    At least 50 px high and at least 0.65 visible: Dollár and others, "Pedestrian Detection: An
    Evaluation of the State of the Art" (Caltech), PAMI 2012, and Zhang and others, "CityPersons: A
    Diverse Dataset for Pedestrian Detection", CVPR 2017. They report miss rates of that subset;
    whoever is outside it is neither asked for nor a fault to find.
    """
    is_large = person["height_px"] >= REASONABLE_HEIGHT_PX
    return bool(is_fair(person) and is_large and person["visible"] >= REASONABLE_VISIBLE)


def found_of(
    found: Sequence[Found],
    people: Sequence[Sequence[Person]],
    is_asked: Callable[[Person], bool],
) -> tuple[int, float, float]:
    """How many people are asked for; AP50 and recall at confidence 0.4 of them, in per cent.

    Args:
        found: what was found in each frame.
        people: who is in each frame.
        is_asked: whom to find; all others are spared, by what shows of them and by their outline.
    """
    outcomes: list[tuple[float, bool]] = []
    wanted = 0
    for boxes, there in zip(found, people, strict=True):
        asked = [Box(*one["visible_box"]) for one in there if is_asked(one)]
        others = [one for one in there if not is_asked(one)]
        kinds = ("visible_box", "box")
        spared = [Box(*one[kind]) for one in others for kind in kinds if one[kind]]
        wanted += len(asked)
        outcomes += judged(boxes, asked, spared)
    outcomes.sort(key=lambda one: -one[0])
    hits = np.array([is_hit for _, is_hit in outcomes], np.bool_)
    sure = sum(is_hit and confidence >= SURE for confidence, is_hit in outcomes)
    return wanted, round(100 * ap_of(hits, wanted), 2), round(100 * sure / max(wanted, 1), 2)


def judged(found: Found, asked: Sequence[Box], spared: Sequence[Box]) -> list[tuple[float, bool]]:
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
