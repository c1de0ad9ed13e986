"""Leases on a real Redis, and the rosters of workers that share cameras by them."""

import time

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from pipeline.clock import SystemClock
from pipeline.errors import StoreUnavailable
from pipeline.store.cameras import CameraStore
from pipeline.store.leases import LeaseStore
from pipeline.workers import roster as rostering
from pipeline.workers.roster import Roster, WantedCamera

TTL_S = 0.4
REDIS_COUNTS_S = 0.002
"""How far apart two spans may be that Redis tells in whole milliseconds."""

CAMERAS = {name: WantedCamera(f"rtsp://10.0.0.1/{name}", 0) for name in ("a", "b", "c", "d")}


@pytest.fixture
def worker(private_redis):
    """Makes the leases of a worker by its name."""

    def make(name, ttl_s=TTL_S):
        return LeaseStore(private_redis.client, private_redis.keys, name, ttl_s=ttl_s)

    return make


@pytest.fixture
def roster(private_redis, worker, monkeypatch):
    """Makes the roster of a worker by its name; `wanted` may be changed under it."""
    monkeypatch.setattr(rostering, "UNWANTED_AFTER_S", 0.2)
    store = CameraStore(private_redis.client, private_redis.keys)

    def make(name, wanted=CAMERAS, ttl_s=TTL_S):
        return Roster(
            worker(name, ttl_s), wanted=lambda: wanted, paused=store.paused, clock=SystemClock()
        )

    make.store = store
    return make


def until(holds, within_s=10.0):
    last = time.monotonic() + within_s
    while not holds() and time.monotonic() < last:
        time.sleep(0.05)
    return holds()


def test_a_camera_has_one_holder_who_may_renew(worker):
    first, second = worker("first"), worker("second")
    assert first.claim("gate")
    assert first.claim("gate")
    assert not second.claim("gate")
    assert second.free(["gate", "door"]) == ["door"]
    second.release("gate")
    assert not second.claim("gate")
    first.release("gate")
    assert second.claim("gate")


def test_a_lease_that_nobody_renews_expires(worker):
    first, second = worker("first"), worker("second")
    assert first.claim("gate")
    assert until(lambda: second.claim("gate"))
    assert not first.claim("gate")


def test_a_lease_that_ran_out_goes_on_in_the_same_turn_if_nobody_took_it(worker):
    first, second = worker("first"), worker("second")
    turn = first.claim("gate").turn
    assert until(lambda: second.free(["gate"]))
    assert first.claim("gate").turn == turn


def test_who_lost_a_lease_learns_how_long_ago_another_took_it(worker):
    first, second, third = worker("first"), worker("second", ttl_s=60.0), worker("third")
    turn = first.claim("gate").turn
    assert until(lambda: second.claim("gate"))
    took_at = time.monotonic()
    time.sleep(0.3)
    lost = first.claim("gate")
    assert (lost.is_ours, lost.turn) == (False, turn + 1)
    assert lost.since_s == pytest.approx(time.monotonic() - took_at, abs=0.2)
    second.release("gate")
    assert third.claim("gate").turn == turn + 2
    third.release("gate")
    assert first.claim("gate").turn == turn + 3


def test_the_dead_are_no_longer_counted(worker):
    first, second = worker("first"), worker("second", ttl_s=60.0)
    assert (first.attend(), second.attend()) == (1, 2)
    assert until(lambda: second.attend() == 1)
    second.leave([])
    assert first.attend() == 1


def test_two_workers_that_start_together_divide_the_cameras(roster):
    first, second = roster("first", ttl_s=60.0), roster("second", ttl_s=60.0)
    first._leases.attend()
    second._leases.attend()
    mine, theirs = first.review(), second.review()
    assert (len(mine), len(theirs)) == (2, 2)
    assert mine.keys() | theirs.keys() == CAMERAS.keys()
    assert dict(first.review()) == dict(mine)


def test_the_cameras_of_a_worker_that_died_move_to_the_living_one(roster):
    first, second = roster("first"), roster("second", ttl_s=60.0)
    first.review()
    assert until(lambda: second.review().keys() == CAMERAS.keys())
    assert first.review() == {}
    assert set(first.absences.values()) == {"moved"}


def test_what_was_seen_before_another_worker_took_the_camera_is_ours_to_tell(roster):
    first, second = roster("first"), roster("second", ttl_s=60.0)
    clock = SystemClock()
    began_at = clock.monotonic()
    first.review()
    tenure = first.tenure("a")
    assert tenure.was_ours(began_at)
    time.sleep(TTL_S + 0.2)
    waited_at = clock.monotonic()
    assert tenure.was_ours(waited_at) is None
    assert until(lambda: second.review().keys() == CAMERAS.keys())
    taken_at = clock.monotonic()
    first.renew()
    asking_s = clock.monotonic() - taken_at
    assert tenure.was_ours(waited_at - asking_s - REDIS_COUNTS_S)
    assert not tenure.was_ours(taken_at + REDIS_COUNTS_S)
    assert first.review() == {}


def test_a_worker_whose_leases_ran_out_goes_on_where_nobody_took_them(roster):
    only = roster("only")
    held = dict(only.review())
    tenures = [only.tenure(name) for name in held]
    time.sleep(TTL_S + 0.2)
    waited_at = time.monotonic()
    only.renew()
    assert all(tenure.was_ours(waited_at) for tenure in tenures)
    assert dict(only.review()) == held
    assert [only.tenure(name) for name in held] == tenures


def test_a_camera_that_another_had_in_between_is_another_turn(roster):
    first, second = roster("first"), roster("second", ttl_s=60.0)
    first.review()
    before = first.tenure("a")
    assert until(lambda: second.review().keys() == CAMERAS.keys())
    second.leave()
    assert "a" not in first.review()
    assert first.absences["a"] == "moved"
    assert until(lambda: "a" in first.review())
    assert first.tenure("a") is not before
    assert before.over_at is not None


def test_what_nobody_takes_within_its_share_is_taken_in_the_end(roster):
    idle, busy = roster("idle", wanted={}, ttl_s=60.0), roster("busy", ttl_s=60.0)
    idle.review()
    assert len(busy.review()) == 2
    assert until(lambda: busy.review().keys() == CAMERAS.keys())


def test_a_paused_camera_is_given_up_and_taken_again_when_resumed(roster):
    one = roster("one", ttl_s=60.0)
    assert one.review().keys() == CAMERAS.keys()
    roster.store.pause("b")
    assert one.review().keys() == {"a", "c", "d"}
    assert one.absences == {"b": "paused"}
    roster.store.resume("b")
    assert one.review().keys() == CAMERAS.keys()
    assert one.absences == {}


def test_cameras_come_and_go_with_the_settings(roster):
    wanted = dict(CAMERAS)
    one = roster("one", wanted=wanted, ttl_s=60.0)
    one.review()
    del wanted["a"]
    wanted["e"] = WantedCamera("rtsp://10.0.0.1/e", 0)
    wanted["b"] = WantedCamera("rtsp://10.0.0.1/b", 1)
    held = one.review()
    assert held == wanted
    assert one.absences == {"a": "removed"}
    other = roster("other", wanted={"a": CAMERAS["a"]}, ttl_s=60.0)
    assert other.review().keys() == {"a"}


def test_while_redis_is_away_a_worker_keeps_what_it_has(roster, monkeypatch):
    one = roster("one", ttl_s=60.0)
    held = dict(one.review())
    one._leases._redis = one._leases._claim.registered_client = Redis(
        unix_socket_path="/nonexistent.sock", retry=Retry(NoBackoff(), 0)
    )
    one._leases._attend.registered_client = one._leases._redis
    assert dict(one.review()) == held
    one.leave()
    assert one.review() == {}


def test_a_worker_that_leaves_frees_its_cameras_at_once(roster):
    one, other = roster("one", ttl_s=60.0), roster("other", ttl_s=60.0)
    one.review()
    one.leave()
    assert other.review().keys() == CAMERAS.keys()


def test_a_worker_keeps_its_cameras_when_redis_comes_back_empty(private_redis, roster, worker):
    """It had the cameras in their second turn: Redis counts from one again."""
    earlier = worker("earlier", ttl_s=60.0)
    for name in CAMERAS:
        earlier.claim(name)
    earlier.leave(CAMERAS)
    only = roster("only", ttl_s=60.0)
    held = dict(only.review())
    tenures = [only.tenure(name) for name in held]
    assert held == CAMERAS
    private_redis.client.flushdb()
    only.renew()
    assert dict(only.review()) == held
    assert [only.tenure(name) for name in held] == tenures
    assert not worker("other").claim("a")


def test_who_has_left_takes_nothing_back(roster):
    one, other = roster("one", ttl_s=60.0), roster("other", ttl_s=60.0)
    one.review()
    one.leave()
    one.renew()
    assert one.review() == {}
    assert other.review().keys() == CAMERAS.keys()


class Faulty:
    """Leases of which one call fails, and the ones after it, as long as Redis is away."""

    def __init__(self, leases, calls_left):
        self._leases, self.calls_left, self.ttl_s = leases, calls_left, leases.ttl_s

    def __getattr__(self, name):
        def call(*arguments):
            self.calls_left -= 1
            if self.calls_left < 0:
                raise StoreUnavailable("Redis is away")
            return getattr(self._leases, name)(*arguments)

        return call


@pytest.mark.parametrize("calls_left", range(14))
def test_a_review_that_redis_cuts_off_leaves_what_was_done_by_then(roster, worker, calls_left):
    """What is held has a turn, and what was given up or taken by then is not forgotten."""
    wanted = {name: CAMERAS[name] for name in "abc"}
    one = roster("one", wanted=wanted, ttl_s=60.0)
    assert one.review() == wanted
    del wanted["a"]
    roster.store.pause("b")
    wanted |= {name: WantedCamera(f"rtsp://10.0.0.1/{name}", 0) for name in ("d", "e")}
    one._leases = faulty = Faulty(one._leases, calls_left)
    held = one.review()
    other = worker("other", ttl_s=60.0)
    theirs = {name for name in "abcde" if other.claim(name)}
    assert held.keys().isdisjoint(theirs)
    assert all(one.tenure(name).over_at is None for name in held)
    other.leave(theirs)
    faulty.calls_left = 100
    assert until(lambda: one.review().keys() == {"c", "d", "e"})
    for name in one.review():
        assert one.tenure(name).was_ours(time.monotonic())
        assert not other.claim(name)
