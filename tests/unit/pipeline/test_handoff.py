import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.handoff import Latest, NewestFrames, ReadAhead


def test_a_slow_reader_gets_the_newest_item():
    hand_off = Latest[int]()
    for item in (1, 2, 3):
        hand_off.put(item)
    assert hand_off.take(0) == 3


def test_an_item_is_taken_once():
    hand_off = Latest[int]()
    hand_off.put(1)
    assert (hand_off.take(0), hand_off.take(0)) == (1, None)


def test_put_says_whether_an_unread_item_was_lost():
    hand_off = Latest[int]()
    assert [hand_off.put(1), hand_off.put(2)] == [False, True]


@given(st.lists(st.sampled_from(["put", "take", "close"])))
def test_what_was_put_was_taken_dropped_or_is_held(steps):
    hand_off = Latest[int]()
    for number, step in enumerate(steps):
        if step == "put":
            hand_off.put(number)
        elif step == "take":
            hand_off.take(0)
        else:
            hand_off.close()
        counted = hand_off.taken_count + hand_off.dropped + hand_off.held
        assert hand_off.put_count == counted == steps[: number + 1].count("put")


def test_nothing_is_lost_uncounted_between_threads():
    hand_off = Latest[int]()
    taken = []

    def consume():
        while (item := hand_off.take(5)) is not None:
            taken.append(item)

    consumer = threading.Thread(target=consume)
    consumer.start()
    for item in range(1, 5001):
        hand_off.put(item)
    hand_off.close()
    consumer.join(5)
    assert taken == sorted(set(taken))
    assert len(taken) + hand_off.dropped == 5000
    assert taken[-1] == 5000


def test_closing_wakes_a_waiting_reader():
    hand_off = Latest[int]()
    got = []
    reader = threading.Thread(target=lambda: got.append(hand_off.take(60)))
    reader.start()
    hand_off.close()
    reader.join(5)
    assert got == [None]


def test_what_is_held_at_closing_can_still_be_taken():
    hand_off = Latest[int]()
    hand_off.put(1)
    hand_off.close()
    assert (hand_off.take(60), hand_off.take(60)) == (1, None)


def test_one_consumer_gets_the_newest_of_each_camera():
    frames = NewestFrames[str]()
    for camera, item in [("a", "a1"), ("b", "b1"), ("a", "a2")]:
        frames.put(camera, item)
    assert sorted(frames.take_all(0, at_most=8)) == ["a2", "b1"]


def test_a_busy_camera_does_not_starve_a_slow_one():
    frames = NewestFrames[str]()
    frames.put("busy", "busy")
    frames.put("slow", "slow")
    served = []
    for _ in range(2):
        served += frames.take_all(0, at_most=1)
        frames.put("busy", "busy")
    assert "slow" in served


@given(st.lists(st.sets(st.sampled_from("abcd")), min_size=1), st.integers(1, 3))
def test_a_waiting_camera_is_served_within_a_round(arrivals, at_most):
    frames = NewestFrames[str]()
    waited = dict.fromkeys("abcd", 0)
    for cameras in arrivals:
        for camera in sorted(cameras):
            frames.put(camera, camera)
        served = frames.take_all(0, at_most)
        assert len(served) == len(set(served)) <= at_most
        for camera in waited:
            is_held = bool(frames.hand_off(camera).held)
            waited[camera] = waited[camera] + at_most if is_held else 0
            assert waited[camera] < 4 + at_most


def test_an_item_of_any_camera_wakes_the_consumer():
    frames = NewestFrames[str]()
    hand_offs = [frames.hand_off(camera) for camera in "ab"]
    got = []
    consumer = threading.Thread(target=lambda: got.extend(frames.take_all(60, at_most=4)))
    consumer.start()
    hand_offs[1].put("b1")
    consumer.join(5)
    assert got == ["b1"]


def test_closing_wakes_the_consumer_of_several_cameras():
    frames = NewestFrames[str]()
    got = [["unset"]]
    consumer = threading.Thread(target=lambda: got.append(frames.take_all(60, at_most=4)))
    consumer.start()
    frames.close()
    consumer.join(5)
    assert got[-1] == []


def test_a_removed_camera_is_forgotten_with_what_it_held():
    frames = NewestFrames[str]()
    frames.put("a", "a1")
    frames.remove("a")
    assert frames.take_all(0, at_most=4) == []


def everything_of(ahead):
    taken = []
    while not ahead.is_over:
        if (item := ahead.take(0.01)) is not None:
            taken.append(item)
    return taken


@given(st.lists(st.integers(), max_size=20), st.integers(1, 5))
def test_reading_ahead_changes_neither_items_nor_order(items, ahead):
    with ReadAhead(items, ahead) as reading:
        assert everything_of(reading) == items


def test_an_error_comes_behind_what_came_before_it():
    def items():
        yield from (1, 2, 3)
        raise ValueError("torn")

    taken = []
    with ReadAhead(items(), 8) as reading, pytest.raises(ValueError, match="torn"):
        while True:
            if (item := reading.take(0.01)) is not None:
                taken.append(item)
    assert taken == [1, 2, 3]


def test_no_more_is_taken_than_may_wait():
    asked = []

    def items():
        for number in range(100):
            asked.append(number)
            yield number

    with ReadAhead(items(), 4) as reading:
        assert reading.take(60) == 0
    reading._threads.shutdown(wait=True)
    assert len(asked) <= 7
