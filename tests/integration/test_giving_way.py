"""Two camera workers on a real Redis: what is told when one loses its camera to the other."""

import threading
import time
from dataclasses import replace

import pytest

from detectors.types import Frame
from pipeline.clock import SystemClock
from pipeline.store.connection import connect
from pipeline.store.leases import LeaseStore
from pipeline.workers import camera
from pipeline.workers.giving_way import TAKEN_OVER
from pipeline.workers.roster import Roster, WantedCamera
from tests.integration.test_camera_worker import CAMERA, PERSON, PICTURE, Scene

pytestmark = [
    pytest.mark.redis,
    pytest.mark.parametrize("redis_binary", ["found"], indirect=True),
]

TTL_S = 1.5
WANTED = {CAMERA: WantedCamera("rtsp://10.0.0.1/live", 0)}


class Sharing(Scene):
    """A camera worker that shares its camera by a lease, over a connection of its own."""

    def __init__(self, redis, name: str) -> None:
        self.client = connect(
            url=None, unix_socket=redis.socket, username=None, password=None, timeout_s=10
        )
        leases = LeaseStore(self.client, redis.keys, name, ttl_s=TTL_S)
        clock = SystemClock()
        roster = Roster(leases, wanted=lambda: WANTED, paused=lambda: (), clock=clock)
        super().__init__(replace(redis, client=self.client), clock=clock, roster=roster)

    @property
    def has_camera(self) -> bool:
        return self.worker._attendance.cameras == (CAMERA,)

    def take_camera(self) -> float:
        """Work until the camera is ours; when that was."""
        last = time.monotonic() + 60.0
        while not self.has_camera:
            assert time.monotonic() < last
            self.worker.work_once(timeout_s=0.02)
        return self.clock.now()

    def cut(self) -> None:
        """Redis is out of reach."""
        self._path = self.client.connection_pool.connection_kwargs["path"]
        self._reach("/nonexistent.sock")

    def heal(self) -> None:
        self._reach(self._path)

    def _reach(self, path: str) -> None:
        pool = self.client.connection_pool
        pool.disconnect()
        pool.reset()  # a connection keeps its path
        pool.connection_kwargs["path"] = path


@pytest.fixture
def share(private_redis, monkeypatch):
    monkeypatch.setattr(camera, "REVIEW_EVERY_S", 0.2)
    made = []

    def make(name: str) -> Sharing:
        made.append(Sharing(private_redis, name))
        return made[-1]

    yield make
    for one in made:
        one.client.close()


def of_run(scene, run: str):
    return [t for t in scene.tracks.list(CAMERA, after=None, count=99) if t.key.run_id == run]


@pytest.mark.parametrize("learns_it", ["before its last frame", "after it"])
def test_what_a_stopped_worker_had_in_hand_is_not_told_beside_what_another_saw(share, learns_it):
    one, other = share("one"), share("other")
    one.begin()
    one.see("a", *range(1, 8))
    # The process stops; its last frame is with the detector.
    stopped_at = one.clock.now()
    taken_at = other.take_camera()
    other.see("b", *range(1, 8))
    # It goes on.
    if learns_it == "before its last frame":
        one.worker._parts.roster.renew()  # by its other thread
    late = Frame(CAMERA, "a", 8, stopped_at + 0.1, PICTURE)
    one.worker._take(late, [PERSON])
    one.worker._flush()
    before = one.published()
    one.worker.work_once(timeout_s=0.0)
    assert not one.has_camera
    assert other.has_camera
    cut_off, its = one.runs.get(CAMERA, "a"), other.runs.get(CAMERA, "b")
    assert (cut_off.state, cut_off.reason) == ("broken", TAKEN_OVER)
    assert cut_off.dropped_by == {"taken over": 1}
    assert cut_off.watched_until <= stopped_at < taken_at <= its.started_at
    assert its.state == "reading"
    assert {track.state for track in of_run(one, "a")} == {"ended"}
    assert all(track.last_seen_at <= stopped_at for track in of_run(one, "a"))
    assert {track.state for track in of_run(one, "b")} == {"open"}
    told = [*before, *one.published()]
    assert {shot.shot.track.run_id for shot in told} == {"a", "b"}
    assert all(s.captured_at <= stopped_at for s in told if s.shot.track.run_id == "a")


def test_a_worker_cut_off_from_redis_tells_what_it_saw_until_another_took_the_camera(share):
    one, other = share("one"), share("other")
    one.begin()
    one.see("a", *range(1, 4))
    one.cut()
    cut_at = one.clock.now()
    one.see("a", *range(4, 7))
    time.sleep(TTL_S)
    one.see("a", 7)  # the lease ran out, and nobody took it yet
    assert one.worker._is_away
    taken_at = other.take_camera()
    for number in range(1, 6):
        one.see("a", 7 + number)
        other.see("b", number)
    assert one.has_camera
    one.heal()
    time.sleep(0.3)
    one.worker.work_once(timeout_s=0.0)
    assert not one.has_camera
    run = one.runs.get(CAMERA, "a")
    assert (run.state, run.reason) == ("broken", TAKEN_OVER)
    assert run.dropped_by["taken over"] == pytest.approx(5, abs=1)
    assert {track.state for track in of_run(one, "a")} == {"ended"}
    last_seen_at = max(track.last_seen_at for track in of_run(one, "a"))
    assert cut_at - 1.0 < last_seen_at < taken_at
    assert {track.state for track in of_run(one, "b")} == {"open"}
    assert other.runs.get(CAMERA, "b").state == "reading"
    assert one.cameras.status(CAMERA).state != "stopped"


def test_while_redis_is_away_for_everybody_nothing_is_lost(share):
    one = share("one")
    one.begin()
    one.see("a", *range(1, 4))
    one.cut()
    one.see("a", *range(4, 7))
    time.sleep(TTL_S)
    one.see("a", *range(7, 13))
    assert one.worker._is_away
    one.heal()
    time.sleep(0.3)
    one.see("a", *range(13, 16))
    assert one.has_camera
    run = one.runs.get(CAMERA, "a")
    assert run.state == "reading"
    newest = max(of_run(one, "a"), key=lambda track: track.last_seen_at)
    assert newest.state == "open"
    assert newest.last_seen_at == pytest.approx(one.clock.now(), abs=1.5)
    assert run.watched_until == pytest.approx(one.clock.now(), abs=1.5)


def test_a_worker_that_is_stopped_before_it_hears_of_its_loss_leaves_nothing_open(share):
    one, other = share("one"), share("other")
    one.begin()
    one.see("a", *range(1, 4))
    one.cut()
    time.sleep(TTL_S)
    one.see("a2", *range(1, 6))  # its connection broke, too
    other.take_camera()
    other.see("b", *range(1, 6))
    one.heal()
    time.sleep(0.3)
    stop = threading.Event()
    stop.set()
    one.worker.run(stop)
    runs = {run.run_id: run for run in other.runs.of_camera(CAMERA)}
    assert {run_id for run_id, run in runs.items() if run.state == "reading"} == {"b"}
    assert {track.state for run in ("a", "a2") for track in of_run(other, run)} <= {"ended"}
    assert {track.state for track in of_run(other, "b")} == {"open"}
    assert other.cameras.status(CAMERA).state != "stopped"
