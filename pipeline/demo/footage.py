"""Clips of the street with the truth about them, and descriptions to look for in them."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from detectors.types import Box
from pipeline.street.footage.mot import MotRow
from pipeline.street.footage.truth import Appearance, CameraTruth, Truth
from retrieval.errors import DatasetUnusable, QueryRefused
from retrieval.search.query import check_query

QUERIES = "queries.json"
# Somebody who shows less than this leaves whoever hides them the box.
LEAST_VISIBLE = 0.1


@dataclass(frozen=True, slots=True)
class Clip:
    """What one camera recorded, and all that is true of it."""

    truth: Truth
    about: CameraTruth

    @property
    def camera(self) -> str:
        """The name of the camera."""
        return self.about.camera_id

    @property
    def video(self) -> Path:
        """The file."""
        return self.truth.film(self.camera)

    def person(self, number: int) -> str:
        """Who has a number in the true boxes."""
        return self.truth.people[number - 1].person

    def rows(self) -> list[MotRow]:
        """The true boxes, two of everybody in a frame: the whole body, and what shows of it.

        A detector may draw either.

        Raises:
            DatasetUnusable: their files are missing, or no lists of boxes.
        """
        try:
            return self._rows()
        except OSError as error:
            raise DatasetUnusable(
                f"no true boxes of {self.camera!r} in {self.truth.folder} ({error.strerror}): "
                "render the street again"
            ) from error
        except ValueError as error:
            raise DatasetUnusable(
                f"the true boxes of {self.camera!r} in {self.truth.folder} cannot be read "
                f"({error}): render the street again"
            ) from error

    def _rows(self) -> list[MotRow]:
        boxes = self.truth.boxes_of(self.camera)
        numbers = frozenset(boxes.number.tolist())
        if strangers := numbers - frozenset(range(1, len(self.truth.people) + 1)):
            raise ValueError(f"nobody has the number {min(strangers)}")
        return [
            MotRow(int(frame), int(number), Box(*map(float, box)))
            for both in (boxes.box, boxes.visible_box)
            for frame, number, box, visible in zip(
                boxes.frame, boxes.number, both, boxes.visible, strict=True
            )
            if visible >= LEAST_VISIBLE
        ]


@dataclass(frozen=True, slots=True)
class KnownQuery:
    """A description, and whom it truly fits: nobody if `people` is empty."""

    text: str
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Footage:
    """A folder of clips, and descriptions to look for in them."""

    truth: Truth
    queries: tuple[KnownQuery, ...]

    @property
    def clips(self) -> tuple[Clip, ...]:
        """One a camera."""
        return clips_of(self.truth)

    @property
    def people(self) -> frozenset[str]:
        """Everyone who appears."""
        return frozenset(one.person for one in self.truth.appearances)

    def seen(self, person: str) -> list[Appearance]:
        """When `person` was before which camera, in order of time."""
        found = (one for one in self.truth.appearances if one.person == person)
        return sorted(found, key=lambda one: one.first_at)


def clips_of(truth: Truth) -> tuple[Clip, ...]:
    """The clips of a street, one a camera."""
    return tuple(Clip(truth, about) for about in truth.cameras)


@contextmanager
def read_footage(folder: Path | None = None) -> Iterator[Footage]:
    """The clips of `folder` with its `queries.json`, or those that the demo brings.

    Raises:
        DatasetUnusable: something is missing, damaged, or not of this folder.
        NotFound: there is no truth in the folder.
    """
    if folder is not None:
        yield read_street(folder)
        return
    with as_file(files("pipeline.demo") / "footage") as own:
        if not (own / QUERIES).is_file():
            raise DatasetUnusable(f"the demo's footage is missing ({own}): install Descry again")
        yield read_street(own)


def read_street(folder: Path) -> Footage:
    """What `folder` holds.

    Raises:
        DatasetUnusable: the descriptions are missing, or speak of somebody else.
        NotFound: there is no truth in the folder.
    """
    footage = Footage(Truth.read(folder), read_queries(folder / QUERIES))
    expected = {person for query in footage.queries for person in query.people}
    if strangers := expected - footage.people:
        raise DatasetUnusable(
            f"{folder / QUERIES} expects {', '.join(sorted(strangers))}, who never appear in the "
            "clips beside it: write it anew"
        )
    return footage


def read_queries(path: Path) -> tuple[KnownQuery, ...]:
    """The descriptions of `{"queries": [{"text": …, "people": [person, …]}, …]}`.

    Raises:
        DatasetUnusable: the file is missing, says something else, or asks what cannot be searched.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        queries = tuple(_known_query(query) for query in content["queries"])
    except OSError as error:
        raise DatasetUnusable(
            f"no descriptions at {path} ({error.strerror}): name a folder that has them"
        ) from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise DatasetUnusable(
            f"{path} holds no descriptions: "
            'expected {"queries": [{"text": "…", "people": ["p1"]}]}'
        ) from error
    for number, query in enumerate(queries, start=1):
        try:
            check_query(query.text)
        except QueryRefused as error:
            raise DatasetUnusable(f"{path}: description {number}: {error}") from error
    return queries


def _known_query(said: Mapping[str, object]) -> KnownQuery:
    text, people = said["text"], said["people"]
    if not isinstance(text, str) or not isinstance(people, list):
        raise TypeError("no text, or no list of people")
    if not all(isinstance(person, str) for person in people):
        raise TypeError("a person is called by a text")
    return KnownQuery(text, tuple(people))
