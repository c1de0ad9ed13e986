"""Sightings made up on the spot, and exhaustive search to judge an index by."""

import numpy as np

from detectors.types import Box, ShotId, TrackKey
from retrieval.types import Sighting

EAST = np.eye(4, dtype=np.float32)[0]


def off_the_wire(vector):
    """A vector as the log delivers it: it has been in half precision."""
    return vector.astype(np.float16).astype(np.float32)


def shot_of(track, number=1, *, vector=EAST, at=0.0, replaces=None, expires_at=None):
    return Sighting(
        shot=ShotId(track, number),
        collection="live",
        captured_at=at,
        vector=off_the_wire(vector),
        model_id="m@1",
        box=Box(0, 0, 1, 2),
        quality=0.5,
        picture=f"{track}.jpg",
        replaces=replaces,
        expires_at=expires_at,
    )


def crowd(seed, count, dimension, cameras=("lobby", "gate")):
    """One shot each of `count` tracks, in random directions, seen a second apart."""
    vectors = np.random.default_rng(seed).standard_normal((count, dimension)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return [
        shot_of(TrackKey(cameras[i % len(cameras)], "r1", i), vector=vector, at=float(i))
        for i, vector in enumerate(vectors)
    ]


def ids_of(shots):
    return [shot.sighting.shot for shot in shots]


def told(shots):
    return [(shot.sighting.shot, shot.score) for shot in shots]


def unit(vector):
    return vector.astype(float) / np.linalg.norm(vector.astype(float))


def assert_as_by_hand(found, gallery, query, k, where):
    """`found` is what exhaustive search gives, written as plainly as it can be."""
    score_of = {
        s.shot: float(np.dot(unit(s.vector), query.astype(float)))
        for s in gallery
        if where.admits(s)
    }
    ids, scores = ids_of(found), [shot.score for shot in found]
    assert len(set(ids)) == len(ids)
    assert set(ids) <= set(score_of)
    np.testing.assert_allclose(scores, [score_of[id] for id in ids], atol=1e-6)
    np.testing.assert_allclose(scores, sorted(score_of.values(), reverse=True)[:k], atol=1e-6)
