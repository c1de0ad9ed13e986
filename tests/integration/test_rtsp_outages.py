"""A reader against a server with every fault: what it says, and that the stream is back."""

import queue
import random
from contextlib import contextmanager
from itertools import count

import numpy as np
import pytest

from pipeline.handoff import Latest
from pipeline.retry import Backoff
from pipeline.sources.reader import CameraReader
from pipeline.sources.rtsp import RtspCamera
from pipeline.telemetry import Telemetry
from tests.certificates import certificate
from tests.drawn_clips import draw_clip, even, numbered
from tests.rtsp_media import load_clip
from tests.rtsp_server import Behaviour, RtspServer

pytestmark = pytest.mark.rtsp

SMALL, LARGE = (64, 48), (128, 96)


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Clips that differ in size and codec, and one that goes dark for four of its seconds."""
    folder = tmp_path_factory.mktemp("clips")
    quiet = {"x265-params": "log-level=none:keyint=16"}

    def dark(number, size):
        return numbered(number, size) * (not 25 <= number < 125)

    return {
        "h264": load_clip(draw_clip(folder / "a.mp4", even(64), options={"g": "16"})),
        "large": load_clip(
            draw_clip(folder / "b.mp4", even(64), options={"g": "16"}, size=LARGE)
        ),
        "h265": load_clip(draw_clip(folder / "c.mp4", even(64), codec="libx265", options=quiet)),
        "dark": load_clip(
            draw_clip(folder / "d.mp4", even(200), options={"g": "16"}, picture=dark)
        ),
    }  # fmt: skip


@contextmanager
def reading(url, **options):
    """What a running reader says, and where it puts its frames."""
    camera = RtspCamera("gate", url, open_timeout_s=1.0, read_timeout_s=1.0, **options)
    said, frames, runs = queue.Queue(), Latest(), count(1)
    telemetry = Telemetry()
    reader = CameraReader(
        camera,
        frames,
        new_run_id=lambda: f"run{next(runs)}",
        on_state=lambda _camera, state, detail, run_id, _at: said.put((state, detail, run_id)),
        backoff=Backoff(0.05, 0.1, random.Random(0)),
        telemetry=telemetry,
    )
    reader.start()
    try:
        yield said, frames, telemetry
    finally:
        reader.stop(wait_s=10)


def wait_for(said, *wanted):
    while (heard := said.get(timeout=30))[0] not in wanted:
        pass
    return heard


def next_frame(frames, run_id):
    while (frame := frames.take(20)).run_id != run_id:
        pass
    return frame


FAULTS = {
    "stops without a word": Behaviour(stall_after_s=0.5),
    "stops in the middle of a picture": Behaviour(cut_after_s=0.5),
    "sends garbage": Behaviour(garbage_after_s=0.5),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_after_a_fault_the_stream_is_back_as_another_run(clips, fault):
    with (
        RtspServer(clips["h264"], FAULTS[fault]) as server,
        reading(server.url) as (said, frames, _),
    ):
        first = wait_for(said, "live")[2]
        _, detail, run_id = wait_for(said, "lost")
        assert run_id == first
        assert detail.startswith("camera 'gate': ")
        server.behaviour = Behaviour()
        second = wait_for(said, "live")[2]
        assert second != first
        assert next_frame(frames, second).image.any()


def test_a_camera_that_refuses_and_then_stays_silent_is_back_in_the_end(clips):
    with RtspServer(clips["h264"], Behaviour(user="eye", password="right")) as server:
        with reading(server.url) as (said, frames, _):
            assert "asks for a login" in wait_for(said, "refused")[1]
        server.behaviour = Behaviour(silent=True)
        with reading(server.url) as (said, frames, _):
            assert "no answer" in wait_for(said, "lost")[1]
            server.behaviour = Behaviour()
            server.hang_up()
            run = wait_for(said, "live")[2]
            assert next_frame(frames, run).image.any()


@pytest.mark.parametrize("after", ["large", "h265"])
def test_a_camera_that_was_set_anew_is_probed_anew(clips, after):
    with RtspServer(clips["h264"]) as server, reading(server.url) as (said, frames, _):
        assert next_frame(frames, wait_for(said, "live")[2]).image.shape[1] == SMALL[0]
        server.clip = clips[after]
        server.hang_up()
        wait_for(said, "lost")
        size = LARGE if after == "large" else SMALL
        assert next_frame(frames, wait_for(said, "live")[2]).image.shape == (*size[::-1], 3)


def test_a_picture_that_grows_within_a_connection_is_followed(clips):
    with RtspServer(clips["h264"]) as server, reading(server.url) as (said, frames, _):
        run = wait_for(said, "live")[2]
        server.clip = clips["large"]
        while next_frame(frames, run).image.shape[1] != LARGE[0]:
            pass


def test_one_packet_in_twenty_may_be_lost(clips):
    with (
        RtspServer(clips["large"], Behaviour(lost_share=0.05)) as server,
        reading(server.url) as (said, frames, _),
    ):
        run = wait_for(said, "live")[2]
        numbers = [next_frame(frames, run).number for _ in range(30)]
    assert numbers == sorted(set(numbers))


def test_a_dark_picture_is_blind_time_and_light_is_another_run(clips):
    with RtspServer(clips["dark"]) as server, reading(server.url) as (said, frames, telemetry):
        first = wait_for(said, "live")[2]
        _, detail, run_id = wait_for(said, "blind")
        assert (run_id, "the picture is black" in detail) == (first, True)
        assert b'descry_camera_up{camera="gate"} 0.0' in telemetry.render()
        second = wait_for(said, "live")[2]
        assert second != first
        assert np.percentile(next_frame(frames, second).image, 98) > 100
    assert b'reason="black"' in telemetry.render()
    assert b'descry_reconnects_total{camera="gate"}' not in telemetry.render()


def test_an_rtsps_camera_must_show_a_certificate_that_is_vouched_for(clips, tmp_path):
    mine, other = (certificate(tmp_path, name, "127.0.0.1") for name in ("mine", "other"))
    elsewhere = certificate(tmp_path, "elsewhere", "127.0.0.2")
    with RtspServer(clips["h264"], Behaviour(tls=mine.served())) as server:
        for options in ({}, {"ca_file": mine.path}):
            with reading(server.url, **options) as (said, _, _):
                wait_for(said, "live")
        with reading(server.url, ca_file=other.path) as (said, _, _):
            detail = wait_for(said, "refused", "lost", "live")[1]
            assert "certificate is not to be trusted" in detail
            assert "cameras.gate.ca_file" in detail
    with (
        RtspServer(clips["h264"], Behaviour(tls=elsewhere.served())) as server,
        reading(server.url, ca_file=elsewhere.path) as (said, _, _),
    ):
        assert "mismatch" in wait_for(said, "refused", "lost", "live")[1]
