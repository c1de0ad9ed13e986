"""The people of a folder of stills, and their crops as the tracks that an index would keep."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.street.footage.stills import CAPTIONS, CLAIMS, CROPS, LOOKS
from pipeline.street.look import Look
from pipeline.street.recipe.watching import Watch
from pipeline.street.words.claims import Claim
from retrieval.errors import DatasetUnusable
from retrieval.pictures import open_picture
from retrieval.ports import Encoder
from retrieval.track_scores import BEST_OF, SHOTS_KEPT, scores_of_tracks
from retrieval.types import Vectors

RULE = {"best_of": BEST_OF, "shots_kept": SHOTS_KEPT, "revision": 1}
"""What a track is and what it scores; raised when the same crops come to be other tracks."""


@dataclass(frozen=True, slots=True, eq=False)
class Stills:
    """What a folder of stills says.

    Attributes:
        looks: of everybody, by name.
        crops: files of each person's crops, in order.
        told: captions of each crop, each with its claims, by file name.
    """

    looks: Mapping[str, Look]
    crops: Mapping[str, Sequence[Path]]
    told: Mapping[str, Sequence[tuple[str, Sequence[Claim]]]]


@dataclass(frozen=True, slots=True, eq=False)
class Tracks:
    """People as an index keeps them.

    Attributes:
        shots: (S, D) of all tracks.
        owner: (S,) the track of each, numbered from 0.
        people: (T,) whose each track is, as a place in the list that was asked for.
    """

    shots: Vectors
    owner: NDArray[np.int64]
    people: NDArray[np.int64]

    def scores(self, queries: Vectors) -> NDArray[np.float64]:
        """(Q, T) of each track for each of (Q, D) sentences, as a search scores them."""
        return scores_of_tracks(queries, self.shots, self.owner)


def encode_tracks(
    encoder: Encoder, people: Sequence[Sequence[Path]], watch: Watch, *, most: int = 1
) -> Tracks:
    """Tracks of as many crops as an index keeps.

    Args:
        encoder: gives the vectors.
        people: files of each person's crops; nobody without one.
        watch: told of pictures.
        most: tracks of one person; crops beyond them are left out.

    Raises:
        PictureUnreadable: a crop is damaged; the message names it.
        Stopped: the watch says so.
    """
    files: list[Path] = []
    owner: list[int] = []
    whose: list[int] = []
    for person, crops in enumerate(people):
        for first in range(0, min(len(crops), most * SHOTS_KEPT), SHOTS_KEPT):
            shots = crops[first : first + SHOTS_KEPT]
            files += shots
            owner += [len(whose)] * len(shots)
            whose.append(person)
    parts = [
        encoder.encode_images([np.asarray(open_picture(file)) for file in some])
        for some in watch.batches("pictures of people", files)
    ]
    return Tracks(np.concatenate(parts), np.array(owner), np.array(whose))


def encode_sentences(encoder: Encoder, texts: Sequence[str], watch: Watch) -> Vectors:
    """(N, D) length 1.

    Raises:
        Stopped: the watch says so.
    """
    parts = [encoder.encode_texts(some) for some in watch.batches("sentences", texts)]
    return np.concatenate(parts)


def read_stills(folder: Path) -> Stills:
    """What `descry street stills` left in a folder.

    Raises:
        DatasetUnusable: it is incomplete, or of the split `train`, which has no claims.
    """
    try:
        looks = json.loads((folder / LOOKS).read_bytes())
        crops, captions = _lines(folder / CROPS), _lines(folder / CAPTIONS)
        claims = _lines(folder / CLAIMS)
        files: dict[str, list[Path]] = defaultdict(list)
        told = {}
        for crop, caption, claimed in zip(crops, captions, claims, strict=True):
            files[crop["identity"]].append(folder / caption["image"])
            meant = [[Claim(**claim) for claim in one] for one in claimed["claims"]]
            told[crop["image"]] = list(zip(caption["captions"], meant, strict=True))
        return Stills({n: Look.from_mapping(v) for n, v in looks.items()}, files, told)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetUnusable(
            f"{folder}: no whole set of stills of the split val or test ({error}); draw it with "
            "'descry street stills'"
        ) from error


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]
