"""How alike unrelated tracks look: by the people of the weights, and by tracks of the index.

Another camera, and another street than the encoder learnt on, make everybody look more alike. The
best hit of an answer tells by how much: it is held against tracks of the index, and what that
differs from the people that came with the weights is taken for all hits.
"""

import math
from collections.abc import Sequence

from retrieval.search.background import Spread, Strangers, blend, spread_of
from retrieval.search.calibration import LEAST_TRACKS
from retrieval.types import TrackSample, Vector


def usual_likeness(
    directions: Sequence[Vector], sample: TrackSample, background: Strangers | None
) -> Spread | None:
    """Where unrelated tracks lie for the direction of a track, the mean over some.

    Args:
        directions: (D,) length 1, of the tracks; one at least.
        sample: what tracks of the index score for the first of them.
        background: people that came with the weights; None where none did.

    Returns:
        None where nothing tells: there is no background, and the index holds fewer than
        `LEAST_TRACKS` tracks.
    """
    count = len(sample.scores)
    own = spread_of(sample.scores) if count else None
    if background is None:
        return own if count >= LEAST_TRACKS else None
    bundled = [spread_of(background.scores(direction)) for direction in directions]
    first = blend(bundled[0], own, count) or bundled[0]
    shift = first.centre - bundled[0].centre
    stretch = math.log(first.width / bundled[0].width)
    return Spread(
        math.fsum(one.centre for one in bundled) / len(bundled) + shift,
        math.exp(math.fsum(math.log(one.width) for one in bundled) / len(bundled) + stretch),
    )
