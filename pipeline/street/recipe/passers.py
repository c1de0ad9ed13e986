"""The people of a filmed street as the tracks that an index would hold: who, where, when."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError

from detectors.types import Image, TrackKey
from pipeline.street.footage.crops import LEAST_HEIGHT_PX, LEAST_VISIBLE
from pipeline.street.footage.mot import Boxes
from pipeline.street.footage.truth import Appearance, CameraTruth, Truth
from pipeline.street.look import Look
from pipeline.street.recipe.watching import NOBODY, Watch
from retrieval.errors import DatasetUnusable
from retrieval.ports import Encoder
from retrieval.search.person_links import Glimpse
from retrieval.track_scores import SHOTS_KEPT


@dataclass(frozen=True, slots=True, eq=False)
class Passers:
    """What the cameras of one street saw.

    Attributes:
        looks: of everybody, in order.
        glimpses: one for each time that a camera saw somebody well enough.
        people: whose each is, a place in `looks`.
    """

    looks: Sequence[Look]
    glimpses: Sequence[Glimpse]
    people: Sequence[int]


def see_passers(folder: Path, encoder: Encoder, watch: Watch = NOBODY) -> Passers:
    """Everybody in a folder of `descry street render`, each appearance a track of a few shots.

    Args:
        folder: as the command leaves it.
        encoder: gives the vectors.
        watch: told of pictures.

    Raises:
        NotFound: no finished street is there.
        DatasetUnusable: a film or a list of boxes is missing or damaged, or nobody is seen.
        Stopped: the watch says so.
    """
    truth = Truth.read(folder)
    numbers = {look.person: number for number, look in enumerate(truth.people, start=1)}
    seen: list[tuple[Appearance, list[Image]]] = []
    for camera in truth.cameras:
        try:
            seen += _of_camera(truth, camera, numbers)
        except (OSError, ValueError, FFmpegError) as error:
            raise DatasetUnusable(
                f"{folder}: the film of {camera.camera_id!r} or its boxes cannot be read "
                f"({error}); render the street again"
            ) from error
    if not seen:
        raise DatasetUnusable(f"{folder}: nobody comes near a camera; render a longer street")
    pictures = [picture for _, some in seen for picture in some]
    parts = [encoder.encode_images(some) for some in watch.batches("people passing", pictures)]
    ends = np.cumsum([len(some) for _, some in seen])[:-1]
    glimpses = [
        Glimpse(TrackKey(one.camera_id, "truth", number), shots, one.first_at, one.last_at)
        for number, ((one, _), shots) in enumerate(
            zip(seen, np.split(np.concatenate(parts), ends), strict=True), start=1
        )
    ]
    return Passers(truth.people, glimpses, [numbers[one.person] - 1 for one, _ in seen])


def _of_camera(
    truth: Truth, camera: CameraTruth, numbers: Mapping[str, int]
) -> Iterator[tuple[Appearance, list[Image]]]:
    boxes = truth.boxes_of(camera.camera_id)
    seen = truth.seen_by(camera.camera_id)
    wanted = [(one, _best_rows(boxes, one, numbers[one.person])) for one in seen]
    rows_in: dict[int, list[int]] = defaultdict(list)
    for _, rows in wanted:
        for row in rows:
            rows_in[int(boxes.frame[row])].append(row)
    cut: dict[int, Image] = {}
    for frame, picture in _frames(truth.film(camera.camera_id)):
        for row in rows_in.get(frame, ()):
            left, top, right, bottom = boxes.visible_box[row].round().astype(int).tolist()
            cut[row] = picture[top:bottom, left:right].copy()
    for one, rows in wanted:
        if rows:
            yield one, [cut[row] for row in rows]


def _best_rows(boxes: Boxes, seen: Appearance, number: int) -> list[int]:
    """The rows of the boxes that show most of somebody, one from each stretch of the time."""
    tall = boxes.visible_box[:, 3] - boxes.visible_box[:, 1]
    fair = np.flatnonzero(
        (boxes.number == number)
        & (boxes.frame >= seen.first_frame)
        & (boxes.frame <= seen.last_frame)
        & (boxes.visible >= LEAST_VISIBLE)
        & (tall >= LEAST_HEIGHT_PX)
    )
    stretches = np.array_split(fair, min(SHOTS_KEPT, len(fair)) or 1)
    worth = boxes.visible * tall
    return [int(some[worth[some].argmax()]) for some in stretches if len(some)]


def _frames(film: Path) -> Iterator[tuple[int, Image]]:
    """Each frame of a film, RGB, with its number from 1."""
    with av.open(str(film)) as container:
        for number, frame in enumerate(container.decode(video=0), start=1):
            yield number, frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False)
