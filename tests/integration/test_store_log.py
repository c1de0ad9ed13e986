from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors.types import TrackKey
from pipeline.errors import StoreUnavailable
from pipeline.store.crop_stream import CropStream
from pipeline.store.keys import Keys
from pipeline.store.sighting_log import START, SightingLog, position_order
from pipeline.store.tracks import TrackStore
from tests.store_messages import ALICE, BOB, NOON, logged, published

pytestmark = [pytest.mark.redis, pytest.mark.usefixtures("log_lies")]


class Street:
    """The stores that a shot passes through."""

    def __init__(self, client, keys):
        self.client, self.keys = client, keys
        self.crops = CropStream(client, keys, max_length=1000)
        self.crops.ensure_group()
        self.log = SightingLog(client, keys)
        self.tracks = TrackStore(client, keys)

    def publish(self, *shots):
        for shot in shots:
            self.crops.publish(shot)

    def take(self, consumer="w1", *, reclaim_idle_s=60.0):
        taken = self.crops.take(consumer, count=100, block_s=0, reclaim_idle_s=reclaim_idle_s)
        return [(crop, logged(crop.shot)) for crop in taken]

    def shots_in_log(self):
        found, after = [], START
        while rows := self.log.read(after, count=3):
            found += [sighting.shot.number for _, sighting in rows]
            after = rows[-1][0]
        return found

    def retired(self):
        return {m.decode() for m in self.client.zrange(self.keys.retired, 0, -1)}


@pytest.fixture
def street(private_redis):
    return Street(private_redis.client, private_redis.keys)


def test_a_settled_crop_is_a_sighting_and_no_longer_a_crop(street):
    street.publish(published(1, quality=0.7))
    assert street.log.settle(street.take()).sightings == 1
    ((_, sighting),) = street.log.read(START, count=10)
    wanted = logged(published(1, quality=0.7))
    np.testing.assert_allclose(sighting.vector, wanted.vector, atol=1e-3)
    assert (sighting.shot, sighting.picture) == (wanted.shot, wanted.picture)
    assert street.crops.length() == 0
    assert street.crops.pending() == 0
    record = street.tracks.get_many([ALICE])[ALICE]
    assert (record.shots, record.published) == (1, 1)
    assert (record.thumbnail, record.best_quality) == (wanted.picture, 0.7)


def test_a_crop_that_two_workers_encoded_is_settled_once(street):
    street.publish(published(1), published(2))
    slow = street.take("slow")
    quick = street.take("quick", reclaim_idle_s=0.0)
    assert street.log.settle(quick).sightings == 1
    assert street.log.settle(slow).sightings == 1
    assert street.log.settle(quick).sightings == 0
    assert street.shots_in_log() == [1, 2]


def test_workers_that_settle_the_same_crops_at_once_double_none(street):
    street.publish(*(published(n) for n in range(1, 41)))
    taken = street.take()
    with ThreadPoolExecutor(4) as pool:
        settled = list(pool.map(street.log.settle, [taken] * 4))
    assert sum(each.sightings for each in settled) == 40
    assert sorted(street.shots_in_log()) == list(range(1, 41))


def test_settling_nothing_settles_nothing(street):
    assert street.log.settle([]).sightings == 0


# Each shot with what it replaces: chains, forks, and what may never come.
histories = st.lists(
    st.tuples(st.sampled_from([0.25, 0.5, 0.75]), st.integers(0, 5)), min_size=1, max_size=6
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=histories, random=st.randoms(use_true_random=False))
def test_whatever_the_order_of_arrival_a_track_ends_the_same(private_redis, history, random):
    private_redis.client.delete(
        *private_redis.client.keys(f"{private_redis.keys.namespace}:*"), "test:none"
    )
    street = Street(private_redis.client, private_redis.keys)
    shots = [
        published(n, quality=quality, replaces=back if 1 <= back < n else None)
        for n, (quality, back) in enumerate(history, 1)
    ]
    street.publish(*shots)
    taken = street.take()
    random.shuffle(taken)
    cut = random.randrange(len(taken) + 1)
    street.log.settle(taken[:cut])
    street.log.settle(taken[cut:])

    gone = {shot.replaces for shot in shots}
    kept = [logged(shot) for shot in shots if shot.shot.number not in gone]
    best = max(kept, key=lambda s: (s.quality, -s.shot.number), default=None)
    record = street.tracks.get_many([ALICE])[ALICE]
    assert record.shots == len(kept)
    assert record.thumbnail == (best.picture if best else None)
    assert record.best_quality == (best.quality if best else None)
    assert street.retired() == {logged(s).picture for s in shots if s.shot.number in gone}
    assert sorted(street.shots_in_log()) == [shot.shot.number for shot in shots]


def test_the_picture_of_a_crop_that_another_settled_and_replaced_is_deleted_again(street):
    street.publish(published(1))
    slow = street.take("slow")
    street.log.settle(street.take("quick", reclaim_idle_s=0.0))
    street.publish(published(2, replaces=1))
    street.log.settle(street.take("quick"))
    street.client.delete(street.keys.retired)  # retention has deleted it
    street.log.settle(slow)  # which wrote it again
    assert street.retired() == {slow[0][1].picture}


def test_a_crop_of_a_forgotten_track_brings_nothing_back(street):
    street.publish(published(1))
    taken = street.take()
    street.client.delete(street.keys.track(ALICE))
    assert street.log.settle(taken).sightings == 0
    assert street.log.length() == 0
    assert street.crops.length() == 0
    assert not street.client.exists(street.keys.track(ALICE))
    assert street.retired() == {taken[0][1].picture}


def test_a_view_reads_on_from_where_it_was(street):
    street.publish(published(1), published(1, BOB))
    street.log.settle(street.take())
    ((position, _),) = street.log.read(START, count=1)
    ((last, second),) = street.log.read(position, count=10)
    assert second.shot.track == BOB
    assert last == street.log.last_id()
    assert street.log.read(last, count=10) == []


def test_an_empty_log_has_a_position_too(street):
    assert street.log.last_id() == START
    assert street.log.read(START, count=10, block_s=0.02) == []


@pytest.mark.parametrize("where", ["first", "last", "alone"])
def test_a_damaged_message_never_stops_a_view(street, where):
    if where == "last":
        street.publish(published(1))
        street.log.settle(street.take())
    street.client.xadd(street.keys.sightings, {"v": "99"})
    if where == "first":
        street.publish(published(1))
        street.log.settle(street.take())
    for _ in range(2):
        assert street.shots_in_log() == ([] if where == "alone" else [1])
    assert street.log.damaged == 1


def test_more_damaged_messages_than_a_view_reads_at_once_do_not_stop_it(street):
    for _ in range(10):
        street.client.xadd(street.keys.sightings, {"v": "99"})
    street.publish(published(1))
    street.log.settle(street.take())
    ((_, sighting),) = street.log.read(START, count=3)
    assert sighting.shot.number == 1


def test_a_waiting_view_is_woken_by_the_next_sighting(street):
    street.publish(published(1))
    taken = street.take()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(street.log.read, START, count=1, block_s=3.0)
        street.log.settle(taken)
        assert len(waiting.result()) == 1


def test_views_say_how_far_they_are(street):
    street.log.register_view("index", START, now=100.0)
    street.log.register_view("alerts", "7-1", now=200.0)
    street.log.register_view("index", "5-0", now=300.0)
    views = street.log.views()
    assert (views["index"].position, views["index"].heartbeat_at) == ("5-0", 300.0)
    assert views["alerts"].position == "7-1"


def test_positions_are_ordered_by_number_not_by_letter():
    assert sorted(["10-0", "9-2", "9-10", START], key=position_order) == [
        START, "9-2", "9-10", "10-0"
    ]  # fmt: skip


def test_a_log_that_is_out_of_reach_says_so(tmp_path):
    from pipeline.store.connection import connect

    client = connect(
        url=None, unix_socket=tmp_path / "none", username=None, password=None, timeout_s=1
    )
    with pytest.raises(StoreUnavailable):
        SightingLog(client, Keys("test")).last_id()


def test_a_page_says_how_far_it_went_whatever_of_it_can_be_read(street):
    street.publish(published(1))
    street.log.settle(street.take())
    for _ in range(2):
        street.client.xadd(street.keys.sightings, {"v": "99"})
    page = street.log.page(START, count=3)
    assert [sighting.shot.number for _, sighting in page.sightings] == [1]
    assert (page.last, page.is_full) == (street.log.last_id(), True)
    after = street.log.page(page.last, count=3)
    assert (after.sightings, after.last, after.is_full) == ([], page.last, False)


def test_tracks_are_spread_out_over_the_latest_of_each_camera(street):
    for camera, count in (("gate", 10), ("lobby", 2)):
        for number in range(1, count + 1):
            track = TrackKey(camera, "r1", number)
            street.publish(published(1, track, captured_at=NOON + number))
    spread = street.tracks.spread_out(of_each=3, latest=6)
    assert [(t.camera_id, t.number) for t in spread] == [
        ("gate", 10),
        ("gate", 8),
        ("gate", 6),
        ("lobby", 2),
        ("lobby", 1),
    ]
    assert street.tracks.spread_out(of_each=0, latest=6) == []
