"""A made-up log of shots and removals, and an index that is killed while it reads it."""

import random
from pathlib import Path

import numpy as np

from detectors.types import Box, ShotId, TrackKey
from retrieval.index.flat import FlatIndex
from retrieval.index.rolling import RollingIndex
from retrieval.types import Sighting, Where

DIMENSION = 16
MODEL = "m@1"
EVERYTHING = Where(now=float("-inf"))
ANYBODY = np.eye(1, DIMENSION, dtype=np.float32)[0]
HALF_A_DAY = 43_200.0


def operations(seed, count):
    """`count` of (what, with what): shots that come, some late or twice, tracks that go, time."""
    rng, generator = random.Random(seed), np.random.default_rng(seed)
    told = []
    numbers = {}
    for turn in range(count):
        chance = rng.random()
        if numbers and chance < 0.08:
            told.append(("remove", rng.sample(sorted(numbers), min(2, len(numbers)))))
        elif chance < 0.12:
            told.append(("expire", turn * 600.0))
        else:
            told.append(("add", _shots(rng, generator, numbers, turn)))
            if rng.random() < 0.2:
                told[-1][1].extend(rng.sample(told[-1][1], 1))
    return told


def _shots(rng, generator, numbers, turn):
    shots = []
    for _ in range(rng.randrange(1, 12)):
        track = TrackKey(rng.choice(["gate", "lobby"]), "r1", rng.randrange(turn // 4, turn + 3))
        number = numbers[track] = numbers.get(track, 0) + 1
        vector = generator.standard_normal(DIMENSION).astype(np.float32)
        vector = (vector / np.linalg.norm(vector)).astype(np.float16).astype(np.float32)
        at = turn * 600.0 + rng.uniform(-HALF_A_DAY, HALF_A_DAY)
        shots.append(
            Sighting(
                shot=ShotId(track, number),
                collection=rng.choice(["live", "case"]),
                captured_at=at,
                vector=vector,
                model_id=MODEL,
                box=Box(1, 2, 3, number),
                quality=0.5,
                picture=f"{track}/{number}.jpg",
                replaces=number - 1 if number > 1 and rng.random() < 0.5 else None,
                expires_at=rng.choice([None, at + 5 * HALF_A_DAY]),
                zones=rng.choice([(), ("door",)]),
            )
        )
    rng.shuffle(shots)
    return shots


def without(log, removals):
    """`log` as it reads once the removals at these places of it were asked for.

    Whoever removes a track deletes what the log says of it, and removes it from the index then.
    """
    left = list(log)
    for place in removals:
        gone = set(log[place][1])
        for at, (what, argument) in enumerate(left[:place]):
            if what == "add":
                left[at] = what, [shot for shot in argument if shot.shot.track not in gone]
    return left


def apply(index, operation):
    what, argument = operation
    {"add": index.add, "remove": index.remove, "expire": index.expire}[what](argument)


def contents(index):
    """Every shot that can be found, with its score; in order, so that a double is seen."""
    found = index.search(ANYBODY, k=10**9, where=EVERYTHING)
    return [(shot.sighting.shot, shot.score, shot.sighting.picture) for shot in found]


def judge(log):
    """An exact index of all that `log` says."""
    index = FlatIndex(MODEL, DIMENSION)
    for operation in log:
        apply(index, operation)
    return index


def opened(folder):
    return RollingIndex(Path(folder), MODEL, DIMENSION)


def read_until_killed(folder, log, told):
    """Go on from the last checkpoint; say what begins, what is done, and each position saved.

    Positions are saved at random, and between them some segments are merged.
    """
    index = opened(folder)
    rng = random.Random()
    begin = int(index.position or 0)
    for at, operation in enumerate(log[begin:], start=begin):
        told.send(("begun", at))
        apply(index, operation)
        told.send(("done", at))
        if rng.random() < 0.2:
            index.checkpoint(str(at + 1))
            told.send(("saved", at + 1))
        if rng.random() < 0.02:
            index.compact()
    index.checkpoint(str(len(log)))
    told.send(("saved", len(log)))
