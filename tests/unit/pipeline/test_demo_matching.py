"""Whose track is it: boxes laid over the truth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.types import Box
from pipeline.demo.matching import people_of_tracks
from pipeline.street.footage.mot import MotRow

ALICE, BOB = 1, 2
LEFT, RIGHT = Box(0, 0, 30, 80), Box(200, 0, 230, 80)


def rows(number, frames, box):
    return [MotRow(frame, number, box) for frame in frames]


def test_a_track_belongs_to_the_person_in_its_boxes():
    truth = rows(ALICE, range(1, 9), LEFT) + rows(BOB, range(1, 9), RIGHT)
    tracked = rows(7, range(1, 9), RIGHT) + rows(8, range(3, 6), LEFT)
    assert people_of_tracks(tracked, truth) == {7: BOB, 8: ALICE}


def test_a_track_that_changes_persons_halfway_belongs_to_nobody():
    truth = rows(ALICE, range(1, 9), LEFT) + rows(BOB, range(1, 9), RIGHT)
    tracked = rows(7, range(1, 5), LEFT) + rows(7, range(5, 9), RIGHT)
    assert people_of_tracks(tracked, truth) == {}


def test_boxes_of_nobody_count_against_a_track():
    truth = rows(ALICE, range(1, 5), LEFT)
    assert people_of_tracks(rows(7, range(1, 9), LEFT), truth) == {}
    assert people_of_tracks(rows(7, range(1, 8), LEFT), truth) == {7: ALICE}


@pytest.mark.parametrize(("width", "owners"), [(60, {7: ALICE}), (61, {})])
def test_boxes_that_overlap_by_less_than_half_are_not_the_same_person(width, owners):
    tracked = rows(7, [1], Box(0, 0, width, 80))
    assert people_of_tracks(tracked, rows(ALICE, [1], LEFT)) == owners


def test_of_two_people_close_together_the_nearer_box_counts():
    truth = rows(ALICE, [1], LEFT) + rows(BOB, [1], Box(5, 0, 35, 80))
    assert people_of_tracks(rows(7, [1], Box(4, 0, 34, 80)), truth) == {7: BOB}


def test_the_same_place_in_another_frame_is_not_the_same_person():
    assert people_of_tracks(rows(7, [2], LEFT), rows(ALICE, [1], LEFT)) == {}


def test_nothing_tracked_or_nobody_there_matches_nothing():
    assert people_of_tracks([], rows(ALICE, [1], LEFT)) == {}
    assert people_of_tracks(rows(7, [1], LEFT), []) == {}


boxes = st.builds(
    lambda x, y, w, h: Box(x, y, x + w, y + h),
    st.integers(0, 50), st.integers(0, 50), st.integers(1, 60), st.integers(1, 60),
)  # fmt: skip
mot_rows = st.lists(st.builds(MotRow, st.integers(1, 4), st.integers(1, 3), boxes), max_size=12)


@given(mot_rows, mot_rows, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing_that_a_majority_decides(tracked, truth, random):
    shuffled = tracked.copy()
    random.shuffle(shuffled)
    assert people_of_tracks(shuffled, truth) == people_of_tracks(tracked, truth)


@given(mot_rows)
def test_the_truth_laid_over_itself_finds_everyone_who_stands_alone(truth):
    alone = [row for row in truth if sum(other.frame == row.frame for other in truth) == 1]
    expected = {row.number: row.number for row in alone}
    assert people_of_tracks(alone, alone) == expected
