"""retrieval.search.persons and person_links: who is put together, and who never is."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.types import TrackKey
from retrieval.search.background import Spread, Strangers
from retrieval.search.person_links import (
    CLOCKS_DIFFER_S,
    ROUGH_LINKS,
    Glimpse,
    LinkLaw,
    pairs_of,
)
from retrieval.search.persons import alone, group, join, links_of
from retrieval.search.usual_likeness import usual_likeness
from retrieval.types import TrackSample

LAW = LinkLaw(-8.0, 0.0, 10.0, 6.0, -0.4, 0.0, longest_gap_s=600.0, joins_at=0.0)
SPREAD = Spread(0.0, 0.1)


def facing(*numbers):
    """(1, 4) a shot of length 1."""
    vector = np.array([[*numbers, *[0.0] * (4 - len(numbers))]], np.float32)
    return vector / np.linalg.norm(vector)


def glimpse(camera, looks, first_at, last_at, number=1):
    return Glimpse(TrackKey(camera, "r1", number), looks, first_at, last_at)


def grouped(glimpses, law=LAW, **more):
    pairs = pairs_of(glimpses, SPREAD, tracks=len(glimpses), **more)
    return [person.members for person in group(len(glimpses), pairs, law)]


ANNA, OTTO = facing(1), facing(0, 1)


def test_those_who_look_alike_are_one_person_and_others_are_not():
    seen = [
        glimpse("gate", ANNA, 0, 10),
        glimpse("hall", OTTO, 20, 30),
        glimpse("hall", ANNA, 40, 50, 2),
    ]
    assert grouped(seen) == [(0, 2), (1,)]


def test_two_in_one_view_at_the_same_instant_are_two_people_however_alike():
    seen = [glimpse("gate", ANNA, 0, 10, 1), glimpse("gate", ANNA, 10, 20, 2)]
    assert grouped(seen) == [(0,), (1,)]
    after = [seen[0], glimpse("gate", ANNA, 10.04, 20, 2)]
    assert grouped(after) == [(0, 1)]


@pytest.mark.parametrize(("begins", "together"), [(10.0 - CLOCKS_DIFFER_S, True), (7.9, False)])
def test_nobody_is_in_two_places_at_once_but_clocks_differ(begins, together):
    seen = [glimpse("gate", ANNA, 0, 10), glimpse("hall", ANNA, begins, 20)]
    assert (len(grouped(seen)) == 1) is together


def test_cameras_of_the_same_ground_may_see_somebody_at_once():
    seen = [glimpse("gate", ANNA, 0, 10), glimpse("yard", ANNA, 2, 12)]
    assert grouped(seen) == [(0,), (1,)]
    assert grouped(seen, sharing=frozenset({frozenset({"gate", "yard"})})) == [(0, 1)]


def test_whom_an_impossible_pair_keeps_apart_is_not_joined_over_a_third():
    seen = [
        glimpse("gate", ANNA, 0, 10, 1),
        glimpse("gate", ANNA, 5, 15, 2),
        glimpse("hall", ANNA, 30, 40),
    ]
    found = grouped(seen)
    assert sorted(map(len, found)) == [1, 2]
    assert not any({0, 1} <= set(members) for members in found)


def test_a_longer_gap_makes_it_less_likely_up_to_where_the_law_was_fitted():
    def odds(gap_s):
        seen = [glimpse("gate", ANNA, 0, 0), glimpse("hall", facing(1, 0.5), gap_s, gap_s)]
        return LAW.log_odds(pairs_of(seen, SPREAD, tracks=2))[0]

    assert odds(5) > odds(60) > odds(600)
    assert odds(600) == odds(86_400)


def test_a_single_track_claims_nothing_and_a_person_has_a_chance():
    seen = [
        glimpse("gate", ANNA, 0, 10),
        glimpse("hall", facing(1, 0.1), 20, 30),
        glimpse("hall", OTTO, 60, 70, 2),
    ]
    people = group(3, pairs_of(seen, SPREAD, tracks=3), LAW)
    assert [person.members for person in people] == [(0, 1), (2,)]
    assert people[1].confidence is None
    assert people[1].chances == (None,)
    assert 0.99 < people[0].confidence < 1
    assert people[0].chances == (people[0].confidence,) * 2
    less = group(3, pairs_of(seen, SPREAD, tracks=3), replace(LAW, sure_intercept=-7.0))
    assert less[0].confidence < people[0].confidence


def test_nobody_and_somebody_alone():
    assert alone(0) == []
    assert [person.members for person in alone(2)] == [(0,), (1,)]
    assert grouped([glimpse("gate", ANNA, 0, 1)]) == [(0,)]


@st.composite
def crowds(draw):
    """Tracks of a few people at a few cameras, at any time."""
    looks = [facing(1), facing(0, 1), facing(0.9, 0.4), facing(0, 0.9, 0.4)]
    count = draw(st.integers(1, 9))
    found = []
    for number in range(count):
        first = draw(st.integers(0, 60))
        found.append(
            glimpse(
                draw(st.sampled_from(["a", "b", "c"])),
                draw(st.sampled_from(looks)),
                first,
                first + draw(st.integers(0, 20)),
                number + 1,
            )
        )
    return found


@given(crowds())
def test_each_track_is_in_one_group_and_no_group_has_an_impossible_pair(seen):
    pairs = pairs_of(seen, SPREAD, tracks=len(seen))
    people = group(len(seen), pairs, LAW)
    assert sorted(at for person in people for at in person.members) == list(range(len(seen)))
    assert [person.members[0] for person in people] == sorted(p.members[0] for p in people)
    for first, second, no in zip(pairs.first, pairs.second, pairs.impossible, strict=True):
        a, b = seen[first], seen[second]
        at_once = a.first_at <= b.last_at and b.first_at <= a.last_at
        if a.track.camera_id == b.track.camera_id and at_once:
            assert no
        if no:
            assert not any({first, second} <= set(person.members) for person in people)
    for person in people:
        assert (person.confidence is None) is (len(person.members) == 1)
        assert all(chance is None or 0 <= chance <= 1 for chance in person.chances)


@st.composite
def link_tables(draw):
    """(T, T) log-odds, no two alike, some impossible."""
    count = draw(st.integers(1, 7))
    several = count * (count - 1) // 2
    table = np.full((count, count), -np.inf)
    upper = np.triu_indices(count, 1)
    odds = np.random.default_rng(draw(st.integers(0, 2**32))).normal(0.0, 3.0, several)
    odds[draw(st.lists(st.booleans(), min_size=several, max_size=several))] = -np.inf
    table[upper] = odds
    return np.maximum(table, table.T)


@given(link_tables(), st.randoms(use_true_random=False))
def test_groups_do_not_depend_on_the_order_of_the_tracks(table, random):
    order = list(range(len(table)))
    random.shuffle(order)
    shuffled = join(table[np.ix_(order, order)], 0.0)
    back = {frozenset(order[at] for at in members) for members in shuffled}
    assert back == {frozenset(members) for members in join(table, 0.0)}


@given(link_tables())
def test_joining_is_as_slow_arithmetic_has_it(table):
    """The mean over all pairs of two groups, asked anew each time."""
    groups = [[at] for at in range(len(table))]
    while True:
        pairs = [
            (float(np.mean([table[a, b] for a in one for b in other])), i, j)
            for i, one in enumerate(groups)
            for j, other in enumerate(groups)
            if i < j
        ]
        best = max(pairs, default=(-np.inf, 0, 0))
        if not best[0] >= 0.0:
            break
        groups[best[1]] += groups.pop(best[2])
    assert sorted(map(sorted, groups)) == join(table, 0.0)


@given(crowds(), st.integers(2, 10_000))
def test_in_a_larger_index_no_pair_is_likelier(seen, tracks):
    law = replace(LAW, crowd=-0.5)
    few, many = (pairs_of(seen, SPREAD, tracks=n) for n in (1, tracks))
    assert (law.log_odds(many) <= law.log_odds(few)).all()
    assert np.array_equal(links_of(len(seen), few, law), links_of(len(seen), few, law).T)


@pytest.mark.parametrize(
    "wrong",
    [
        {"excess": -1.0},
        {"nearest": -1.0},
        {"rarity": -0.1},
        {"gap": 0.1},
        {"crowd": 0.1},
        {"sure_slope": -1.0},
    ],
)
def test_a_law_under_which_likeness_would_speak_against_is_refused(wrong):
    with pytest.raises(ValueError, match="would let"):
        replace(LAW, **wrong)


@pytest.mark.parametrize("wrong", [{"intercept": float("nan")}, {"longest_gap_s": -1.0}])
def test_a_law_without_numbers_is_refused(wrong):
    with pytest.raises(ValueError, match=r"no number|before it begins"):
        replace(LAW, **wrong)


def test_a_law_is_read_back_as_it_was():
    assert LinkLaw.from_mapping(LAW.to_mapping()) == LAW
    with pytest.raises(TypeError):
        LinkLaw.from_mapping({**LAW.to_mapping(), "guess": 1.0})
    assert not ROUGH_LINKS.is_fitted


def crowd(seed, count, shift=0.0):
    """(N, 64) people at random; `shift` makes all of them alike."""
    vectors = np.random.default_rng(seed).standard_normal((count, 64))
    vectors[:, 0] += shift
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def sample_of(direction, others):
    return TrackSample((others @ direction).astype(np.float64), len(others))


def test_what_is_usual_moves_with_the_index_and_few_tracks_move_it_little():
    (face,), people = crowd(0, 1, shift=12.0), Strangers.of_one_shot(crowd(1, 60))
    street = crowd(2, 400, shift=12.0)
    plain, few, many = (
        usual_likeness([face], sample_of(face, street[:n]), people).centre for n in (0, 4, 400)
    )
    own = float(np.median(street @ face))
    assert plain < few < many < own
    assert own - many < (own - plain) / 4


def test_what_is_usual_is_the_mean_over_the_hits_moved_as_the_first_of_them_moves():
    faces, people = crowd(0, 5), Strangers.of_one_shot(crowd(1, 60))
    nobody = TrackSample(np.empty(0), 0)
    each = [usual_likeness([face], nobody, people).centre for face in faces]
    assert usual_likeness(faces, nobody, people).centre == pytest.approx(np.mean(each))
    sample = sample_of(faces[0], crowd(2, 400, shift=12.0))
    shift = usual_likeness(faces[:1], sample, people).centre - each[0]
    assert usual_likeness(faces, sample, people).centre == pytest.approx(np.mean(each) + shift)


def test_without_people_of_the_weights_the_index_tells_if_it_has_enough():
    (face,), street = crowd(0, 1), crowd(2, 60)
    assert usual_likeness([face], sample_of(face, street[:20]), None) is not None
    assert usual_likeness([face], sample_of(face, street[:19]), None) is None
