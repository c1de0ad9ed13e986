"""pipeline.coverage: what was watched and what was not."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from pipeline.coverage import WatchedRun, cover, join_intervals

instants = st.integers(0, 200)
intervals = st.lists(st.tuples(instants, instants), max_size=12)


def run(since: float, until: float, *, camera: str = "lobby", is_live: bool = True) -> WatchedRun:
    return WatchedRun(camera, is_live, since, until, 2, 3, 1)


@given(intervals)
def test_joined_intervals_cover_the_same_instants_and_never_touch(found):
    joined = join_intervals(found)
    for at in range(201):
        inside = any(since <= at < until for since, until in found)
        assert inside == any(since <= at < until for since, until in joined)
    assert all(one[1] < two[0] for one, two in itertools.pairwise(joined))


def test_a_live_camera_is_blind_between_its_connections_and_after_the_last():
    (camera,) = cover([run(0, 100), run(130, 200)], since=None, until=None, now=260)
    assert camera.watched == ((0, 100), (130, 200))
    assert camera.blind == ((100, 130), (200, 260))
    assert camera.blind_s == 90


def test_a_live_camera_is_blind_before_its_first_connection_if_that_was_asked_for():
    (camera,) = cover([run(50, 100)], since=0, until=100, now=500)
    assert camera.blind == ((0, 50),)


def test_a_recording_is_never_blind():
    runs = [run(0, 10, is_live=False), run(90, 100, is_live=False)]
    (camera,) = cover(runs, since=None, until=None, now=500)
    assert camera.blind == ()
    assert camera.watched_s == 20


def test_what_lies_outside_the_time_asked_about_does_not_count():
    (camera,) = cover([run(0, 100), run(200, 300)], since=250, until=280, now=1000)
    assert camera.watched == ((250, 280),)
    assert camera.tracks == 3


def test_the_future_is_not_blind():
    (camera,) = cover([run(0, 100)], since=None, until=900, now=101)
    assert camera.blind == ()


def test_cameras_are_told_apart():
    found = cover([run(0, 1, camera="b"), run(0, 2, camera="a")], since=None, until=None, now=2)
    assert [(camera.camera_id, camera.watched_s) for camera in found] == [("a", 2), ("b", 1)]
