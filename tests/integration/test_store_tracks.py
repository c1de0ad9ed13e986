import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors.types import TrackKey
from pipeline.store.track_record import TrackCursor
from pipeline.store.tracks import TrackStore
from tests.store_messages import ALICE, BOB

pytestmark = pytest.mark.redis

RESTARTED = TrackKey("lobby", "r2", 1)


@pytest.fixture
def tracks(private_redis):
    return TrackStore(private_redis.client, private_redis.keys)


def open_track(tracks, track, at=100.0, *, is_live=True, collection="live", imported_at=None):
    return tracks.open(
        track,
        collection=collection,
        is_live=is_live,
        first_seen_at=at,
        imported_at=imported_at,
    )


def record_of(tracks, track):
    return tracks.get_many([track]).get(track)


def test_an_opened_track_is_known_with_all_that_was_said(tracks):
    assert open_track(tracks, ALICE, 100.5, is_live=False, collection="imports", imported_at=9.25)
    record = record_of(tracks, ALICE)
    assert record.key == ALICE
    assert (record.collection, record.imported_at) == ("imports", 9.25)
    assert (record.is_live_source, record.state) == (False, "open")
    assert (record.first_seen_at, record.last_seen_at) == (100.5, 100.5)
    assert (record.shots, record.published) == (0, 0)
    assert record.thumbnail is None
    assert record.best_quality is None


def test_an_unknown_track_has_no_record_and_a_word_about_it_makes_none(tracks):
    tracks.seen({ALICE: 5.0})
    tracks.end({ALICE: 5.0})
    assert tracks.get_many([ALICE]) == {}
    assert tracks.get_many([]) == {}
    assert tracks.count() == 0


events = st.lists(
    st.tuples(st.sampled_from(["open", "seen", "end"]), st.integers(0, 9).map(float)), max_size=6
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(reading=events, cut=st.integers(0, 6))
def test_a_file_read_again_leaves_the_same_record_as_one_reading(private_redis, reading, cut):
    tracks = TrackStore(private_redis.client, private_redis.keys)
    once, again = TrackKey("lobby", "once", 1), TrackKey("lobby", "again", 1)
    private_redis.client.delete(*(private_redis.keys.track(t) for t in (once, again)))

    def tell(track, told):
        open_track(tracks, track, 4.0, is_live=False)
        for kind, at in told:
            if kind == "open":
                open_track(tracks, track, 4.0, is_live=False)
            else:
                {"seen": tracks.seen, "end": tracks.end}[kind]({track: at})

    tell(once, reading)
    tell(again, reading[:cut])
    tell(again, reading)
    first, second = record_of(tracks, once), record_of(tracks, again)
    for name in ("state", "first_seen_at", "last_seen_at", "shots", "collection"):
        assert getattr(first, name) == getattr(second, name)


def test_first_sight_only_moves_back_and_last_sight_only_forward(tracks):
    open_track(tracks, ALICE, 100.0)
    assert not open_track(tracks, ALICE, 90.0)
    assert not open_track(tracks, ALICE, 95.0)
    tracks.seen({ALICE: 130.0})
    tracks.seen({ALICE: 120.0})
    tracks.end({ALICE: 110.0})
    record = record_of(tracks, ALICE)
    assert (record.first_seen_at, record.last_seen_at) == (90.0, 130.0)
    assert [r.key for r in tracks.list("lobby", after=None, count=5)] == [ALICE]


def test_an_ended_track_never_comes_back(tracks):
    open_track(tracks, ALICE)
    tracks.end({ALICE: 110.0})
    open_track(tracks, ALICE)
    tracks.seen({ALICE: 120.0})
    assert record_of(tracks, ALICE).state == "ended"
    assert tracks.live_keys(120.0, 1000.0) == set()


def test_live_are_the_open_tracks_of_live_cameras_seen_lately(tracks):
    recorded, stale = TrackKey("gate", "file", 1), TrackKey("gate", "r1", 9)
    for track, at, is_live in ((ALICE, 100, True), (recorded, 100, False), (stale, 80, True)):
        open_track(tracks, track, float(at), is_live=is_live)
    open_track(tracks, BOB, 100.0)
    tracks.end({BOB: 100.0})
    assert tracks.live_keys(110.0, 10.0) == {ALICE}
    assert tracks.live_keys(110.5, 10.0) == set()


def test_in_view_is_who_was_heard_of_lately_by_our_clock_whatever_the_cameras_says(tracks):
    for track, at in ((ALICE, 40.0), (BOB, 3700.0)):
        tracks.open(
            track,
            collection="live",
            is_live=True,
            first_seen_at=at,
            imported_at=None,
            heard_at=100.0,
        )
    assert tracks.live_keys(110.0, 10.0) == {ALICE, BOB}
    tracks.seen({ALICE: 51.0}, 111.0)
    assert tracks.live_keys(120.0, 10.0) == {ALICE}
    # Our clock was set back: the last word counts, and what lies ahead is not news.
    tracks.seen({ALICE: 52.0}, 20.0)
    assert tracks.live_keys(21.0, 10.0) == {ALICE}
    assert record_of(tracks, BOB).by_our_clock(3690.0) == 90.0


def test_an_archive_is_never_live_whoever_says_that_it_was_heard_of(tracks):
    tracks.open(
        ALICE,
        collection="imports",
        is_live=False,
        first_seen_at=100.0,
        imported_at=100.0,
        heard_at=100.0,
    )
    assert record_of(tracks, ALICE).heard_at is None
    assert tracks.live_keys(100.0, 10.0) == set()


def test_a_restarted_camera_ends_what_its_earlier_runs_left_open(tracks):
    elsewhere = TrackKey("gate", "r1", 1)
    for track in (ALICE, RESTARTED, elsewhere):
        open_track(tracks, track, 100.0)
    assert tracks.end_all_of("lobby", except_run="r2", now=200.0) == 1
    assert tracks.live_keys(100.0, 10.0) == {RESTARTED, elsewhere}
    record = record_of(tracks, ALICE)
    assert (record.state, record.last_seen_at) == ("ended", 100.0)
    assert tracks.end_all_of("lobby", except_run=None, now=200.0) == 1
    assert tracks.end_all_of("lobby", except_run=None, now=200.0) == 0


def test_tracks_are_listed_by_first_sight_then_key(tracks):
    later = TrackKey("gate", "r1", 1)
    for track, at in ((BOB, 1.0), (ALICE, 1.0), (later, 2.0), (RESTARTED, 0.5)):
        open_track(tracks, track, at)
    assert [r.key for r in tracks.list(None, after=None, count=9)] == [
        RESTARTED, ALICE, BOB, later
    ]  # fmt: skip
    assert [r.key for r in tracks.list("gate", after=None, count=9)] == [later]
    assert tracks.list("unknown", after=None, count=9) == []
    assert (tracks.count(), tracks.count("lobby"), tracks.count("unknown")) == (4, 3, 0)


firsts = st.dictionaries(
    st.builds(TrackKey, st.sampled_from(["lobby", "gate"]), st.just("r1"), st.integers(1, 12)),
    st.integers(0, 2).map(float),
    max_size=12,
)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(first_seen=firsts, count=st.integers(1, 5))
def test_page_by_page_every_track_is_listed_once(private_redis, first_seen, count):
    names = private_redis.client.keys(f"{private_redis.keys.namespace}:*")
    private_redis.client.delete("test:none", *names)
    tracks = TrackStore(private_redis.client, private_redis.keys)
    for track, at in first_seen.items():
        open_track(tracks, track, at)
    found, cursor = [], None
    while page := tracks.list(None, after=cursor, count=count):
        assert len(page) <= count
        found += [record.key for record in page]
        cursor = TrackCursor.after(page[-1])
    assert found == sorted(first_seen, key=lambda track: (first_seen[track], str(track)))


def test_a_page_goes_on_though_the_track_it_stopped_at_is_gone(tracks, private_redis):
    for number in (1, 2, 3):
        open_track(tracks, TrackKey("lobby", "r1", number), 1.0)
    (first,) = tracks.list("lobby", after=None, count=1)
    private_redis.client.zrem(private_redis.keys.tracks("lobby"), str(first.key))
    rest = tracks.list("lobby", after=TrackCursor.after(first), count=9)
    assert [record.key.number for record in rest] == [2, 3]


def test_a_damaged_record_is_passed_over(tracks, private_redis):
    open_track(tracks, ALICE)
    open_track(tracks, BOB)
    private_redis.client.hset(private_redis.keys.track(ALICE), "first", "rubbish")
    assert set(tracks.get_many([ALICE, BOB])) == {BOB}
