"""Fits what scores of a picture mean, and of a sentence that a "yes" has moved.

People of a folder of stills are asked for by what is not in the gallery: by one crop of them, as
somebody uploads it; by a track of other crops, as a hit is asked with; and by a sentence that was
moved towards such a track. A picture fits whoever is in it, seen another time; a moved sentence
fits whomever its words do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.street.recipe.asking import Asked
from pipeline.street.recipe.tracks import (
    Stills,
    encode_sentences,
    encode_tracks,
    read_stills,
)
from pipeline.street.recipe.watching import NOBODY, Watch
from pipeline.street.words.captions import caption
from pipeline.street.words.fits import Relevance
from pipeline.street.words.views import View
from retrieval.errors import DatasetUnusable
from retrieval.ports import Encoder
from retrieval.search.calibration import Calibration, QueryKind, QueryLaws
from retrieval.search.calibration_fit import fit_calibration
from retrieval.search.feedback import moved_towards
from retrieval.search.likeness import query_of_shots
from retrieval.track_scores import BEST_OF, scores_of_tracks
from retrieval.types import Vectors

#: Crops of a person that are asked with; the others are their track in the gallery.
_ASKED_WITH = BEST_OF

#: Fewer people than this teach nothing about who is absent.
LEAST_PEOPLE = 20


@dataclass(frozen=True, slots=True, eq=False)
class Likenesses:
    """The same people, each one track, asked for in three ways.

    Attributes:
        crop: by one picture.
        track: by the direction that some shots share.
        moved: by a sentence after one track was judged to fit.
    """

    crop: Asked
    track: Asked
    moved: Asked


def liken(
    known: Stills, people: Sequence[str], encoder: Encoder, *, seed: int, watch: Watch = NOBODY
) -> Likenesses:
    """Ask for everybody of whom there are crops enough to ask with some and to find others.

    Args:
        known: the folder of stills.
        people: names of whom to ask for.
        encoder: gives the vectors.
        seed: of the sentences.
        watch: told of pictures and sentences.

    Raises:
        DatasetUnusable: there are fewer than `LEAST_PEOPLE` such people.
        Stopped: the watch says so.
    """
    some = [person for person in people if len(known.crops[person]) > _ASKED_WITH]
    if len(some) < LEAST_PEOPLE:
        raise DatasetUnusable(
            f"{len(some)} people with more than {_ASKED_WITH} crops are too few to ask for by "
            "picture: draw more"
        )
    asking = encode_tracks(encoder, [known.crops[one][:_ASKED_WITH] for one in some], watch)
    gallery = encode_tracks(encoder, [known.crops[one][_ASKED_WITH:] for one in some], watch)
    own = [asking.shots[asking.owner == at] for at in range(len(some))]
    directions = np.stack([query_of_shots(shots) for shots in own])
    crowd = Relevance([known.looks[one] for one in some])
    rng = np.random.default_rng(seed)
    told = [caption(rng, known.looks[one], View()) for one in some]
    words = encode_sentences(encoder, [one.text for one in told], watch)
    pairs = zip(words, directions, strict=True)
    moved = np.stack([moved_towards(text, judged[None]) for text, judged in pairs])
    same = np.eye(len(some), dtype=np.bool_)
    fits = np.stack([crowd.mask(one.claims) for one in told]) | same

    def asked(queries: Vectors, relevant: NDArray[np.bool_]) -> Asked:
        scores = scores_of_tracks(queries, gallery.shots, gallery.owner)
        return Asked(queries, scores, relevant)

    first = np.stack([shots[0] for shots in own])
    return Likenesses(asked(first, same), asked(directions, same), asked(moved, fits))


def fit_likeness(
    stills: Path,
    encoder: Encoder,
    calibration: Calibration,
    people: Sequence[str],
    *,
    seed: int,
    watch: Watch = NOBODY,
) -> Mapping[QueryKind, QueryLaws]:
    """Laws for queries that are no sentence.

    Args:
        stills: a folder of `descry street stills`, of the split `val` or `test`.
        encoder: with the weights as they are shipped.
        calibration: of the same encoder; its background is of other people.
        people: who is asked for.
        seed: of the sentences and galleries.
        watch: told of pictures and sentences.

    Raises:
        DatasetUnusable: the folder is incomplete, or shows too few people.
        Stopped: the watch says so.
    """
    if calibration.background is None:
        raise DatasetUnusable("a calibration without unrelated people cannot judge pictures")
    ways = liken(read_stills(stills), people, encoder, seed=seed, watch=watch)
    laws = {}
    for kind, asked in (
        (QueryKind.PICTURE, (ways.crop, ways.track)),
        (QueryKind.MOVED, (ways.moved,)),
    ):
        try:
            fitted = fit_calibration(
                np.concatenate([one.queries for one in asked]),
                np.concatenate([one.scores for one in asked]),
                np.concatenate([one.relevant for one in asked]),
                calibration.background,
                model_id=encoder.model_id,
                seed=seed,
            )
        except ValueError as error:
            raise DatasetUnusable(f"{stills}: too little to judge a {kind} by ({error})") from error
        laws[kind] = fitted.laws
    return laws
