"""Which device decodes is found by trying; what none can decode, the CPU does."""

import logging
import threading
from itertools import islice

import pytest

from pipeline.sources import decoding
from pipeline.sources.decoding import BY_PREFERENCE, device_for, why_not
from pipeline.sources.rtsp import RtspCamera
from tests.drawn_clips import draw_clip, even
from tests.rtsp_server import RtspServer

pytestmark = pytest.mark.rtsp


@pytest.fixture
def unasked():
    """As in a process that has not looked yet."""
    decoding.why_not.cache_clear()
    decoding.device_for.cache_clear()


def test_the_cpu_is_taken_without_trying_anything(unasked, caplog):
    with caplog.at_level(logging.INFO):
        assert device_for("cpu") is None
    assert not caplog.records
    assert why_not.cache_info().currsize == 0


def test_what_was_chosen_is_said_once_with_every_reason(unasked, caplog):
    with caplog.at_level(logging.INFO):
        chosen = {device_for("auto") for _ in range(3)}
    (record,) = caplog.records
    works = [device for device in BY_PREFERENCE if why_not(device) is None]
    assert chosen == {works[0] if works else None}
    for device in BY_PREFERENCE[: BY_PREFERENCE.index(works[0])] if works else BY_PREFERENCE:
        assert works or f"{device}: {why_not(device)}" in record.getMessage()


def test_a_device_that_was_asked_for_and_does_not_work_is_a_warning(unasked, caplog):
    broken = [device for device in BY_PREFERENCE if why_not(device) is not None]
    assert broken, "every device works here: nothing to test"
    with caplog.at_level(logging.INFO):
        assert device_for(broken[0]) is None
    assert [record.levelname for record in caplog.records] == ["WARNING"]


@pytest.mark.parametrize("wish", ["auto", *BY_PREFERENCE])
def test_whatever_is_wished_pictures_come(tmp_path, wish):
    clip = draw_clip(tmp_path / "clip.mp4", even(32), options={"g": "16"})
    with RtspServer(clip) as server:
        camera = RtspCamera("gate", server.url, decode_on=wish)
        frames = list(islice(camera.frames("run", threading.Event()), 10))
    assert len(frames) == 10
    assert camera.figures["hardware_decoding"] in (0.0, float(device_for(wish) is not None))
