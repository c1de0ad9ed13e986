"""Who is told of as they leave, while their camera is silent, under another model, by whom."""

from dataclasses import replace

import pytest

from pipeline.clock import ManualClock
from pipeline.store.leases import Claim
from pipeline.store.watches import WatchStore
from pipeline.workers.catalogue import LIVE_WITHIN_S
from pipeline.workers.presence import SILENT_FOR_S
from pipeline.workers.standing import HEARTBEAT_EVERY_S
from retrieval.fakes import FakeEncoder
from tests.store_messages import NOON
from tests.watch_site import BLUE, ENCODER, RED, Site, engine_of, track

pytestmark = [
    pytest.mark.redis,
    pytest.mark.parametrize("redis_binary", ["found"], indirect=True),
]

OTHER = FakeEncoder(dimension=48)
OTHER_RED, OTHER_BLUE = OTHER.encode_texts(["red coat", "blue coat"])


@pytest.fixture
def site(private_redis):
    site = Site(private_redis)
    site.clock = ManualClock(NOON)
    return site


def kinds(site):
    return [kind for kind, *_ in site.words()]


def test_whoever_gave_a_picture_only_as_they_left_is_told_and_ends(site):
    site.watch()
    worker = site.worker()
    site.see(track(), vector=BLUE)
    site.tracks.end({track(): NOON + 1})
    assert worker.tell_once(block_s=0) == 2
    assert kinds(site) == ["new", "end"]
    # A better picture of who has left opens nothing again.
    site.see(track(), 2, vector=RED)
    assert worker.tell_once(block_s=0) == 0


def test_a_better_picture_of_who_leaves_comes_before_the_end(site):
    site.watch()
    worker = site.worker()
    site.see(track(), vector=BLUE)
    worker.tell_once(block_s=0)
    site.see(track(), 2, vector=RED)
    site.tracks.end({track(): NOON + 3})
    worker.tell_once(block_s=0)
    assert kinds(site) == ["new", "update", "end"]


def test_who_left_before_a_watch_was_added_is_not_told(site):
    worker = site.worker()
    site.see(track())
    site.tracks.end({track(): NOON + 1})
    worker.tell_once(block_s=0)
    site.watch()
    assert worker.tell_once(block_s=0) == 0


def test_a_camera_worker_that_is_slow_for_a_minute_ends_no_alert(site):
    site.watch()
    worker = site.worker()
    site.see(track(), vector=BLUE)
    worker.tell_once(block_s=0)
    site.clock.sleep(LIVE_WITHIN_S + 45)
    worker.tell_once(block_s=0)
    assert kinds(site) == ["new"]
    site.see(track(), 2, vector=RED)
    worker.tell_once(block_s=0)
    assert kinds(site) == ["new", "update"]
    # One that never comes back ends it after all.
    site.clock.sleep(SILENT_FOR_S + 1)
    worker.tell_once(block_s=0)
    assert kinds(site) == ["new", "update", "end"]


def test_the_cool_down_begins_when_the_person_was_seen_last(site):
    site.watch(cooldown_s=60.0)
    worker = site.worker()
    site.see(track(1), captured_at=NOON)
    worker.tell_once(block_s=0)
    site.tracks.end({track(1): NOON + 600})
    worker.tell_once(block_s=0)
    site.see(track(2), captured_at=NOON + 650)
    worker.tell_once(block_s=0)
    site.tracks.end({track(2): NOON + 650})
    worker.tell_once(block_s=0)
    site.see(track(3), captured_at=NOON + 720)
    worker.tell_once(block_s=0)
    assert kinds(site) == ["new", "end", "update", "end", "new"]


def test_another_model_goes_on_with_whoever_is_in_view(site):
    site.watch()
    engine = engine_of(ENCODER)
    worker = site.worker(engine=engine)
    worker._engine_now = lambda: engine
    site.see(track(1))
    worker.tell_once(block_s=0)
    # What was seen is in the log again, by the other model; who is new comes by that model alone.
    site.see(track(1), vector=OTHER_RED, encoder=OTHER, is_copy=True)
    site.see(track(2), vector=OTHER_BLUE, encoder=OTHER)
    site.clock.sleep(HEARTBEAT_EVERY_S)
    worker.tell_once(block_s=0)
    assert site.words() == [("new", str(track(1)), 1)]
    engine = engine_of(OTHER)
    worker.tell_once(block_s=0)
    assert ("new", str(track(2)), 1) in site.words()
    shots = worker._in_view[track(1)].shots
    assert len(shots[1].vector) == OTHER.dimension
    # A watch that comes now is told of both.
    site.watch("blue", "blue coat")
    assert worker.tell_once(block_s=0) == 2


def test_whoever_came_by_the_new_model_alone_is_known_once_that_is_in_use(site):
    site.watch()
    engine = engine_of(ENCODER)
    worker = site.worker(engine=engine)
    worker._engine_now = lambda: engine
    site.see(track(), vector=OTHER_RED, encoder=OTHER)
    worker.tell_once(block_s=0)
    site.clock.sleep(HEARTBEAT_EVERY_S)
    assert worker.tell_once(block_s=0) == 0  # and notes how far it read
    engine = engine_of(OTHER)
    assert worker.tell_once(block_s=0) == 1


def test_whoever_lost_the_lease_without_knowing_writes_nothing(site):
    site.watch()
    first, second = site.worker("one"), site.worker("two")
    site.see(track(1))
    first.tell_once(block_s=0)
    before = site.alerts.read_from()
    site.bus.client.delete(site.bus.keys.lease(site.bus.keys.watch_teller))  # it ran out
    second.tell_once(block_s=0)
    # The first was paused behind its look at the lease.
    first._ledger.lease.claim = lambda _: Claim(True, 1, 0.0)
    site.see(track(1, "gate"), vector=BLUE)  # another track, of which nobody told
    assert first.tell_once(block_s=0) == 0
    assert kinds(site) == ["new"]
    (told,) = site.alerts.told().values()
    site.alerts.forget_told([told], by=first._held)
    site.alerts.keep_read_from("0-0", by=first._held)
    assert next(iter(site.alerts.told().values())).track == track(1)
    assert site.alerts.read_from() != "0-0"
    assert site.alerts.read_from() >= before
    later = replace(told, kind="update", number=2)
    assert not site.alerts.tell(later, told, watch="red", now=NOON, by=first._held)
    assert second.tell_once(block_s=0) == 1


def test_watches_are_read_anew_after_a_change_and_not_before(site):
    other = WatchStore(site.bus.client, site.bus.keys)
    site.watch()
    first, again = site.watches.all(), site.watches.all()
    assert first[0] is again[0]
    site.watches.remove("red")
    assert other.all() == []
    site.watch()
    assert [watch.name for watch in other.all()] == ["red"]
    assert site.watches.all()[0] is not first[0]
