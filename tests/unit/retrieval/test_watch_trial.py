"""retrieval.search.watch_trial: what would have been told is what is told of live people."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.types import Box, ShotId, TrackKey
from retrieval.index.flat import FlatIndex
from retrieval.search.alarm_budget import LOOKS, false_alarms_of, threshold_of
from retrieval.search.background import Spread
from retrieval.search.watch_trial import candidates, replay
from retrieval.search.watches import SeenShot, Standing, end, judge
from retrieval.types import Sighting, Where

NOON = 1_795_000_000.0
MODEL = "m@1"
RED = np.array([1, 0, 0], np.float32)


def standing(**more):
    facts = {"watch": "w", "vector": RED, "threshold": 0.5, "cooldown_s": 600.0}
    return Standing(**(facts | more))


def unit(red, blue):
    vector = np.array([red, blue, 0.1], np.float32)
    return vector / np.linalg.norm(vector)


def track(number, camera="door"):
    return TrackKey(camera, "r1", number)


SHOTS = st.lists(
    st.tuples(
        st.integers(1, 4),  # track
        st.sampled_from(["door", "gate"]),
        st.floats(-1, 1, width=32),  # how red
        st.floats(0.125, 1, width=32),  # how blue
        st.integers(0, 20),  # hundreds of seconds
        st.sets(st.sampled_from(["step", "lawn"])),
    ),
    max_size=16,
)


def shots_of(rows):
    shots = {}
    for number, camera, red, blue, at, zones in rows:
        theirs = shots.setdefault(track(number, camera), [])
        vector, name = unit(red, blue), f"picture-{len(theirs) + 1}"
        where = tuple(sorted(zones))
        theirs.append(SeenShot(len(theirs) + 1, NOON + 100.0 * at, vector, where, name))
    return shots


def told_live(asked, shots, until):
    """The alerts that are told where each moment is looked at: who is there, and what is new."""
    known, words = {}, []
    for at in sorted({shot.captured_at for theirs in shots.values() for shot in theirs}):
        last = {
            key: max(until.get(key, 0), *(s.captured_at for s in theirs))
            for key, theirs in shots.items()
        }
        there = [key for key in shots if min(s.captured_at for s in shots[key]) <= at <= last[key]]
        for word in end(known, there, last):
            known[word.watch, word.track] = word
        now = [(str(k), s.number, k, s) for k in there for s in shots[k] if s.captured_at == at]
        for _, number, key, _ in sorted(now, key=lambda one: one[:2]):
            so_far = [s for s in shots[key] if (s.captured_at, s.number) <= (at, number)]
            made = judge([asked], {key: so_far}, known, model_id=MODEL)
            known |= {(word.watch, word.track): word for word in made}
            words += made
    return words


@settings(deadline=None)
@given(
    rows=SHOTS,
    cooldown_s=st.sampled_from([0.0, 300.0, 1e6]),
    zones=st.none() | st.just(frozenset(["step"])),
    stays=st.dictionaries(st.integers(1, 4), st.integers(0, 20), max_size=4),
)
def test_what_is_tried_is_told_as_it_would_be_live(rows, cooldown_s, zones, stays):
    asked, shots = standing(cooldown_s=cooldown_s, zones=zones), shots_of(rows)
    until = {track(number): NOON + 100.0 * at for number, at in stays.items()}
    words = told_live(asked, shots, until)
    found = replay(asked, shots, until, model_id=MODEL, best_of=3)
    assert [each.first.alert for each in found] == [w.alert for w in words if w.kind == "new"]
    for each in found:
        theirs = [word for word in words if word.alert == each.first.alert]
        assert each.best.score == max(word.score for word in theirs)
        assert each.tracks == len({word.track for word in theirs})


@settings(deadline=None)
@given(rows=SHOTS, zones=st.none() | st.just(frozenset(["lawn"])))
def test_whoever_may_be_told_is_tried_with_all_their_shots(rows, zones):
    asked, shots = standing(zones=zones), shots_of(rows)
    index = FlatIndex(MODEL, 3)
    for key, theirs in shots.items():
        index.add([sighting(key, shot) for shot in theirs])
    found, is_all = candidates(index, asked, Where(now=NOON), at_most=100)
    assert is_all
    wanted = {
        key: {shot.number for shot in theirs}
        for key, theirs in shots.items()
        if any(zones is None or zones & set(s.zones) for s in theirs)
    }
    for key, theirs in found.items():
        assert {shot.number for shot in theirs} == wanted[key]
        assert max(float(shot.vector @ RED) for shot in theirs) >= asked.threshold - 1e-3
    for key in wanted.keys() - found.keys():
        admitted = [s for s in shots[key] if zones is None or zones & set(s.zones)]
        assert max(float(shot.vector @ RED) for shot in admitted) <= asked.threshold + 1e-3


def sighting(key, shot):
    return Sighting(
        shot=ShotId(key, shot.number),
        collection="live",
        captured_at=shot.captured_at,
        vector=shot.vector,
        model_id=MODEL,
        box=Box(0, 0, 10, 20),
        quality=0.5,
        picture=shot.picture,
        zones=shot.zones,
    )


def test_of_too_many_the_likeliest_are_tried_and_that_is_said():
    index = FlatIndex(MODEL, 3)
    for number in range(1, 21):
        index.add([sighting(track(number), SeenShot(1, NOON, unit(1, number / 40)))])
    found, is_all = candidates(index, standing(), Where(now=NOON), at_most=5)
    assert not is_all
    assert set(found) == {track(number) for number in range(1, 6)}


@given(
    false_alarms=st.floats(0.01, 100),
    per_day=st.floats(1, 1e5),
    centre=st.floats(-0.5, 0.5),
    width=st.floats(1e-3, 0.2),
)
def test_the_false_alarms_that_are_expected_are_those_of_the_budget(
    false_alarms, per_day, centre, width
):
    spread = Spread(centre, width)
    threshold = threshold_of(spread, false_alarms=false_alarms, per_day=per_day)
    found = false_alarms_of(threshold, spread, per_day=per_day)
    if threshold == -1.0:
        assert found == per_day <= false_alarms / LOOKS
    else:
        assert found == pytest.approx(min(false_alarms, per_day), rel=1e-6)


def test_where_nothing_tells_nobody_is_told():
    assert false_alarms_of(math.inf, None, per_day=1000.0) == 0.0
