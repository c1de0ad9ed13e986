"""The crops of a folder of stills as the sightings that an index would hold."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.quality import is_colourless
from detectors.types import Box, ShotId, TrackKey
from pipeline.store.hiding import hidden_in
from pipeline.street.footage.stills import CROPS, FRAMES
from pipeline.street.look import Look
from pipeline.street.recipe.tracks import read_stills
from pipeline.street.recipe.watching import Watch
from retrieval.errors import DatasetUnusable
from retrieval.pictures import open_picture
from retrieval.ports import Encoder
from retrieval.track_scores import SHOTS_KEPT
from retrieval.types import Sighting


@dataclass(frozen=True, slots=True, eq=False)
class SeenPeople:
    """People, each a track or two of a few sightings.

    Attributes:
        looks: of everybody, in order.
        tracks: (T,) sightings of each track.
        people: (T,) whose each track is, as a place in `looks`.
    """

    looks: Sequence[Look]
    tracks: Sequence[Sequence[Sighting]]
    people: NDArray[np.int64]


def see_people(folder: Path, encoder: Encoder, watch: Watch, *, most: int = 1) -> SeenPeople:
    """Everybody of a folder of stills of the split `val` or `test`.

    Args:
        folder: as `descry street stills` leaves it.
        encoder: gives the vectors.
        watch: told of pictures.
        most: tracks of one person; crops beyond them are left out.

    Raises:
        DatasetUnusable: the folder is incomplete.
        PictureUnreadable: a crop is damaged; the message names it.
        Stopped: the watch says so.
    """
    known = read_stills(folder)
    boxes, sizes = _boxes(folder)
    people = sorted(known.crops)
    files: list[Path] = []
    owner: list[int] = []
    whose: list[int] = []
    for place, person in enumerate(people):
        crops = known.crops[person]
        for first in range(0, min(len(crops), most * SHOTS_KEPT), SHOTS_KEPT):
            files += crops[first : first + SHOTS_KEPT]
            owner += [len(whose)] * len(crops[first : first + SHOTS_KEPT])
            whose.append(place)
    tracks: dict[int, list[Sighting]] = defaultdict(list)
    pairs = list(zip(files, owner, strict=True))
    for some in watch.batches("pictures of people", pairs):
        pictures = [np.asarray(open_picture(file)) for file, _ in some]
        vectors = encoder.encode_images(pictures)
        for (file, track), picture, vector in zip(some, pictures, vectors, strict=True):
            box, (width, height) = boxes[file.name], sizes[file.name]
            key = TrackKey("street", "stills", track + 1)
            tracks[track].append(
                Sighting(
                    shot=ShotId(key, len(tracks[track]) + 1),
                    collection="stills",
                    captured_at=0.0,
                    vector=vector,
                    model_id=encoder.model_id,
                    box=box,
                    quality=1.0,
                    picture=file.name,
                    hidden=hidden_in(box, width, height, is_grey=is_colourless(picture)),
                )
            )
    return SeenPeople(
        [known.looks[person] for person in people],
        [tracks[track] for track in range(len(whose))],
        np.array(whose),
    )


def _boxes(folder: Path) -> tuple[Mapping[str, Box], Mapping[str, tuple[int, int]]]:
    """Of each crop, by its file's name: its box, and the size of the frame it lies in."""
    try:
        frames = {line["frame"]: line for line in _lines(folder / FRAMES)}
        crops = list(_lines(folder / CROPS))
        sizes = {
            crop["image"]: (frames[crop["frame"]]["width"], frames[crop["frame"]]["height"])
            for crop in crops
        }
        return {crop["image"]: Box(*crop["box"]) for crop in crops}, sizes
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetUnusable(
            f"{folder}: no whole set of stills ({error}); draw it with 'descry street stills'"
        ) from error


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]
