"""Whether evidence finds people better than the cosine of a sentence alone, step by step."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.street.look import Look
from pipeline.street.recipe.evidencing import fit_laws
from pipeline.street.recipe.shots import SeenPeople, see_people
from pipeline.street.recipe.watching import NOBODY, Watch
from pipeline.street.words.captions import caption
from pipeline.street.words.fits import Relevance
from pipeline.street.words.grammar import Caption
from pipeline.street.words.views import View
from retrieval.ports import Encoder
from retrieval.search.calibration import Calibration
from retrieval.search.evidence import EvidenceReader
from retrieval.search.evidence_fit import fit_rank
from retrieval.search.evidence_law import EvidenceLaws
from retrieval.search.phrases import phrases_of
from retrieval.search.ranking import rank_tracks
from retrieval.search.reliability import expected_calibration_error
from retrieval.search.reranking import SHORTLIST, rank_by_evidence, sums_of
from retrieval.training.metrics import average_precision
from retrieval.types import Hit, ScoredShot, TrackSample, Vector

Asking = Literal["street", "conjunction", "negation"]
ASKED: tuple[Asking, ...] = ("street", "conjunction", "negation")

#: How often a caption is drawn anew before a person is left out of a set.
_TRIES = 60
_WORN = frozenset({"upper", "lower", "shoes", "hat", "carried", "hair"})
#: A sentence of the conjunction set asks for so many things worn or more.
_CONJOINED = 3

#: Hits of an answer that the order by evidence is learnt from.
_SHOWN = 10


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A sentence, and whom it fits.

    Attributes:
        text: as written.
        fits: (T,) whether it is true of each track.
        about: whom it was written about, a place in `looks`.
    """

    text: str
    fits: NDArray[np.bool_]
    about: int


def questions(seen: SeenPeople, asking: Asking, seed: int) -> list[Asked]:
    """A sentence about each person of whom one of that sort can be said."""
    rng = np.random.default_rng(seed)
    crowd = Relevance(seen.looks)
    told = [_told(rng, look, asking) for look in seen.looks]
    return [
        Asked(one.text, crowd.mask(one.claims)[seen.people], about)
        for about, one in enumerate(told)
        if one
    ]


def _told(rng: np.random.Generator, look: Look, asking: Asking) -> Caption | None:
    for _ in range(_TRIES):
        one = caption(rng, look, View())
        negated = any(claim.negated for claim in one.claims)
        worn = sum(claim.part in _WORN and not claim.negated for claim in one.claims)
        if asking == "street" or (asking == "negation" and negated):
            return one
        if asking == "conjunction" and not negated and worn >= _CONJOINED:
            return one
    return None


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """One sentence, asked of everybody.

    Attributes:
        hits: every track, best cosine first.
        query: (D,) the vector that found them.
        sample: what they score.
    """

    hits: Sequence[Hit]
    query: Vector
    sample: TrackSample


def ladder(
    seen: SeenPeople, asked: Sequence[Asked], reader: EvidenceReader, calibration: Calibration
) -> dict[str, dict[str, float]]:
    """Rank-1 and mAP, 0 to 1, of each step, over sentences that fit somebody.

    `cosine` ranks by the sentence as it was written; `sentence` by what of it the encoder is given;
    `evidence` lets the shot that fits the sentence best speak of each phrase; `views` all shots.
    """
    found: dict[str, list[tuple[float, float]]] = {}
    for one in asked:
        for step, order in _orders(seen, one, reader, calibration):
            ranks = 1 + np.flatnonzero(one.fits[order])
            figures = float(ranks[0] == 1), average_precision(ranks, len(ranks))
            found.setdefault(step, []).append(figures)
    means = {step: np.mean(pairs, axis=0).tolist() for step, pairs in found.items()}
    return {step: {"rank1": rank1, "map": precision} for step, (rank1, precision) in means.items()}


def _orders(
    seen: SeenPeople, one: Asked, reader: EvidenceReader, calibration: Calibration
) -> Iterator[tuple[str, NDArray[np.int64]]]:
    phrases = phrases_of(one.text)
    whole, _ = reader.read((), one.text)
    yield "cosine", _places(_search(seen, whole).hits)
    query, question = reader.read(phrases, one.text)
    search = _search(seen, query)
    yield "sentence", _places(search.hits)
    shortlist, rest = search.hits[:SHORTLIST], search.hits[SHORTLIST:]
    first = [replace(hit, shots=hit.shots[:1]) for hit in shortlist]
    for step, hits in (("evidence", first), ("views", shortlist)):
        ranked = rank_by_evidence(
            hits, question, calibration, query, search.sample, limit=len(hits)
        )
        yield step, _places([*ranked.hits, *rest])


def error_with_evidence(
    seen: SeenPeople, asked: Sequence[Asked], reader: EvidenceReader, calibration: Calibration
) -> float:
    """Expected calibration error, 0 to 1, of the probabilities of the tracks that are shown."""
    said: list[float] = []
    fits: list[bool] = []
    for one in asked:
        query, question = reader.read(phrases_of(one.text), one.text)
        search = _search(seen, query)
        ranked = rank_by_evidence(
            search.hits[:SHORTLIST], question, calibration, query, search.sample, limit=_SHOWN
        )
        if ranked.judgement is not None:
            said += ranked.judgement.probabilities
            fits += one.fits[_places(ranked.hits)].tolist()
    return expected_calibration_error(np.array(said), np.array(fits, np.bool_))


def open_set(
    seen: SeenPeople, asked: Sequence[Asked], reader: EvidenceReader, calibration: Calibration
) -> tuple[list[float], list[float]]:
    """How likely the best hit of each sentence is: with those there whom it fits, and without.

    Sentences that fit nobody count among the second alone.
    """
    best: tuple[list[float], list[float]] = [], []
    for one in asked:
        query, question = reader.read(phrases_of(one.text), one.text)
        for at, fits in enumerate((True, False)):
            if fits and not one.fits.any():
                continue
            search = _search(seen, query, np.flatnonzero(~one.fits | fits))
            ranked = rank_by_evidence(
                search.hits[:SHORTLIST], question, calibration, query, search.sample, limit=1
            )
            if ranked.judgement is not None:
                best[at].append(ranked.judgement.probabilities[0])
    return best


def fit_evidence(
    stills: Path, encoder: Encoder, calibration: Calibration, *, seed: int, watch: Watch = NOBODY
) -> EvidenceLaws:
    """What shots of `encoder` say of phrases, and how tracks are put in order by it.

    Args:
        stills: a folder of `descry street stills`, of the split `val` or `test`.
        encoder: with the weights as they are shipped.
        calibration: of the same encoder.
        seed: of the sentences.
        watch: told of pictures.

    Raises:
        DatasetUnusable: the folder is incomplete.
        Stopped: the watch says so.
    """
    seen = see_people(stills, encoder, watch, most=2)
    laws = fit_laws(seen, encoder, calibration.background)
    asked = [one for asking in ASKED for one in questions(seen, asking, seed)]
    reader = EvidenceReader(encoder, laws, calibration.background)
    with suppress(ValueError):  # too few people to learn an order from: that of the sentence stays
        return fit_order(seen, asked, reader, calibration)
    return laws


def fit_order(
    seen: SeenPeople,
    asked: Sequence[Asked],
    reader: EvidenceReader,
    calibration: Calibration,
    rounds: int = 2,
) -> EvidenceLaws:
    """The laws of `reader`, with one for the order of tracks.

    It is learnt from what a search shows; that changes with the order, so it is learnt again.

    Raises:
        ValueError: everything that was shown fits, or nothing.
    """
    laws = reader.laws
    for _ in range(rounds):
        rows: list[tuple[float, float, float, bool]] = []
        for one in asked:
            rows += _shown(seen, one, reader, replace(calibration, evidence=laws))
        sentence, present, absent, fits = (np.array(each) for each in zip(*rows, strict=True))
        rank = fit_rank(sentence, present, absent, fits.astype(np.bool_))
        laws = replace(laws, rank=rank)
    return laws


def _shown(
    seen: SeenPeople, one: Asked, reader: EvidenceReader, calibration: Calibration
) -> Iterator[tuple[float, float, float, bool]]:
    """Of each track that a search shows: what its order follows from, and whether it fits."""
    phrases = phrases_of(one.text)
    query, question = reader.read(phrases, one.text)
    search = _search(seen, query)
    spread = calibration.spread(query, search.sample)
    if spread is None or not phrases:
        return
    ranked = rank_by_evidence(
        search.hits, question, calibration, query, search.sample, limit=_SHOWN
    )
    scores = np.array([hit.score for hit in ranked.hits])
    sentence = calibration.law.log_odds(scores, spread, search.sample.tracks)
    for hit, evidence, log_odds in zip(ranked.hits, ranked.evidence, sentence, strict=True):
        yield (float(log_odds), *sums_of(evidence), bool(one.fits[hit.track.number - 1]))


def _search(seen: SeenPeople, query: Vector, among: NDArray[np.int64] | None = None) -> _Search:
    """Ask all tracks, or those in such places."""
    tracks = seen.tracks if among is None else [seen.tracks[at] for at in among.tolist()]
    scored = [
        ScoredShot(sighting, float(sighting.vector @ query))
        for track in tracks
        for sighting in track
    ]
    hits = rank_tracks(scored, limit=len(tracks))
    return _Search(hits, query, TrackSample(np.array([hit.score for hit in hits]), len(hits)))


def _places(hits: Sequence[Hit]) -> NDArray[np.int64]:
    """(T,) tracks by their place among all, best first."""
    return np.array([hit.track.number - 1 for hit in hits])
