"""pipeline.workers.likely_person: the person is followed, as long as nobody else might be it."""

from hypothesis import given
from hypothesis import strategies as st

from detectors.types import Box
from pipeline.workers.likely_person import (
    MISSED,
    People,
    SeenFrame,
    Sight,
    match,
    person_in,
)


def box(x: float, y: float = 0.2) -> Box:
    return Box(x, y, x + 0.1, y + 0.4)


def walk(*others: float, missing: tuple[int, ...] = (), count: int = 20) -> list[SeenFrame]:
    """Somebody walks to the right from 0.1; others stand."""
    return [
        SeenFrame(
            n * 0.04,
            People(
                tuple(box(x) for x in ([] if n in missing else [0.1 + n * 0.01]) + list(others))
            ),
        )
        for n in range(count)
    ]


def test_who_walks_is_followed_to_both_sides_of_a_shot():
    frames = walk(0.7)
    assert person_in(frames, [Sight(0.4, box(0.2))]) == [frame.boxes[0] for frame in frames]


def test_without_a_shot_nobody_is_it():
    assert person_in(walk(0.7), []) == [None] * 20
    assert person_in(walk(0.7), [Sight(9.0, box(0.2))]) == [None] * 20


def test_nobody_is_it_once_somebody_else_is_in_the_way():
    found = person_in(walk(0.22), [Sight(0.0, box(0.1))])
    assert found[0] == box(0.1)
    assert None in found
    blocked = found.index(None)
    assert found[blocked:] == [None] * (20 - blocked)


def test_a_few_frames_without_the_person_are_bridged_and_more_are_not():
    few = person_in(walk(missing=(5, 6)), [Sight(0.0, box(0.1))])
    assert [n for n, found in enumerate(few) if found is None] == [5, 6]
    gap = tuple(range(5, 5 + MISSED + 1))
    many = person_in(walk(missing=gap), [Sight(0.0, box(0.1))])
    assert [found is None for found in many] == [False] * 5 + [True] * 15


def test_where_two_shots_lead_to_different_people_it_is_neither():
    frames = walk(0.7)
    assert person_in(frames, [Sight(0.0, box(0.1)), Sight(0.0, box(0.7))]) == [None] * 20


def test_a_frame_that_could_not_be_searched_shows_nobody():
    there = People((box(0.1),))
    frames = [SeenFrame(0.0, there), SeenFrame(0.04, None), SeenFrame(0.08, there)]
    assert person_in(frames, [Sight(0.0, box(0.1))]) == [box(0.1), None, box(0.1)]


def test_a_person_found_twice_is_one():
    twice = (box(0.1), Box(0.1, 0.2, 0.2, 0.58))
    assert match(box(0.1), twice) == box(0.1)


def test_who_stands_half_behind_the_person_is_another_and_only_a_faint_part_is_theirs():
    person = Box(0.2, 0.2, 0.4, 0.8)
    behind, twin = Box(0.32, 0.22, 0.42, 0.6), Box(0.2, 0.2, 0.4, 0.78)
    chest, child = Box(0.22, 0.22, 0.38, 0.4), Box(0.25, 0.5, 0.35, 0.8)
    assert People((person, behind, twin)).without(person) == [behind]
    assert People((person,), (chest, child)).without(person) == [child]
    assert People((person, chest), (child,)).without(None) == [person, chest, child]


def test_faint_boxes_are_nobody_and_in_nobodys_way():
    frames = [SeenFrame(n * 0.04, People((box(0.1),), (box(0.13), box(0.7)))) for n in range(4)]
    assert person_in(frames, [Sight(0.0, box(0.1))]) == [box(0.1)] * 4
    assert person_in(frames, [Sight(0.0, box(0.7))]) == [None] * 4


@given(st.lists(st.tuples(st.floats(0, 0.9), st.floats(0, 0.6)), max_size=5), st.floats(0, 0.9))
def test_a_match_overlaps_and_is_alone(places, x):
    boxes = [box(*place) for place in places]
    found = match(box(x), boxes)
    if found is not None:
        assert found in boxes
        assert abs(found.x1 - x) < 0.04
