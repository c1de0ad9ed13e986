"""The truth about a story: who was in front of which camera, when, where in the picture.

A folder has `truth.json` and for each camera `{camera}.mp4`, `{camera}.gt.txt` (whole bodies, cut
at the frame) and `{camera}.visible.txt` (what shows), both as MOTChallenge lays them out.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import NotFound
from pipeline.files import write_whole
from pipeline.names import NAME
from pipeline.street.footage.mot import Boxes, TruthRow, mot_line, read_boxes
from pipeline.street.look import Look

TRUTH = "truth.json"
#: Of the form of the files, whatever they tell of.
REVISION = 1
#: Fewer seconds without somebody do not end their appearance.
_GAP_S = 2.0
#: Who shows less than this, or is smaller, makes no appearance.
LEAST_VISIBLE, LEAST_HEIGHT_PX = 0.25, 20.0
#: Unix seconds; a later instant cannot be written as a date.
_YEAR_9999 = 253_370_764_800.0


@dataclass(frozen=True, slots=True)
class CameraTruth:
    """One camera's film.

    Attributes:
        camera_id: and name of its files.
        place: where it hangs.
        place_seed: which variant of the place.
        kind: what was asked for: `day`, `dusk`, `night`, `infrared` or `rain`.
        light: one of `LIGHTS`.
        width: pixels.
        height: pixels.
        fps: frames each second.
        frames: how many.
        starts_at: instant of the first frame, Unix seconds.
    """

    camera_id: str
    place: str
    place_seed: int
    kind: str
    light: str
    width: int
    height: int
    fps: int
    frames: int
    starts_at: float

    def at(self, frame: int) -> float:
        """Unix seconds of a frame, counted from 1."""
        return self.starts_at + (frame - 1) / self.fps


@dataclass(frozen=True, slots=True)
class Appearance:
    """Somebody before one camera, from when they come into view until they leave it.

    Attributes:
        person: their name.
        camera_id: which camera.
        first_frame: from 1.
        last_frame: the last that shows them.
        first_at: Unix seconds of the first frame.
        last_at: Unix seconds of the last.
        largest_px: greatest height of their body.
        visible: mean share of the body that shows, over the frames that show them.
    """

    person: str
    camera_id: str
    first_frame: int
    last_frame: int
    first_at: float
    last_at: float
    largest_px: float
    visible: float


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of a story.

    Attributes:
        folder: where its files lie.
        seed: of the story.
        people: who they are; number 1 first.
        cameras: what filmed.
        appearances: by camera and then in the order of time.
    """

    folder: Path
    seed: int
    people: tuple[Look, ...]
    cameras: tuple[CameraTruth, ...]
    appearances: tuple[Appearance, ...]

    @classmethod
    def read(cls, folder: Path) -> "Truth":
        """Read what a finished `descry street render` left.

        Raises:
            NotFound: there is no truth of this revision in the folder.
        """
        try:
            values = json.loads((folder / TRUTH).read_bytes())
            if values["revision"] != REVISION:
                raise NotFound(f"{folder} holds a street of another revision: render it again")
            truth = cls(
                folder,
                values["seed"],
                tuple(Look.from_mapping(one) for one in values["people"]),
                tuple(CameraTruth(**one) for one in values["cameras"]),
                tuple(Appearance(**one) for one in values["appearances"]),
            )
            _check(truth)
        except (
            OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError
        ) as error:  # fmt: skip
            raise NotFound(
                f"{folder} holds no finished street: descry street render --seed N --out {folder}"
            ) from error
        return truth

    def camera(self, camera_id: str) -> CameraTruth:
        """One camera.

        Raises:
            NotFound: there is none of that name.
        """
        for one in self.cameras:
            if one.camera_id == camera_id:
                return one
        raise NotFound(f"{self.folder} has no camera {camera_id!r}")

    def film(self, camera_id: str) -> Path:
        """The film of a camera."""
        return self.folder / f"{camera_id}.mp4"

    def files(self, camera_id: str) -> tuple[Path, ...]:
        """All files of a camera: its film, and the lists of its boxes."""
        lists = (self.folder / f"{camera_id}.{name}.txt" for name in ("gt", "visible"))
        return (self.film(camera_id), *lists)

    def look(self, person: str) -> Look:
        """One person.

        Raises:
            NotFound: nobody has that name.
        """
        for one in self.people:
            if one.person == person:
                return one
        raise NotFound(f"{self.folder} has nobody called {person!r}")

    def seen_by(
        self, camera_id: str, first_at: float = -math.inf, last_at: float = math.inf
    ) -> tuple[Appearance, ...]:
        """Whom a camera shows between two instants."""
        return tuple(
            one
            for one in self.appearances
            if one.camera_id == camera_id and one.first_at <= last_at and one.last_at >= first_at
        )

    def boxes_of(self, camera_id: str) -> Boxes:
        """The boxes of a camera."""
        return read_boxes(
            self.folder / f"{camera_id}.gt.txt", self.folder / f"{camera_id}.visible.txt"
        )


def _check(truth: Truth) -> None:
    """Refuse what files, tracks and instants cannot be named after: a folder may be anybody's.

    Raises:
        ValueError: no camera, a bad name, or a time that is none.
    """
    names = {one.camera_id for one in truth.cameras}
    if not names or not all(isinstance(name, str) and NAME.fullmatch(name) for name in names):
        raise ValueError("no cameras, or one with a name that names no file")
    people = [look.person for look in truth.people] + [one.person for one in truth.appearances]
    if not all(isinstance(person, str) for person in people):
        raise ValueError("somebody without a name")
    if not names >= {one.camera_id for one in truth.appearances}:
        raise ValueError("an appearance before no camera")
    times = [one.starts_at for one in truth.cameras]
    times += [at for one in truth.appearances for at in (one.first_at, one.last_at)]
    if not all(isinstance(at, int | float) and 0 <= at < _YEAR_9999 for at in times):
        raise ValueError("a time that is none")


def write_truth(
    folder: Path, seed: int, people: Sequence[Look], cameras: Sequence[CameraTruth],
    rows: Mapping[str, Sequence[TruthRow]],
) -> Truth:  # fmt: skip
    """Write the truth of a story; the same rows give the same bytes.

    Args:
        folder: where.
        seed: of the story.
        people: number 1 first.
        cameras: what filmed.
        rows: of each camera.
    """
    appearances = [one for camera in cameras
                   for one in appearances_of(camera, people, rows[camera.camera_id])]  # fmt: skip
    for camera in cameras:
        found = sorted(rows[camera.camera_id], key=lambda row: (row.frame, row.number))
        for name, shows in (("gt", False), ("visible", True)):
            text = "".join(mot_line(row, only_visible=shows) for row in found)
            write_whole(folder / f"{camera.camera_id}.{name}.txt", text)
    values: dict[str, Any] = {
        "revision": REVISION,
        "seed": seed,
        "people": [one.to_mapping() for one in people],
        "cameras": [asdict(one) for one in cameras],
        "appearances": [asdict(one) for one in appearances],
    }
    write_whole(folder / TRUTH, json.dumps(values, indent=1) + "\n")
    return Truth(folder, seed, tuple(people), tuple(cameras), tuple(appearances))


def appearances_of(
    camera: CameraTruth, people: Sequence[Look], rows: Iterable[TruthRow]
) -> list[Appearance]:
    """When a camera shows whom, in the order of time."""
    shown: dict[int, list[TruthRow]] = {}
    for row in sorted(rows, key=lambda row: row.frame):
        if row.visible >= LEAST_VISIBLE and row.height_px >= LEAST_HEIGHT_PX:
            shown.setdefault(row.number, []).append(row)
    found = [
        _appearance(camera, people[number - 1].person, span)
        for number, some in shown.items()
        for span in _spans(some, round(_GAP_S * camera.fps))
    ]
    return sorted(found, key=lambda one: (one.first_frame, one.person))


def _spans(rows: Sequence[TruthRow], gap: int) -> list[list[TruthRow]]:
    """Rows of one person, parted where more than `gap` frames do not show them."""
    spans: list[list[TruthRow]] = []
    for row in rows:
        if not spans or row.frame - spans[-1][-1].frame > gap:
            spans.append([])
        spans[-1].append(row)
    return spans


def _appearance(camera: CameraTruth, person: str, rows: Sequence[TruthRow]) -> Appearance:
    first, last = rows[0].frame, rows[-1].frame
    return Appearance(
        person, camera.camera_id, first, last, camera.at(first), camera.at(last),
        max(round(row.height_px, 1) for row in rows),
        round(sum(row.visible for row in rows) / len(rows), 4),
    )  # fmt: skip
