import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.tracking import UltralyticsTracker
from detectors.types import Box, Detection, Frame

KINDS = ["bytetrack", "botsort"]


def frame(at_s, number=1, camera_id="lobby"):
    image = np.random.default_rng(7).integers(0, 255, (120, 160, 3)).astype(np.uint8)
    return Frame(camera_id, "run", number, at_s, image)


def tracker(**settings_):
    return UltralyticsTracker(camera_id="lobby", **settings_)


def person(x, confidence=0.9):
    return Detection(Box(x, 20.0, x + 20.0, 70.0), confidence)


def play(follow, script):
    """Feed (instant, people) pairs; returns what each changed."""
    return [follow.update(frame(at_s), people) for at_s, people in script]


def numbers(updates):
    return [[box.number for box in update.boxes] for update in updates]


@pytest.mark.parametrize("kind", KINDS)
def test_a_person_is_confirmed_by_the_second_sighting_and_keeps_one_number(kind):
    updates = play(tracker(kind=kind), [(s / 10, [person(40 + s)]) for s in range(5)])
    assert numbers(updates) == [[], [1], [1], [1], [1]]
    assert updates[4].boxes[0].box == person(44).box


def test_two_people_have_two_numbers_that_never_change_places():
    script = [(s / 10, [person(10 + s), person(100 - s)]) for s in range(8)]
    last = play(tracker(), script)[-1]
    assert [(box.number, box.box.x1) for box in last.boxes] == [(1, 17), (2, 93)]


def test_a_single_flicker_is_nobody():
    follow = tracker()
    updates = play(follow, [(0.0, [person(40)]), (0.1, []), (0.2, [])])
    assert numbers(updates) == [[], [], []]
    assert follow.is_quiet
    assert follow.next_number == 1


@pytest.mark.parametrize("frames_per_s", [4, 25])
def test_patience_is_the_same_at_any_frame_rate(frames_per_s):
    follow = tracker(patience_s=2.0)
    seen = [(s / frames_per_s, [person(40)]) for s in range(2)]
    last_seen_at = seen[-1][0]
    empty = [(last_seen_at + s / frames_per_s, []) for s in range(1, 3 * frames_per_s)]
    ended_at = [
        at_s
        for (at_s, _), update in zip(seen + empty, play(follow, seen + empty), strict=True)
        if update.ended == (1,)
    ]
    assert len(ended_at) == 1
    assert ended_at[0] - last_seen_at == pytest.approx(2.0, abs=1.5 / frames_per_s)


def test_a_person_back_within_patience_is_the_same():
    script = [(0.0, [person(40)]), (0.1, [person(40)]), (1.0, []), (1.9, [person(40)])]
    assert numbers(play(tracker(patience_s=2.0), script))[-1] == [1]


def test_whoever_stands_there_after_a_long_gap_is_somebody_else():
    script = [(0.0, [person(40)]), (0.1, [person(40)]), (60.0, [person(40)]), (60.1, [person(40)])]
    updates = play(tracker(), script)
    assert updates[2].ended == (1,)
    assert numbers(updates) == [[], [1], [], [2]]


def test_every_number_ends_exactly_once():
    follow = tracker(patience_s=0.3)
    script = [(s / 10, [person(40)] if s % 10 < 4 else []) for s in range(50)]
    ended = [number for update in play(follow, script) for number in update.ended]
    ended += follow.finish()
    assert ended == list(range(1, follow.next_number))
    assert follow.finish() == ()


def test_finish_ends_what_is_open_and_leaves_the_tracker_quiet():
    follow = tracker(first_number=5)
    play(follow, [(0.0, [person(40)]), (0.1, [person(40)])])
    assert not follow.is_quiet
    assert follow.finish() == (5,)
    assert follow.is_quiet
    assert follow.next_number == 6


def test_an_unconfirmed_person_keeps_the_tracker_from_being_quiet():
    follow = tracker()
    play(follow, [(0.0, [person(40)])])
    assert not follow.is_quiet


@pytest.mark.parametrize("kind", KINDS)
def test_a_clock_set_back_or_standing_still_breaks_nothing(kind):
    instants = [100.0, 100.1, 100.1, 50.0, 50.1, 50.2]
    updates = play(tracker(kind=kind), [(at_s, [person(40)]) for at_s in instants])
    assert numbers(updates) == [[], [1], [1], [1], [1], [1]]


def test_time_goes_on_after_the_clock_was_set_back():
    follow = tracker(patience_s=2.0)
    script = [(3600.0, [person(40)]), (3600.1, [person(40)]), (0.0, []), (1.0, []), (2.5, [])]
    assert play(follow, script)[-1].ended == (1,)


def test_an_unsure_box_carries_a_track_on_but_starts_none():
    follow = tracker()
    script = [(0.0, [person(40)]), (0.1, [person(40)])]
    script.append((0.2, [person(40, 0.15), person(100, 0.15)]))
    assert numbers(play(follow, script))[-1] == [1]
    follow.update(frame(0.3), [person(100, 0.15)])
    assert follow.next_number == 2


def test_a_box_without_area_is_passed_over():
    flat = Detection(Box(10, 10, 10, 50), 0.9)
    assert numbers(play(tracker(), [(0.0, [flat]), (0.1, [flat])])) == [[], []]


def test_trackers_do_not_share_numbers():
    one, other = tracker(), tracker()
    script = [(0.0, [person(40)]), (0.1, [person(40)])]
    assert numbers(play(one, script)) == numbers(play(other, script)) == [[], [1]]


def test_a_frame_of_another_camera_is_refused():
    with pytest.raises(ValueError, match="'door' came to 'lobby'"):
        tracker().update(frame(0.0, camera_id="door"), [])


def test_the_fingerprint_follows_the_settings():
    assert tracker().fingerprint == tracker().fingerprint
    prints = {tracker(kind=kind, patience_s=s).fingerprint for kind in KINDS for s in (1.0, 2.0)}
    assert len(prints) == 4


@pytest.mark.parametrize("wrong", [{"patience_s": 0.0}, {"first_number": 0}])
def test_senseless_settings_are_refused(wrong):
    with pytest.raises(ValueError, match="start above 0"):
        tracker(**wrong)


spells = st.lists(
    st.tuples(
        st.floats(0.02, 0.4),  # seconds between frames
        st.integers(1, 8),  # frames in which the people are there
        st.lists(st.integers(0, 6), max_size=3, unique=True),  # where they stand
        st.floats(0.0, 3.0),  # seconds of nobody after it
    ),
    min_size=1,
    max_size=6,
)


def script_of(drawn):
    script, now = [], 1_700_000_000.0
    for step_s, count, places, empty_s in drawn:
        for k in range(count):
            now += step_s
            script.append((now, [person(place * 20.0 + k) for place in places]))
        for _ in range(int(empty_s / 0.25)):
            now += 0.25
            script.append((now, []))
    return script


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None)
@given(drawn=spells)
def test_a_quiet_tracker_is_a_fresh_one_that_counts_from_its_next_number(kind, drawn):
    script = script_of(drawn)
    whole = tracker(kind=kind, patience_s=0.5)
    parts = tracker(kind=kind, patience_s=0.5)
    for at_s, people in script:
        if parts.is_quiet:
            parts = tracker(kind=kind, patience_s=0.5, first_number=parts.next_number)
        assert whole.update(frame(at_s), people) == parts.update(frame(at_s), people)
        assert whole.is_quiet == parts.is_quiet
    assert whole.finish() == parts.finish()


@settings(max_examples=25, deadline=None)
@given(spells)
def test_no_two_open_tracks_share_a_number_and_none_is_used_twice(drawn):
    follow, ended = tracker(patience_s=0.5), []
    for update in play(follow, script_of(drawn)):
        seen = [box.number for box in update.boxes]
        assert len(seen) == len(set(seen))
        assert not set(seen) & set(ended)
        ended += update.ended
    ended += follow.finish()
    assert sorted(ended) == list(range(1, follow.next_number))


@pytest.mark.parametrize("kind", ["bytetrack", "botsort"])
def test_whoever_is_followed_is_expected_somewhere_a_lost_one_where_they_were_lost(kind):
    follow = tracker(kind=kind)
    assert follow.expected == ()
    for number in range(1, 11):
        follow.update(frame(number), [person(100 + 4 * number)])
    (where,) = follow.expected
    assert where.x1 == pytest.approx(person(140).box.x1, abs=6)
    assert all(side == round(side) for side in where)
    follow.update(frame(11), [])
    (lost,) = follow.expected
    assert lost.x1 == pytest.approx(person(140).box.x1, abs=10)
    follow.finish()
    assert follow.expected == ()
