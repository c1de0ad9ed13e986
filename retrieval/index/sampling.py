"""Draws tracks from an index, evenly over the order they came in, and says what they score."""

from collections.abc import Sequence

import numpy as np

from detectors.types import TrackKey
from retrieval.index.scoring import Rows, Scores
from retrieval.track_scores import means_of_best
from retrieval.types import TrackSample

#: Rows looked at for each track that a sample wants: a track has a few shots.
ROWS_PER_DRAW = 4


def looked_at(admitted: int, tracks: int) -> Rows:
    """Which of `admitted` shots are looked at, to find so many `tracks`: at even distances."""
    return _spread_out(admitted, tracks * ROWS_PER_DRAW)


def draw(seen: Sequence[TrackKey], at_most: int) -> list[TrackKey]:
    """`at_most` of the tracks `seen`, at even distances; each once."""
    known = list(dict.fromkeys(seen))
    return [known[at] for at in _spread_out(len(known), at_most).tolist()]


def sample_of(
    drawn: Sequence[TrackKey],
    owners: Sequence[TrackKey],
    scores: Scores,
    *,
    admitted: int,
    best_of: int,
) -> TrackSample:
    """What the tracks `drawn` score, by (M,) `scores` of shots and whose each is.

    `admitted` shots are there in all, of these tracks and of others.
    """
    there = set(owners)  # the last shot of one may have gone since it was drawn
    place = {track: at for at, track in enumerate(each for each in drawn if each in there)}
    owner = np.fromiter((place[track] for track in owners), np.int64, len(owners))
    tracks = round(admitted * len(drawn) / max(len(owners), 1))
    return TrackSample(means_of_best(scores, owner, best_of), tracks)


def _spread_out(count: int, at_most: int) -> Rows:
    """All of 0 … `count` − 1, or `at_most` of them at even distances."""
    if count <= at_most:
        return np.arange(count)
    return np.linspace(0, count - 1, at_most).astype(np.int64)
