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


def test_every_blind_interval_says_why_it_began():
    runs = [
        WatchedRun("lobby", True, 0, 100, 2, 3, 1, "timed out", {"newer": 2}),
        WatchedRun("lobby", True, 130, 200, 2, 3, 1, "the picture is black", {"black": 5}),
        WatchedRun("lobby", True, 198, 201, 2, 3, 1, "", {"newer": 1, "stale": 1}),
        WatchedRun("lobby", False, 50, 129, 2, 3, 1, "a recording"),
    ]
    (camera,) = cover(runs, since=-20, until=None, now=260)
    assert camera.blind == ((-20, 0), (201, 260))
    assert camera.blind_reasons == ("", "")
    assert camera.dropped_by == {"newer": 3, "stale": 1, "black": 5}
    (camera,) = cover(runs[:2], since=110, until=None, now=260)
    assert camera.blind == ((110, 130), (200, 260))
    assert camera.blind_reasons == ("timed out", "the picture is black")


def test_the_future_is_not_blind():
    (camera,) = cover([run(0, 100)], since=None, until=900, now=101)
    assert camera.blind == ()


def test_cameras_are_told_apart():
    found = cover([run(0, 1, camera="b"), run(0, 2, camera="a")], since=None, until=None, now=2)
    assert [(camera.camera_id, camera.watched_s) for camera in found] == [("a", 2), ("b", 1)]


def test_a_live_camera_that_was_lost_before_the_time_asked_about_is_blind_all_of_it():
    (camera,) = cover([run(0, 100)], since=700, until=None, now=1300)
    assert (camera.watched, camera.blind) == ((), ((700, 1300),))
    assert (camera.tracks, camera.frames_dropped, camera.tracks_without_shots) == (0, 0, 0)


def test_a_live_camera_that_never_connected_is_listed():
    (camera,) = cover([], live_cameras=["gate"], since=700, until=900, now=1300)
    assert (camera.camera_id, camera.watched, camera.blind) == ("gate", (), ((700, 900),))
    (camera,) = cover([], live_cameras=["gate"], since=None, until=None, now=1300)
    assert (camera.camera_id, camera.watched, camera.blind) == ("gate", (), ())


def test_a_live_camera_that_files_were_imported_for_is_blind_where_neither_looked():
    imported = run(100, 200, is_live=False)
    (camera,) = cover([imported], live_cameras=["lobby"], since=50, until=300, now=900)
    assert camera.blind == ((50, 100), (200, 300))


def test_a_recording_from_another_time_is_not_listed():
    assert cover([run(0, 10, is_live=False)], since=700, until=None, now=1300) == []


@given(intervals, st.integers(0, 190), st.integers(1, 100))
def test_every_instant_of_a_live_camera_is_watched_or_blind_or_in_a_short_gap(found, since, span):
    runs = [run(*each) for each in found if each[0] < each[1]]
    until = since + span
    (camera,) = cover(runs, live_cameras=["lobby"], since=since, until=until, now=1000)
    assert camera.watched_s + camera.blind_s <= span
    for at in range(since, until):
        is_blind = any(low <= at < high for low, high in camera.blind)
        is_watched = any(low <= at < high for low, high in camera.watched)
        assert is_watched == any(low <= at < high for low, high in found)
        assert not (is_blind and is_watched)


def test_a_camera_that_was_taken_out_of_the_settings_is_not_blind_from_then_on():
    runs = [run(0, 100)]
    (camera,) = cover(runs, given_up={"lobby": 150.0}, since=None, until=None, now=900)
    assert camera.blind == ((100, 150),)
    (camera,) = cover(runs, given_up={"lobby": 100.0}, since=50, until=800, now=900)
    assert camera.blind == ()
