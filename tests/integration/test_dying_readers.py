"""Readers that meet a fault of ours, on real connections: they wait, and leave nothing behind."""

import logging
import queue
import random
import threading
import time
from itertools import count

import pytest

from pipeline.clock import ManualClock
from pipeline.handoff import Latest
from pipeline.retry import Backoff
from pipeline.sources.closeups import TwoStreamCamera
from pipeline.sources.reader import CameraReader
from pipeline.sources.rtsp import RtspCamera
from pipeline.telemetry import Telemetry
from pipeline.workers.attendance import TRY_AGAIN_S, Attendance, FixedRoster
from tests.drawn_clips import draw_clip, even
from tests.rtsp_server import RtspServer

pytestmark = pytest.mark.rtsp


class BrokenScene:
    """A judge of pictures with a fault of ours in it."""

    def judge(self, image, at):
        raise ZeroDivisionError("a fault of ours")


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    return draw_clip(path, even(64), options={"g": "16"})


def camera(url):
    return RtspCamera("gate", url, open_timeout_s=1.0, read_timeout_s=1.0)


def backoff():
    return Backoff(0.5, 1.0, random.Random(0))


def reader_of(source, say, telemetry=None):
    runs = count(1)
    return CameraReader(
        source,
        Latest(),
        new_run_id=lambda: f"run{next(runs)}",
        on_state=say,
        backoff=backoff(),
        telemetry=telemetry or Telemetry(),
        watch_scene=BrokenScene,
    )


def closeup_threads():
    return [each for each in threading.enumerate() if each.name == "closeups-gate"]


def until(holds, within_s=20.0):
    last = time.monotonic() + within_s
    while not holds() and time.monotonic() < last:
        time.sleep(0.02)
    return holds()


def test_a_fault_of_ours_is_a_lost_camera_that_is_tried_again_after_a_wait(clip, caplog):
    said, telemetry = queue.Queue(), Telemetry()
    with RtspServer(clip) as server:
        reader = reader_of(
            TwoStreamCamera(camera(server.url), camera(server.url), backoff),
            lambda *change: said.put(change[1:3]),
            telemetry,
        )
        reader.start()
        time.sleep(3.0)
        assert reader.is_alive()
        assert len(closeup_threads()) == 1
        assert reader.stop(10)
        assert until(lambda: not closeup_threads())
    states = list(said.queue)
    assert 2 <= states.count(("connecting", "")) <= 6
    (lost,) = {detail for state, detail in states if state == "lost"}
    assert "ZeroDivisionError" in lost
    assert "a fault of ours" not in lost
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [record.exc_info is not None for record in errors] == [True]
    assert b'descry_reader_faults_total{camera="gate"}' in telemetry.render()


def test_a_reader_that_died_all_the_same_is_stopped_and_another_waits_its_turn(clip, monkeypatch):
    # A thread may end for what nobody catches; here, whatever it meets.
    monkeypatch.setattr(CameraReader, "run", CameraReader._feed)
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    clock, made = ManualClock(), []
    with RtspServer(clip) as server:

        def make(_camera, say):
            two = TwoStreamCamera(camera(server.url), camera(server.url), backoff)
            made.append(reader_of(two, say))
            return made[-1]

        attendance = Attendance(FixedRoster({"gate": server.url}), make, clock)
        attendance.review()
        attendance.start("gate")
        for _ in range(3):
            reader = made[-1]
            reader.join(10)
            attendance.revive()
            attendance.revive()
            assert until(lambda: not closeup_threads())
            assert [(said.state, said.camera_id) for said in attendance.heard()][-1] == (
                "lost",
                "gate",
            )
            clock.sleep(TRY_AGAIN_S)
            attendance.revive()
        assert len(made) == 4
        attendance.stop()
        assert until(lambda: not closeup_threads())
        made[-1].join(10)
