"""Boxes in the layout of MOTChallenge: frame, id, x, y, w, h, confidence, class, visibility."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.types import Box


class MotRow(NamedTuple):
    """One box: `number` names a track, or a person of the truth; frames count from 1."""

    frame: int
    number: int
    box: Box


@dataclass(frozen=True, slots=True)
class TruthRow:
    """One person in one frame.

    Attributes:
        frame: from 1.
        number: of the person, from 1: their place among the people of the story.
        box: of the whole body with what it wears and carries, also an umbrella or a suitcase on
            the ground; cut at the frame, pixels.
        visible_box: of what shows; None where nothing does.
        visible: share of the body that shows.
        height_px: of the whole body, also where the frame cuts it.
    """

    frame: int
    number: int
    box: Box
    visible_box: Box | None
    visible: float
    height_px: float


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """All boxes of one camera, in the order of frames and then of people.

    Attributes:
        frame: (N,) int64, from 1.
        number: (N,) int64, the person's place among `Truth.people`, from 1.
        box: (N, 4) float64 x1, y1, x2, y2 of the whole body, cut at the frame.
        visible_box: (N, 4) of what shows; zeros where nothing does.
        visible: (N,) share of the body that shows.
    """

    frame: NDArray[np.int64]
    number: NDArray[np.int64]
    box: NDArray[np.float64]
    visible_box: NDArray[np.float64]
    visible: NDArray[np.float64]


def mot_line(row: TruthRow, *, only_visible: bool = False) -> str:
    r"""A row as MOTChallenge writes it: x and y from 0, as our own exports have them.

    >>> mot_line(TruthRow(3, 7, Box(0, 10, 20, 60), None, 0.5, 50.0))
    '3,7,0.00,10.00,20.00,50.00,1,1,0.5000\n'
    """
    nothing = Box(0.0, 0.0, 0.0, 0.0)
    box = (row.visible_box or nothing) if only_visible else row.box
    return (
        f"{row.frame},{row.number},{box.x1:.2f},{box.y1:.2f},"
        f"{box.width:.2f},{box.height:.2f},1,1,{row.visible:.4f}\n"
    )


def read_mot(text: str, *, with_ignored: bool = False) -> list[MotRow]:
    """Read rows that anybody wrote: `frame, id, x, y, w, h, confidence, …`, x and y from 0.

    >>> read_mot("1,7,10,20,30,60,1,1,0.9")
    [MotRow(frame=1, number=7, box=Box(x1=10.0, y1=20.0, x2=40.0, y2=80.0))]

    Args:
        text: a line each; empty lines are passed over.
        with_ignored: also rows whose confidence is 0: not to be considered, as the format says.

    Raises:
        ValueError: a row has too few fields, or something that is no number.
    """
    return [
        MotRow(int(frame), int(number), Box(x, y, x + width, y + height))
        for frame, number, x, y, width, height, confidence in _fields(text, 7)
        if with_ignored or confidence != 0
    ]


def by_frame(rows: Iterable[MotRow]) -> Mapping[int, list[MotRow]]:
    """The rows of each frame that has any, in their order."""
    rows_of: dict[int, list[MotRow]] = defaultdict(list)
    for row in rows:
        rows_of[row.frame].append(row)
    return rows_of


def read_boxes(whole: Path, shown: Path) -> Boxes:
    """The boxes of whole bodies and of what shows, as `mot_line` wrote them.

    Raises:
        OSError: a file is missing.
        ValueError: a row has too few fields, or something that is no number.
    """
    rows, visible_rows = _read(whole), _read(shown)
    return Boxes(
        rows[:, 0].astype(np.int64),
        rows[:, 1].astype(np.int64),
        _corners(rows),
        _corners(visible_rows),
        rows[:, 8],
    )


def _read(path: Path) -> NDArray[np.float64]:
    return np.array(_fields(path.read_text("utf-8"), 9), np.float64).reshape(-1, 9)


def _fields(text: str, count: int) -> list[list[float]]:
    """The first `count` fields of each row."""
    rows = []
    for line in text.splitlines():
        if not line.strip():
            continue
        fields = [float(field) for field in line.split(",")[:count]]
        if len(fields) < count:
            raise ValueError(f"{len(fields)} fields, not {count}: {line!r}")
        rows.append(fields)
    return rows


def _corners(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]], axis=1).round(2)
