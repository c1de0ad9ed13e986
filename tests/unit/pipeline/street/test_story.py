"""pipeline.street.footage.story and journeys: who walks where and when."""

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.street.footage.crowd import STEP_S
from pipeline.street.footage.journeys import SeenWalk, plan_legs, seen_walks
from pipeline.street.footage.story import Request, tell
from pipeline.street.footage.walking import Route
from pipeline.street.rendering.sighting import might_see
from pipeline.street.scenery.places import PLACES, is_for_tests

SMALL = Request(3, people=4, cameras=3, seconds=30.0, places=("lobby", "shop"))


# The briskest walker, catching up with a companion, while somebody is pushed aside: on a bend the
# two may point the same way.
FASTEST_M_S = 1.01 * (1.8 + 0.5) + 0.8


@pytest.fixture(scope="module")
def story():
    return tell(SMALL)


def stances(journey, seconds=30.0, step_s=0.1):
    """(place, stance) at every step, None where somebody is nowhere."""
    return [journey.at(number * step_s) for number in range(round(seconds / step_s))]


def test_the_same_seed_tells_the_same_story(story):
    tell.cache_clear()
    again = tell(SMALL)

    assert again.people == story.people
    assert again.cameras == story.cameras
    assert [stances(one) for one in again.journeys] == [stances(one) for one in story.journeys]


def test_another_seed_tells_another(story):
    other = tell(Request(4, people=4, cameras=3, seconds=30.0, places=("lobby", "shop")))

    assert other.people != story.people
    assert [stances(one) for one in other.journeys] != [stances(one) for one in story.journeys]


def test_cameras_hang_in_the_places_in_turn_under_names_of_their_own(story):
    assert [one.camera.camera_id for one in story.cameras] == ["lobby-1", "shop-1", "lobby-2"]
    assert [story.places[one.place].name for one in story.cameras] == ["lobby", "shop", "lobby"]


def test_more_cameras_than_a_place_has_hang_in_another_variant_of_it():
    many = tell(Request(3, people=1, cameras=4, seconds=5.0, places=("lobby",)))

    assert len(many.places) == 2
    assert len({one.camera.camera_id for one in many.cameras}) == 4


def test_a_story_for_tests_shows_places_for_tests(story):
    assert all(is_for_tests(place.seed) for place in story.places)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_nobody_is_ever_somewhere_else_all_at_once(seed):
    story = tell(Request(seed, people=3, cameras=2, seconds=20.0, places=("lobby",)))
    for journey in story.journeys:
        seen = stances(journey, 20.0)
        for before, after in pairwise(seen):
            if before and after and before[0] == after[0]:
                moved = math.dist((before[1].x, before[1].y), (after[1].x, after[1].y))
                assert moved <= FASTEST_M_S * 0.1 + 1e-6


def test_people_lead_from_camera_to_camera(story):
    met = [
        {
            number
            for number, one in enumerate(story.cameras)
            for here in stances(journey, step_s=0.5)
            if here
            and here[0] == one.place
            and might_see(one.camera, here[1].x, here[1].y, margin_m=0)
        }
        for journey in story.journeys
    ]
    assert sum(len(cameras) >= 2 for cameras in met) >= len(met) / 2


def test_people_of_a_place_are_told_in_their_order(story):
    persons = [person for person, _ in story.present(0, 15.0)]

    assert persons == sorted(persons)


def test_walks_that_a_camera_sees_lead_through_its_picture():
    place = PLACES["lobby"](4)
    for walk in seen_walks(place, 0, place.cameras[0]):
        assert walk.seen_m >= 3
        assert any(
            might_see(place.cameras[0], *walk.route.at(metres)[:2])
            for metres in range(int(walk.route.length_m))
        )


def test_each_leg_passes_another_camera_than_the_last(rng):
    walks = [[SeenWalk(number, Route(((0, 0), (5 + number, 0))), 5.0)] for number in range(3)]
    legs = plan_legs(rng, walks, people=5, seconds=60.0)

    for before, after in pairwise(legs):
        if before.person == after.person:
            assert before.place != after.place


def test_people_leave_after_as_many_cameras_as_is_asked_for(rng):
    walks = [[SeenWalk(number, Route(((0, 0), (5 + number, 0))), 5.0)] for number in range(3)]
    legs = plan_legs(rng, walks, people=20, seconds=600.0, visits=2)
    assert Counter(leg.person for leg in legs) == dict.fromkeys(range(20), 2)


def test_with_one_camera_people_come_back_to_it(rng):
    legs = plan_legs(rng, [[SeenWalk(0, Route(((0, 0), (5, 0))), 5.0)]], people=1, seconds=60.0)

    assert len(legs) > 2
    assert all(leg.gap_s >= STEP_S for leg in legs[1:])


@pytest.fixture
def rng():
    return np.random.default_rng(5)
