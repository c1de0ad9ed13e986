"""A reader and a probe on real connections to a real RTSP server on loopback."""

import logging
import queue
import random
import threading
import time
from contextlib import contextmanager
from dataclasses import replace

import pytest

from pipeline.errors import SourceRefused, SourceUnreachable
from pipeline.handoff import Latest
from pipeline.retry import Backoff
from pipeline.sources.probe import probe_camera
from pipeline.sources.reader import CameraReader
from pipeline.sources.rtsp import RtspCamera
from pipeline.telemetry import Telemetry
from tests.drawn_clips import draw_clip, even
from tests.rtsp_server import Behaviour, RtspServer, server_process

pytestmark = pytest.mark.rtsp

PASSWORD = "s3cr%t/p@ss:wörd"


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    return draw_clip(path, even(64), options={"g": "16"})


def camera(url, **options):
    timeouts = {"open_timeout_s": 1.0, "read_timeout_s": 1.0}
    return RtspCamera("lobby", url, **{**timeouts, **options})


@contextmanager
def reading(one, **options):
    """A running reader; what it says about the camera; where it puts frames."""
    states = queue.Queue()
    runs = iter(f"run{number}" for number in range(1000))
    hand_off = Latest()
    reader = CameraReader(
        one,
        hand_off,
        new_run_id=lambda: next(runs),
        on_state=lambda camera_id, state, detail, run_id, at: states.put((state, detail, run_id)),
        backoff=Backoff(0.1, 0.2, random.Random(0)),
        telemetry=options.pop("telemetry", Telemetry()),
        **options,
    )
    reader.start()
    try:
        yield reader, states, hand_off
    finally:
        reader.stop(wait_s=10)


def wait_for(states, wanted):
    while True:
        seen = states.get(timeout=20)
        if seen[0] == wanted:
            return seen


def test_a_reader_goes_on_under_a_new_run_when_the_server_is_back(clip):
    telemetry = Telemetry()
    with (
        server_process(clip) as (process, url),
        reading(camera(url), telemetry=telemetry) as (reader, states, hand_off),
    ):
        first_run = wait_for(states, "live")[2]
        process.kill()
        process.wait()
        assert wait_for(states, "lost")[2] == first_run
        assert b'descry_camera_up{camera="lobby"} 0.0' in telemetry.render()
        hand_off.take(0)
        with server_process(clip, "--port", url.rpartition(":")[2].partition("/")[0]):
            second_run = wait_for(states, "live")[2]
            assert hand_off.take(5).run_id == second_run != first_run
            assert reader.reconnects == 1
    assert b'descry_reconnects_total{camera="lobby"} 1.0' in telemetry.render()


def test_a_reader_tries_a_refused_camera_again_once_the_password_is_mended(clip):
    with (
        RtspServer(clip, Behaviour(user="eye", password="old")) as server,
        reading(camera(server.url, username="eye", password="new")) as (_, states, _),
    ):
        assert "cameras.lobby.password" in wait_for(states, "refused")[1]
        server.behaviour = replace(server.behaviour, password="new")
        wait_for(states, "live")


def test_a_slow_consumer_gets_the_newest_frame_and_the_rest_is_counted(clip):
    telemetry = Telemetry()
    with (
        RtspServer(clip, Behaviour(speed=4)) as server,
        reading(camera(server.url), telemetry=telemetry) as (reader, states, hand_off),
    ):
        wait_for(states, "live")
        while reader.frames_read < 30:
            time.sleep(0.01)
        frame = hand_off.take(1)
    assert frame.number >= 30
    counted = hand_off.taken_count + hand_off.dropped + hand_off.held
    assert reader.frames_read == hand_off.put_count == counted
    dropped = f'descry_frames_dropped_total{{camera="lobby",reason="newer"}} {hand_off.dropped}.0'
    assert dropped.encode() in telemetry.render()


def test_stopping_ends_a_live_reader_at_once(clip):
    with RtspServer(clip) as server, reading(camera(server.url)) as (reader, states, _):
        wait_for(states, "live")
        assert reader.stop(wait_s=1.0)


def test_stopping_does_not_wait_for_a_camera_that_hangs(clip):
    with (
        RtspServer(clip, Behaviour(silent=True)) as server,
        reading(camera(server.url, open_timeout_s=3)) as (reader, states, _),
    ):
        wait_for(states, "connecting")
        began = time.monotonic()
        reader.stop()
        assert time.monotonic() - began < 1.5
        assert reader.daemon


def test_stopping_cuts_the_wait_between_two_tries_short():
    with reading(camera("rtsp://127.0.0.1:1/live")) as (reader, states, _):
        reader._backoff = Backoff(60, 60, random.Random(0))
        wait_for(states, "lost")
        assert reader.stop(wait_s=1.0)


def test_probing_a_good_camera_tells_what_it_sends(clip):
    with RtspServer(clip) as server:
        probe = probe_camera(camera(server.url))
    assert (probe.ok, probe.codec, probe.width, probe.height) == (True, "h264", 64, 48)
    assert probe.fps == pytest.approx(25, abs=1)
    assert probe.first_frame_s > 0


def test_probing_a_dead_camera_tells_why():
    probe = probe_camera(camera("rtsp://127.0.0.1:1/live"))
    assert not probe.ok
    assert "refused" in probe.detail


def chain(error):
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(user="eye", password="another"),
        Behaviour(user="eye", password=PASSWORD, path="elsewhere"),
        Behaviour(user="eye", password=PASSWORD, stall_after_s=0.3),
        Behaviour(silent=True),
    ],
    ids=["wrong password", "no such path", "stalled", "silent"],
)
def test_no_message_or_log_line_holds_a_credential(clip, behaviour, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    with RtspServer(clip, behaviour) as server:
        url = f"rtsp://127.0.0.1:{server.port}/live"
        one = camera(url, username="eye", password=PASSWORD)
        with reading(one) as (_, states, _):
            said = [states.get(timeout=10) for _ in range(4)]
        with pytest.raises((SourceRefused, SourceUnreachable)) as caught:
            list(one.frames("run", threading.Event()))
    texts = [repr(link) for link in chain(caught.value)]
    everything = " ".join([*texts, repr(said), caplog.text, *capfd.readouterr(), repr(one)])
    assert "lobby" in everything
    for secret in (PASSWORD, "s3cr", "eye:"):
        assert secret not in everything
