"""pipeline.street.footage.still_plan: what each single frame shows."""

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.street.camera import Camera
from pipeline.street.footage.still_plan import (
    FEWEST,
    MOST,
    Stills,
    any_pose,
    arrange,
    groups_of,
    people_of,
    plan_still,
    usual_frames,
    vary,
)
from pipeline.street.scenery.place import is_for_tests
from pipeline.street.scenery.places import PLACES
from pipeline.street.variants import SPLITS, place_seed

TRAIN = Stills(seed=7, people=80, split="train", frames=60)


@given(st.integers(0, 2**32 - 1), st.integers(1, 200), st.integers(0, 40))
def test_a_frame_shows_nobody_twice_and_nobody_from_outside(seed, people, frame):
    found = people_of(Stills(seed, people, "train", 50), frame)

    assert len(set(found)) == len(found) <= MOST
    assert all(0 <= person < people for person in found)


def test_each_person_is_met_about_as_often_as_any_other():
    met = Counter(person for frame in range(60) for person in people_of(TRAIN, frame))

    assert len(met) == 80
    assert 4 <= min(met.values()) <= max(met.values()) <= 8


def test_people_walk_stand_turn_about_and_phone():
    rng = np.random.default_rng(3)
    poses = [any_pose(rng, walks=bool(rng.random() < 0.75)) for _ in range(800)]
    shares = Counter(pose.activity for pose in poses)
    turning = [pose for pose in poses if pose.activity == "turning"]

    assert set(shares) == {"walking", "standing", "turning", "phoning"}
    assert min(shares.values()) > 0.03 * len(poses)
    assert all(0.6 <= abs(pose.head_turn) <= 1.2 for pose in turning)
    assert {pose.head_turn > 0 for pose in turning} == {True, False}


def test_people_are_met_in_another_order_each_round():
    met = [person for frame in range(60) for person in people_of(TRAIN, frame)]
    following = list(pairwise(met))

    assert len(set(following)) > len(following) / 2  # a sixth, were all six rounds alike


def test_the_usual_number_of_frames_shows_each_person_six_times():
    assert usual_frames(80) == TRAIN.frames
    assert TRAIN.rounds == 6


def test_frames_of_a_group_show_the_same_people():
    groups = groups_of(TRAIN, range(60))
    first = {p for frame in range(60) if groups[frame] == 0 for p in people_of(TRAIN, frame)}

    assert set(groups) == {0, 1}
    assert len(first) <= 40 + MOST


def test_a_frame_is_planned_the_same_whatever_was_planned_before():
    again = [plan_still(TRAIN, frame)[0] for frame in (3, 1)]

    assert again == [plan_still(TRAIN, frame)[0] for frame in (1, 3)][::-1]


@pytest.mark.parametrize("split", SPLITS)
def test_only_the_test_set_shows_places_for_tests(split):
    plans = [plan_still(Stills(7, 40, split, 10), frame)[0] for frame in range(6)]

    assert all(is_for_tests(plan.place_seed) == (split == "test") for plan in plans)


def test_splits_share_no_place():
    rng = np.random.default_rng(1)
    rests = [{place_seed(rng, split) % 5 for _ in range(50)} for split in SPLITS]

    assert set().union(*rests) == {0, 1, 2, 3, 4}
    assert sum(map(len, rests)) == 5


def test_splits_and_seeds_share_nobody():
    names = [
        Stills(seed, 10, split, 10).person_id(person)
        for seed in (1, 11)
        for split in SPLITS
        for person in range(10)
    ]
    assert len(set(names)) == len(names)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(sorted(PLACES)))
def test_people_stand_apart_and_in_the_picture(seed, name):
    rng = np.random.default_rng(seed)
    place = PLACES[name](2)
    camera = vary(rng, place.cameras[0])
    placed = arrange(rng, place, camera, range(FEWEST))

    for one in placed:
        x, _, depth = camera.project(np.array([[one.x, one.y, 1.0]], np.float32))[0]
        assert 0 <= x <= camera.width
        assert depth > 0
    for n, one in enumerate(placed):
        for other in placed[:n]:
            assert math.dist((one.x, one.y), (other.x, other.y)) >= 0.5


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1))
def test_a_camera_hung_elsewhere_moves_away_from_the_wall_behind_it_and_the_ceiling(seed):
    camera = Camera("hall-1", (-4.0, 3.0, 2.9), (2.0, -1.0, 1.0))
    moved = vary(np.random.default_rng(seed), camera)
    ahead = np.subtract(camera.target, camera.eye)[:2]
    step = np.subtract(moved.eye, camera.eye)
    assert step[:2] @ ahead > 0
    assert step[2] <= 0
