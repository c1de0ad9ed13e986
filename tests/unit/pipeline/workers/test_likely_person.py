"""pipeline.workers.likely_person: the person is followed, as long as nobody else might be it."""

from hypothesis import given
from hypothesis import strategies as st

from detectors.types import Box
from pipeline.workers.likely_person import (
    ALONE_S,
    EDGE_S,
    People,
    SeenFrame,
    Sight,
    Sought,
    match,
    person_in,
)


def box(x: float, y: float = 0.2) -> Box:
    return Box(x, y, x + 0.1, y + 0.4)


def of(*sights: Sight, until: float = 60.0) -> Sought:
    return Sought(sights, 0.0, until)


def standing(spans: list[tuple[float, float]], *, every_s: float) -> list[SeenFrame]:
    """Somebody stands at 0.1 within these spans of a clip of 6 s, which holds nobody else."""
    instants = [n * every_s for n in range(round(6 / every_s))]
    return [
        SeenFrame(at, People((box(0.1),) * any(a <= at < b for a, b in spans))) for at in instants
    ]


def shown(frames: list[SeenFrame], sought: Sought) -> float:
    """Until when the person is shown."""
    found = person_in(frames, sought)
    return max(frame.at for frame, each in zip(frames, found, strict=True) if each is not None)


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
    assert person_in(frames, of(Sight(0.4, box(0.2)))) == [frame.boxes[0] for frame in frames]


def test_without_a_shot_nobody_is_it():
    assert person_in(walk(0.7), of()) == [None] * 20
    assert person_in(walk(0.7), of(Sight(9.0, box(0.2)))) == [None] * 20


def test_nobody_is_it_once_somebody_else_is_in_the_way():
    found = person_in(walk(0.22), of(Sight(0.0, box(0.1))))
    assert found[0] == box(0.1)
    assert None in found
    blocked = found.index(None)
    assert found[blocked:] == [None] * (20 - blocked)


def test_a_few_frames_without_the_person_are_bridged_and_more_are_not():
    few = person_in(walk(missing=(5, 6)), of(Sight(0.0, box(0.1))))
    assert [n for n, found in enumerate(few) if found is None] == [5, 6]
    many = person_in(walk(missing=(5, 6, 7, 8)), of(Sight(0.0, box(0.1))))
    assert [found is None for found in many] == [False] * 5 + [True] * 15


def test_whoever_stands_there_once_the_track_is_over_is_another():
    frames = standing([(0, 2), (2.1, 6)], every_s=0.04)
    assert shown(frames, of(Sight(0.0, box(0.1)))) > 5.9
    assert 2.0 <= shown(frames, of(Sight(0.0, box(0.1)), until=1.9)) <= 1.9 + EDGE_S
    assert person_in(frames, Sought((Sight(1.0, box(0.1)),), 0.9, 1.1))[0] is None


def test_at_a_low_rate_nobody_is_followed_past_an_empty_frame_or_a_long_wait():
    seen = of(Sight(0.0, box(0.1)))
    assert shown(standing([(0, 6)], every_s=0.2), seen) > 5.7
    assert shown(standing([(0, 2.1), (2.3, 6)], every_s=0.2), seen) < 2.1
    assert shown(standing([(0, 6)], every_s=1.0), seen) == 0.0
    gap = [frame for frame in standing([(0, 6)], every_s=0.1) if not 2.0 < frame.at < 2.7]
    assert shown(gap, seen) <= 2.05


def test_of_several_shots_two_have_to_agree_but_near_one():
    apart = standing([(0, 2), (3, 6)], every_s=0.04)
    alone = of(Sight(0.0, box(0.1)), Sight(4.0, box(0.1)))
    found = person_in(apart, alone)
    seen = [frame.at for frame, each in zip(apart, found, strict=True) if each is not None]
    assert all(at <= ALONE_S or abs(at - 4.0) <= ALONE_S for at in seen)
    assert shown(apart, of(Sight(0.0, box(0.1)), Sight(4.0, box(0.7)))) > 1.9
    both = of(Sight(0.0, box(0.1)), Sight(4.0, box(0.1)), Sight(5.0, box(0.1)))
    assert shown(apart, both) > 5.9


def test_where_two_shots_lead_to_different_people_it_is_neither():
    frames = walk(0.7)
    assert person_in(frames, of(Sight(0.0, box(0.1)), Sight(0.0, box(0.7)))) == [None] * 20


def test_a_frame_that_could_not_be_searched_shows_nobody():
    there = People((box(0.1),))
    frames = [SeenFrame(0.0, there), SeenFrame(0.04, None), SeenFrame(0.08, there)]
    assert person_in(frames, of(Sight(0.0, box(0.1)))) == [box(0.1), None, box(0.1)]


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
    assert person_in(frames, of(Sight(0.0, box(0.1)))) == [box(0.1)] * 4
    assert person_in(frames, of(Sight(0.0, box(0.7)))) == [None] * 4


@given(st.lists(st.tuples(st.floats(0, 0.9), st.floats(0, 0.6)), max_size=5), st.floats(0, 0.9))
def test_a_match_overlaps_and_is_alone(places, x):
    boxes = [box(*place) for place in places]
    found = match(box(x), boxes)
    if found is not None:
        assert found in boxes
        assert abs(found.x1 - x) < 0.04
