"""Fits the first calibration of an encoder on stills of people that it never learnt from.

Half of the people are the background that goes with the weights. The other half are tracks, each
of a few crops as an index keeps them, and are asked for: once as an operator asks, once as
somebody describes what one crop shows.
"""

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
from pipeline.street.words.claims import Claim
from pipeline.street.words.fits import Relevance
from pipeline.street.words.queries import query_for
from retrieval.errors import DatasetUnusable
from retrieval.pictures import open_picture
from retrieval.ports import Encoder
from retrieval.search.calibration import Calibration
from retrieval.search.calibration_fit import fit_calibration
from retrieval.types import Vectors

#: Crops of one track: as many as count for its score.
SHOTS = 3


@dataclass(frozen=True, slots=True, eq=False)
class _Questions:
    """Sentences, and whom each fits.

    Attributes:
        texts: one each.
        fits: (Q, P) whether each fits each of the people, in their order.
    """

    texts: Sequence[str]
    fits: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _Stills:
    """What a folder of stills says.

    Attributes:
        looks: of everybody, by name.
        crops: files of each person's crops, in order.
        told: captions of each crop, each with its claims, by file name.
    """

    looks: Mapping[str, Look]
    crops: Mapping[str, Sequence[Path]]
    told: Mapping[str, Sequence[tuple[str, Sequence[Claim]]]]


def calibrate(
    stills: Path, encoder: Encoder, *, false_alarms: float | None = None, seed: int = 0
) -> Calibration:
    """The calibration of `encoder`.

    Args:
        stills: a folder of `descry street stills`, of the split `val` or `test`.
        encoder: with the weights as they are shipped.
        false_alarms: share of absent people for whom something may pass for a likely match; None
            for that at which as large a share of the present is refused.
        seed: halves the people and draws the sentences.

    Raises:
        DatasetUnusable: the folder is incomplete, or shows too few people.
    """
    rng = np.random.default_rng(seed)
    known = _read(stills)
    people = rng.permutation(np.array(sorted(known.crops), dtype=object)).tolist()
    unrelated, wanted = people[: len(people) // 2], people[len(people) // 2 :]
    if not unrelated:
        raise DatasetUnusable(f"{stills}: shows {len(people)} people; draw more to calibrate")
    background, _ = _tracks(encoder, known, unrelated, most=1)
    tracks, owners = _tracks(encoder, known, wanted, most=2)
    asked = _questions(rng, known, wanted)
    queries = encoder.encode_texts(asked.texts)
    try:
        return fit_calibration(
            queries,
            (queries @ tracks.T).astype(np.float64),
            asked.fits[:, owners],
            background,
            model_id=encoder.model_id,
            false_alarms=false_alarms,
            seed=seed,
        )
    except ValueError as error:
        raise DatasetUnusable(f"{stills}: too little to calibrate on ({error})") from error


def _tracks(
    encoder: Encoder, known: _Stills, people: Sequence[str], *, most: int
) -> tuple[Vectors, NDArray[np.int64]]:
    """(T, D) the mean vector of each track, up to `most` a person, and (T,) whose it is.

    The score of a track is the mean over its shots, so it is the product with their mean.
    """
    parts, owners = [], []
    for number, person in enumerate(people):
        files = known.crops[person][: most * SHOTS]
        vectors = encoder.encode_images([np.asarray(open_picture(file)) for file in files])
        for first in range(0, len(files), SHOTS):
            parts.append(vectors[first : first + SHOTS].mean(axis=0))
            owners.append(number)
    return np.stack(parts), np.array(owners)


def _questions(rng: np.random.Generator, known: _Stills, people: Sequence[str]) -> _Questions:
    """One sentence of an operator and one of a witness about each of `people`."""
    crowd = Relevance([known.looks[person] for person in people])
    texts, fits = [], []
    for person in people:
        wanted = query_for(rng, known.looks[person], crowd)
        file = known.crops[person][int(rng.integers(len(known.crops[person])))]
        described = known.told[file.name]
        caption, claims = described[int(rng.integers(len(described)))]
        texts += [wanted.text, caption]
        fits += [crowd.mask(wanted.claims), crowd.mask(claims)]
    return _Questions(texts, np.array(fits))


def _read(folder: Path) -> _Stills:
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
        return _Stills({n: Look.from_mapping(v) for n, v in looks.items()}, files, told)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetUnusable(
            f"{folder}: no whole set of stills of the split val or test ({error}); draw it with "
            "'descry street stills'"
        ) from error


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]
