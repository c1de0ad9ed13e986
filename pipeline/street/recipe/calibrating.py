"""Fits the first calibration of an encoder on stills of people that it never learnt from.

Half of the people are the background that goes with the weights. The other half are asked for:
once as an operator asks, once as somebody describes what one crop shows. All of them are tracks
of a few crops, which score as those of an index do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.street.recipe.tracks import Stills, encode_sentences, encode_tracks, read_stills
from pipeline.street.recipe.watching import NOBODY, Watch
from pipeline.street.words.fits import Relevance
from pipeline.street.words.queries import query_for
from retrieval.errors import DatasetUnusable
from retrieval.ports import Encoder
from retrieval.search.background import Strangers
from retrieval.search.calibration import Calibration
from retrieval.search.calibration_fit import fit_calibration


@dataclass(frozen=True, slots=True, eq=False)
class _Questions:
    """Sentences, and whom each fits.

    Attributes:
        texts: one each.
        fits: (Q, P) whether each fits each of the people, in their order.
    """

    texts: Sequence[str]
    fits: NDArray[np.bool_]


def calibrate(
    stills: Path,
    encoder: Encoder,
    *,
    false_alarms: float | None = None,
    seed: int = 0,
    watch: Watch = NOBODY,
) -> Calibration:
    """The calibration of `encoder`.

    Args:
        stills: a folder of `descry street stills`, of the split `val` or `test`.
        encoder: with the weights as they are shipped.
        false_alarms: share of absent people for whom something may pass for a likely match; None
            for that at which as large a share of the present is refused.
        seed: halves the people and draws the sentences.
        watch: told of pictures and sentences.

    Raises:
        DatasetUnusable: the folder is incomplete, or shows too few people.
        Stopped: the watch says so.
    """
    rng = np.random.default_rng(seed)
    known = read_stills(stills)
    unrelated, wanted = halved(known, rng)
    if not unrelated:
        raise DatasetUnusable(f"{stills}: shows {len(wanted)} people; draw more to calibrate")
    strangers = encode_tracks(encoder, [known.crops[person] for person in unrelated], watch)
    tracks = encode_tracks(encoder, [known.crops[person] for person in wanted], watch, most=2)
    asked = _questions(rng, known, wanted)
    queries = encode_sentences(encoder, asked.texts, watch)
    try:
        return fit_calibration(
            queries,
            tracks.scores(queries),
            asked.fits[:, tracks.people],
            Strangers(strangers.shots, strangers.owner),
            model_id=encoder.model_id,
            false_alarms=false_alarms,
            seed=seed,
        )
    except ValueError as error:
        raise DatasetUnusable(f"{stills}: too little to calibrate on ({error})") from error


def halved(known: Stills, rng: np.random.Generator) -> tuple[list[str], list[str]]:
    """Who becomes the background, and who is asked for; with the first draw of `rng`."""
    people = rng.permutation(np.array(sorted(known.crops), dtype=object)).tolist()
    return people[: len(people) // 2], people[len(people) // 2 :]


def _questions(rng: np.random.Generator, known: Stills, people: Sequence[str]) -> _Questions:
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
