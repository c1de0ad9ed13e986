"""Vectors of crowds that are dressed in one way or another, for tests of indexes."""

import numpy as np

DIMENSION = 64


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def dressed_alike(rng, count, looks=40):
    """(count, D): people in a few looks, in shots of four a track."""
    people = rng.standard_normal((looks, DIMENSION))[rng.integers(looks, size=-(-count // 4))]
    people = people + 0.7 * rng.standard_normal(people.shape)
    shots = np.repeat(people, 4, axis=0)[:count]
    return unit(shots + 0.4 * rng.standard_normal(shots.shape))


def anyhow(rng, count):
    return unit(rng.standard_normal((count, DIMENSION)))


def in_a_cone(rng, count):
    """As encoders make them: alike in most of what they say, and different in little of it."""
    scales = np.exp(-np.arange(DIMENSION) / 6)
    return unit(3 * scales[0] + rng.standard_normal((count, DIMENSION)) * scales)


def in_one_place(rng, count):
    """One person who stood there all day, and few others."""
    stood = unit(rng.standard_normal(DIMENSION) + 0.05 * rng.standard_normal((count, DIMENSION)))
    stood[:: count // 50] = anyhow(rng, len(stood[:: count // 50]))
    return stood
