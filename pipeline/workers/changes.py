"""What judgements and answers changed in the hits of a search, in words."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from detectors.types import TrackKey
from retrieval.types import Hit

#: Ranks before judgements are known so far down; more costs a longer search.
RANKED_BEFORE: Final = 200


def told_left_out(tracks: Collection[TrackKey]) -> list[str]:
    """What was done with tracks that were judged not to fit; nothing without any."""
    return [f"{len(tracks)} judged not to fit are left out"] if tracks else []


def told_changes(done: Sequence[str], hits: Sequence[Hit], ranks: Mapping[TrackKey, int]) -> str:
    """What was done, how far it changed the answer, and how to undo it.

    Args:
        done: what was done, a clause each.
        hits: best first, as they are now.
        ranks: of each track, its rank without what was done, as far as that is known.
    """
    moves = sum(ranks.get(hit.track) != hit.rank for hit in hits)
    fresh = sum(ranks.get(hit.track, len(hits) + 1) > len(hits) for hit in hits)
    return (
        f"{', '.join(done)}; {moves} of {len(hits)} hits have another rank than without, {fresh} "
        f"were not among the first {len(hits)}; leave them out and the query is as it was"
    )
