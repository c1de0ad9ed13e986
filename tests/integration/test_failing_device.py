"""A device that decodes a camera and then fails: the CPU takes over, and says so once.

No device is needed. What libav does when one cannot be made is real; one that fails at work is
played by a wrapper around the real decoder.
"""

import logging
import queue
import random
import threading
from itertools import islice

import av.error
import pytest
from av.codec.hwaccel import HWAccel, hwdevices_available

from pipeline.clock import SystemClock
from pipeline.handoff import Latest
from pipeline.retry import Backoff
from pipeline.sources import decoding
from pipeline.sources.closeups import TwoStreamCamera
from pipeline.sources.decoder import Decoder, decoder_of
from pipeline.sources.probe import probe_camera
from pipeline.sources.reader import CameraReader
from pipeline.sources.rtsp import RtspCamera
from pipeline.telemetry import Telemetry
from tests.drawn_clips import draw_clip, even
from tests.rtsp_server import Behaviour, RtspServer

pytestmark = pytest.mark.rtsp


class Later(SystemClock):
    """The real clock, moved ahead by a test."""

    ahead_s = 0.0

    def monotonic(self):
        return super().monotonic() + self.ahead_s


class GivesUp:
    """A decoder on a device, which stops after so many packets: with an error, or with nothing."""

    is_hwaccel = True
    pix_fmt = "cuda"

    def __init__(self, context, after, error):
        self._context, self._left, self._error = context, after, error

    def decode(self, packet):
        self._left -= 1
        if self._left >= 0:
            return self._context.decode(packet)
        if self._error is None:
            return []
        raise self._error


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    clip = draw_clip(tmp_path_factory.mktemp("c") / "a.mp4", even(64), options={"g": "16"})
    with RtspServer(clip, Behaviour(speed=4)) as server:
        yield server


@pytest.fixture
def device(monkeypatch):
    """Makes a device that is chosen, and fails after so many packets of its first connection."""
    asked, built = [], []

    def make(after, error):
        def build(stream, camera_id, counts):
            real = decoder_of(stream, camera_id, counts)
            is_on_device = len(asked) > len(built)
            built.extend([stream] * is_on_device)
            if not is_on_device:
                return real
            return Decoder(GivesUp(stream.codec_context, after, error), camera_id, counts)

        monkeypatch.setattr(decoding, "acceleration", asked.append)
        monkeypatch.setattr(decoding, "device_for", lambda wish: "cuda")
        monkeypatch.setattr("pipeline.sources.rtsp_stream.decoder_of", build)
        return asked

    return make


def camera_of(server, **options):
    timeouts = {"open_timeout_s": 30.0, "read_timeout_s": 30.0}
    return RtspCamera("gate", server.url, decode_on="auto", **{**timeouts, **options})


def read_until_live_again(camera):
    """What a reader says from its first picture to the first after the device failed."""
    said, runs = queue.Queue(), iter(f"run{number}" for number in range(99))
    reader = CameraReader(
        camera,
        Latest(),
        new_run_id=lambda: next(runs),
        on_state=lambda _camera, state, detail, *_: said.put((state, detail)),
        backoff=Backoff(0.05, 0.1, random.Random(0)),
        telemetry=Telemetry(),
    )
    reader.start()
    try:
        heard = [said.get(timeout=30) for _ in range(5)]
        return heard, reader.figures()
    finally:
        reader.stop(wait_s=10)


@pytest.mark.parametrize(
    ("error", "reason", "read_timeout_s"),
    [
        (av.error.ExternalError(1, "the driver is gone"), "the driver is gone", 30.0),
        (None, "no picture could be decoded for 1 s", 1.0),
    ],
)
def test_the_next_connection_is_decoded_on_the_cpu(
    server, device, caplog, error, reason, read_timeout_s
):
    asked = device(10, error)
    with caplog.at_level(logging.INFO):
        heard, figures = read_until_live_again(camera_of(server, read_timeout_s=read_timeout_s))
    assert [state for state, _ in heard] == ["connecting", "live", "lost", "connecting", "live"]
    told = f"cuda decodes its video no longer ({reason}); the CPU does"
    assert told in heard[2][1]
    assert len([r for r in caplog.records if told in r.getMessage()]) == 1
    assert (figures["hardware_failures"], figures["hardware_decoding"]) == (1, 0)
    assert asked == ["auto"]


def test_it_is_tried_again_after_its_rest(server, device):
    asked, clock = device(0, av.error.ExternalError(1, "gone")), Later()
    camera = camera_of(server, clock=clock)
    with pytest.raises(Exception, match="cuda decodes its video no longer"):
        next(camera.frames("run", threading.Event()))
    assert next(camera.frames("run", threading.Event())) and asked == ["auto"]
    clock.ahead_s = decoding.REST_S
    with pytest.raises(Exception, match="cuda decodes its video no longer"):
        next(camera.frames("run", threading.Event()))
    assert asked == ["auto", "auto"]


def test_a_probe_looks_again_on_the_cpu(server, device):
    device(0, av.error.ExternalError(1, "gone"))
    found = probe_camera(camera_of(server))
    assert (found.ok, found.width) == (True, 64)


def test_a_failure_in_the_stream_that_is_cut_from_shows_too(server, device):
    device(0, av.error.ExternalError(1, "gone"))
    searched, cut_from = camera_of(server), camera_of(server)
    assert not list(TwoStreamCamera(searched, cut_from, None).figures)
    probe_camera(cut_from)
    probe_camera(searched)
    assert TwoStreamCamera(searched, cut_from, None).figures["hardware_failures"] == 2


@pytest.mark.skipif("cuda" not in hwdevices_available(), reason="libav was built without CUDA")
def test_a_device_that_can_no_longer_be_made_does_not_keep_the_camera(server, monkeypatch, caplog):
    """The failure is libav's own: no machine has a hundredth GPU."""
    monkeypatch.setattr(decoding, "acceleration", lambda wish: HWAccel("cuda", device="99"))
    monkeypatch.setattr(decoding, "device_for", lambda wish: "cuda")
    camera = camera_of(server)
    with caplog.at_level(logging.INFO):
        for _ in range(2):
            assert len(list(islice(camera.frames("run", threading.Event()), 5))) == 5
    (record,) = (r for r in caplog.records if "decodes its video no longer" in r.getMessage())
    assert record.levelname == "WARNING"
    assert camera.figures["hardware_failures"] == 1
    assert camera.figures["hardware_decoding"] == 0
