"""Sender reports of two real RTSP servers: whose clock dates a picture, and what is said of it."""

import subprocess
import threading
import time
from itertools import islice, pairwise
from pathlib import Path

import pytest

from pipeline.errors import SourceUnreachable
from pipeline.sources.rtsp import RtspCamera
from tests.conftest import missing
from tests.drawn_clips import draw_clip, even
from tests.rtsp_server import Behaviour, RtspServer

pytestmark = pytest.mark.rtsp

SYSTEM_PYTHON = Path("/usr/bin/python3")
GSTREAMER = """
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer
Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service("0")
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(
    "( videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=10/1"
    " ! x264enc tune=zerolatency key-int-max=10 ! rtph264pay name=pay0 pt=96 )"
)
factory.set_shared(True)
server.get_mount_points().add_factory("/live", factory)
server.attach(None)
print(server.get_bound_port(), flush=True)
GLib.MainLoop().run()
"""


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    return draw_clip(path, even(64), options={"g": "16"})


def camera(url, **options):
    return RtspCamera("gate", url, open_timeout_s=5.0, read_timeout_s=5.0, **options)


def frames_of(one, count):
    return list(islice(one.frames("run", threading.Event()), count))


def offset(one):
    return one.figures["clock_offset_s"]


def test_without_reports_pictures_are_dated_by_arrival(clip):
    with RtspServer(clip) as server:
        one = camera(server.url)
        frames = frames_of(one, 30)
    assert {frame.time_source for frame in frames} == {"arrival"}
    assert "clock_offset_s" not in one.figures


def test_a_right_clock_is_believed(clip):
    with RtspServer(clip, Behaviour(reports=True)) as server:
        one = camera(server.url)
        frames = frames_of(one, 40)
        now = time.time()
    assert frames[-1].time_source == "sender report"
    assert abs(offset(one)) < one._clock_tolerance_s
    assert now - one._clock_tolerance_s < frames[-1].captured_at <= now + 0.1


def test_a_clock_an_hour_ahead_is_said_and_not_believed(clip):
    with RtspServer(clip, Behaviour(reports=True, clock_ahead_s=3600.0)) as server:
        one = camera(server.url)
        frames = frames_of(one, 40)
        believer = camera(server.url, timed_by="camera")
        believed = frames_of(believer, 40)
        now = time.time()
    assert frames[-1].time_source == "arrival"
    assert frames[-1].captured_at <= now
    assert offset(one) == pytest.approx(3600.0, abs=2.0)
    assert believed[-1].time_source == "sender report"
    assert believed[-1].captured_at == pytest.approx(now + 3600.0, abs=2.0)


def test_a_clock_a_minute_behind_that_alone_counts_costs_no_pictures(clip):
    with RtspServer(clip, Behaviour(reports=True, clock_ahead_s=-60.0)) as server:
        one, stop = camera(server.url, timed_by="camera"), threading.Event()
        frames = list(islice(one.frames("run", stop, max_fps=5.0), 10))
        now = time.time()
    assert {frame.time_source for frame in frames} == {"sender report"}
    assert frames[-1].captured_at == pytest.approx(now - 60.0, abs=2.0)
    assert frames[-1].captured_at - frames[0].captured_at > 1.5


def test_a_camera_whose_clock_is_set_back_begins_another_run(clip):
    behaviour = Behaviour(reports=True, clock_ahead_s=100.0, clock_leaps=(1.0, -50.0))
    with RtspServer(clip, behaviour) as server:
        one = camera(server.url, timed_by="camera")
        with pytest.raises(SourceUnreachable, match=r"'gate': the clock went back by (49|50)\."):
            frames_of(one, 400)


@pytest.mark.parametrize("by_s", [-30.0, 30.0])
def test_timestamps_that_leap_leave_the_instants_alone(clip, by_s):
    with RtspServer(clip, Behaviour(timestamps_leap=(1.0, by_s))) as server:
        one = camera(server.url)
        began = time.time()
        frames = frames_of(one, 80)
        took_s = time.time() - began
    assert frames[-1].captured_at - frames[0].captured_at <= took_s
    assert one.figures["leaps"] == 1


def test_the_server_of_gstreamer_is_understood_too():
    probe = [SYSTEM_PYTHON, "-c", "import gi; gi.require_version('GstRtspServer', '1.0')"]
    if not SYSTEM_PYTHON.is_file() or subprocess.run(probe, capture_output=True).returncode:
        missing("no GStreamer RTSP server: apt install gir1.2-gst-rtsp-server-1.0", "gstreamer")
    command = [SYSTEM_PYTHON, "-c", GSTREAMER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            port = process.stdout.readline().strip()
            one = camera(f"rtsp://127.0.0.1:{port}/live")
            try:
                frames = frames_of(one, 60)
            except SourceUnreachable as error:
                missing(f"GStreamer lacks its H.264 encoder or payloader ({error})", "gstreamer")
        finally:
            process.kill()
    assert frames[-1].time_source == "sender report"
    assert abs(offset(one)) < one._clock_tolerance_s
    assert all(a.captured_at < b.captured_at for a, b in pairwise(frames))
