"""The best tracks of a whole gallery, found without scoring every shot of it."""

from detectors.types import TrackKey
from retrieval.ports import Index
from retrieval.search.ranking import rank_tracks
from retrieval.track_scores import BEST_OF
from retrieval.types import Hit, ScoredShot, Vector, Where

#: The first answer asked for, as a multiple of the shots that can count: large enough that one scan
#: of the gallery is mostly enough, small enough that it costs little beside the scan.
FIRST_SHARE = 4


def find_tracks(
    index: Index, query: Vector, *, limit: int, where: Where, best_of: int = BEST_OF
) -> list[Hit]:
    """The `limit` best tracks, the same as if every admitted shot had been ranked.

    The index answers with shots, and the k best shots need not hold the best tracks: a track
    is a mean over shots, some of which lie below the k-th. So the tracks found are completed,
    and k doubles until no unseen track can matter: all its shots score at most what the worst
    shot found does, hence so does their mean.

    Args:
        index: the gallery; shots added or removed meanwhile may or may not count.
        query: (D,) length 1.
        limit: the most hits to return.
        where: what may be returned.
        best_of: how many shots of a track count.
    """
    if limit < 1:
        return []
    k = limit * best_of * FIRST_SHARE
    seen: set[TrackKey] = set()
    shots: list[ScoredShot] = []
    while True:
        found = index.search(query, k=k, where=where)
        new = {shot.sighting.shot.track for shot in found} - seen
        shots += index.score_tracks(query, new, where=where)
        seen |= new
        hits = rank_tracks(shots, limit=limit, best_of=best_of)
        if len(found) < k or _nothing_unseen_matters(hits, limit, found[-1].score):
            return hits
        k *= 2


def _nothing_unseen_matters(hits: list[Hit], limit: int, lowest: float) -> bool:
    # Strictly above: an unseen track with the same score could have been seen later, and lead.
    return len(hits) == limit and hits[-1].score > lowest
