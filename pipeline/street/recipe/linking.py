"""Whether tracks are put together as people truly went: hit lists of filmed streets, and a law."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.street.recipe.passers import Passers
from pipeline.street.recipe.tracks import encode_sentences
from pipeline.street.recipe.watching import NOBODY, Watch
from pipeline.street.words.captions import caption
from pipeline.street.words.views import View
from retrieval.ports import Encoder
from retrieval.search.background import Floats, Strangers
from retrieval.search.grouping_scores import BCubed, b_cubed
from retrieval.search.person_fit import Grouped, fit_links
from retrieval.search.person_links import Glimpse, LinkLaw, pairs_of
from retrieval.search.usual_likeness import usual_likeness
from retrieval.track_scores import scores_of_tracks
from retrieval.types import TrackSample, Vectors

#: How many hits a list has, and shares of a street's tracks that are looked at: indexes differ.
LENGTHS, SHARES = (10, 20), (0.25, 0.5, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class HitList:
    """Tracks that one sentence found, and whose they are.

    Attributes:
        glimpses: best first.
        grouped: their pairs and their people.
    """

    glimpses: Sequence[Glimpse]
    grouped: Grouped


def hit_lists(
    passers: Passers,
    encoder: Encoder,
    background: Strangers | None,
    *,
    seed: int,
    lengths: Sequence[int] = LENGTHS,
    shares: Sequence[float] = SHARES,
    watch: Watch = NOBODY,
) -> Iterator[HitList]:
    """What a sentence about each person finds, in more and in fewer of the tracks.

    Args:
        passers: of one street.
        encoder: whose vectors the tracks have.
        background: people that came with its weights.
        seed: of the sentences and of what is left out.
        lengths: hits of a list; lists of each length by turns.
        shares: of the tracks that are looked at, by turns.
        watch: told of sentences.

    Raises:
        Stopped: the watch says so.
    """
    rng = np.random.default_rng(seed)
    told = [caption(rng, look, View()).text for look in passers.looks]
    queries = encode_sentences(encoder, told, watch)
    shots = np.concatenate([one.shots for one in passers.glimpses])
    owner = np.repeat(np.arange(len(passers.glimpses)), [len(g.shots) for g in passers.glimpses])
    scores = scores_of_tracks(queries, shots, owner)  # (Q, T)
    for number, row in enumerate(scores):
        length, share = lengths[number % len(lengths)], shares[number % len(shares)]
        looked_at = max(round(share * len(row)), 2)
        there = np.sort(rng.permutation(len(row))[:looked_at])
        best = there[np.argsort(-row[there], kind="stable")][:length]
        yield _list_of(passers, best.tolist(), there.tolist(), background)


def everybody(passers: Passers, background: Strangers | None) -> HitList:
    """All tracks of a street, as one list."""
    places = list(range(len(passers.glimpses)))
    return _list_of(passers, places, places, background)


def _list_of(
    passers: Passers, best: Sequence[int], there: Sequence[int], background: Strangers | None
) -> HitList:
    found = [passers.glimpses[at] for at in best]
    directions = [one.direction for one in found]
    sample = _sample(directions[0][None], [passers.glimpses[one] for one in there])
    usual = usual_likeness(directions, sample, background)
    if usual is None:
        raise ValueError("neither background nor enough tracks to hold likenesses against")
    pairs = pairs_of(found, usual, tracks=len(there))
    return HitList(found, Grouped(pairs, [passers.people[at] for at in best]))


def _sample(direction: Vectors, glimpses: Sequence[Glimpse]) -> TrackSample:
    """What tracks score for one direction, as an index would tell it."""
    shots = np.concatenate([one.shots for one in glimpses])
    owner = np.repeat(np.arange(len(glimpses)), [len(one.shots) for one in glimpses])
    return TrackSample(scores_of_tracks(direction, shots, owner)[0], len(glimpses))


def fit_on(streets: Sequence[Passers], encoder: Encoder, background: Strangers | None, *,
           seed: int, watch: Watch = NOBODY) -> LinkLaw:  # fmt: skip
    """The law of an encoder.

    Args:
        streets: of people that neither `encoder` nor `background` ever saw.
        encoder: with the weights as they are shipped.
        background: people that come with them.
        seed: of the sentences.
        watch: told of sentences.

    Raises:
        ValueError: too few people pass two cameras.
        Stopped: the watch says so.
    """
    lists = [
        one.grouped
        for street in streets
        for one in hit_lists(street, encoder, background, seed=seed, watch=watch)
    ]
    return fit_links(lists)


def worth_of(
    lists: Sequence[HitList], groups_of: Callable[[HitList], Sequence[Sequence[int]]]
) -> BCubed:
    """Mean purity and completeness of lists, each grouped on its own."""
    scores = [b_cubed(groups_of(one), one.grouped.people) for one in lists]
    purity, completeness = np.mean(scores, axis=0).tolist()
    return BCubed(purity, completeness)


def cosines_of(one: HitList) -> Floats:
    """(T, T) cosine of the directions of all tracks."""
    directions = np.stack([glimpse.direction for glimpse in one.glimpses])
    found: Floats = (directions @ directions.T).astype(np.float64)
    return found
