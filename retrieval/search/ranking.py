"""From scored shots to a ranked list of tracks."""

from collections.abc import Iterable

from detectors.types import TrackKey
from retrieval.track_scores import BEST_OF, mean_of_best
from retrieval.types import Hit, ScoredShot


def rank_tracks(shots: Iterable[ScoredShot], *, limit: int, best_of: int = BEST_OF) -> list[Hit]:
    """Turn scored shots into one hit per track, best first.

    A person seen in many shots must not fill the first page, so a track speaks once: with the
    mean of its `best_of` highest scores. The mean of a few outvotes one lucky blur; the mean of
    all would punish a track for every moment its owner turned away.

    Args:
        shots: in any order, each once.
        limit: the most hits to return.
        best_of: how many shots of a track count, at least 1; all of them if it has fewer.

    Returns:
        Hits by falling score. Of equal scores the track seen last leads, then the lower key.
    """
    if best_of < 1:
        raise ValueError(f"best_of is {best_of}, not 1 or more")
    shots_of: dict[TrackKey, list[ScoredShot]] = {}
    for shot in shots:
        shots_of.setdefault(shot.sighting.shot.track, []).append(shot)

    ranked = []
    for track, own in shots_of.items():
        own.sort(key=_order)
        seen_at = max(shot.sighting.captured_at for shot in own)
        score = mean_of_best([shot.score for shot in own], best_of)
        ranked.append((-score, -seen_at, track))
    ranked.sort()
    return [
        Hit(rank=rank, track=track, score=-falling, shots=tuple(shots_of[track]))
        for rank, (falling, _, track) in enumerate(ranked[: max(limit, 0)], start=1)
    ]


def _order(shot: ScoredShot) -> tuple[float, float, int]:
    return -shot.score, -shot.sighting.captured_at, shot.sighting.shot.number
