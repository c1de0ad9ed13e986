"""When a device is to blame for what cannot be decoded, and when the data is."""

from types import SimpleNamespace

import av.error
import pytest

from pipeline.cli.cameras import _facts
from pipeline.clock import ManualClock
from pipeline.sources.decoder import GIVES_UP_AFTER, Decoder, DeviceFailed
from pipeline.sources.decoding import REST_S, CameraDecoding

PICTURE = SimpleNamespace(width=64, height=48)
KEY, OTHER = SimpleNamespace(is_keyframe=True), SimpleNamespace(is_keyframe=False)
INVALID = av.error.InvalidDataError(1, "invalid data")
EXTERNAL = av.error.ExternalError(2, "the driver is gone")


class Scripted:
    """A decoder on a device, which answers as it is told."""

    is_hwaccel = True
    pix_fmt = "cuda"

    def __init__(self):
        self.answer = None

    def decode(self, packet):
        if self.answer is not None:
            raise self.answer
        return [PICTURE]


@pytest.fixture
def counts():
    return CameraDecoding("auto", ManualClock())


@pytest.fixture
def libav():
    return Scripted()


@pytest.fixture
def decoder(libav, counts):
    return Decoder(libav, "gate", counts)


def fail(decoder, libav, error, packets):
    libav.answer = error
    for packet in packets:
        assert decoder.pictures(packet) == []
    libav.answer = None


def test_a_device_that_fails_again_and_again_has_given_up(decoder, libav, counts):
    assert decoder.pictures(KEY) == [PICTURE]
    fail(decoder, libav, EXTERNAL, [OTHER] * (GIVES_UP_AFTER - 1))
    libav.answer = EXTERNAL
    with pytest.raises(DeviceFailed, match="the driver is gone"):
        decoder.pictures(OTHER)
    assert (counts.decoded, counts.errors) == (1, GIVES_UP_AFTER)


def test_one_picture_acquits_it(decoder, libav):
    for _ in range(3):
        fail(decoder, libav, EXTERNAL, [OTHER] * (GIVES_UP_AFTER - 1))
        assert decoder.pictures(OTHER) == [PICTURE]


def test_damage_that_a_key_frame_ends_is_no_fault_of_the_device(decoder, libav):
    fail(decoder, libav, INVALID, [OTHER] * (GIVES_UP_AFTER * 4))
    assert decoder.pictures(KEY) == [PICTURE]
    fail(decoder, libav, INVALID, [OTHER] * (GIVES_UP_AFTER * 4))


def test_what_a_key_frame_does_not_mend_is(decoder, libav):
    fail(decoder, libav, INVALID, [OTHER] * 5 + [KEY] + [OTHER] * (GIVES_UP_AFTER - 2))
    libav.answer = INVALID
    with pytest.raises(DeviceFailed):
        decoder.pictures(OTHER)


def test_the_cpu_never_gives_up(decoder, libav):
    libav.pix_fmt = "yuv420p"  # libav fell back without a word
    assert not decoder.is_accelerated
    fail(decoder, libav, EXTERNAL, [KEY] * (GIVES_UP_AFTER * 2))
    libav.pix_fmt, libav.is_hwaccel = "cuda", False
    assert not decoder.is_accelerated
    fail(decoder, libav, EXTERNAL, [KEY] * (GIVES_UP_AFTER * 2))


def test_a_device_that_failed_rests_and_is_tried_again(monkeypatch):
    monkeypatch.setattr("pipeline.sources.decoding.acceleration", lambda wish: "the device")
    monkeypatch.setattr("pipeline.sources.decoding.device_for", lambda wish: "cuda")
    clock = ManualClock()
    decoding = CameraDecoding("auto", clock)
    assert decoding.acceleration() == "the device"
    assert decoding.device_failed("gone") == (
        "cuda decodes its video no longer (gone); the CPU does for the next 10 minutes at least"
    )
    clock.sleep(REST_S - 1)
    assert decoding.acceleration() is None
    clock.sleep(2)
    assert decoding.acceleration() == "the device"
    assert decoding.device_failures == 1


def test_the_list_of_cameras_says_which_device_failed():
    assert list(_facts({"hardware_failures": 0.0, "hardware_decoding": 0.0})) == []
    assert list(_facts({"hardware_failures": 1.0, "hardware_decoding": 1.0})) == []
    said = list(_facts({"hardware_failures": 1, "hardware_decoding": 0, "clock_offset_s": 1.25}))
    assert said == ["clock +1.2 s", "decoded on the CPU: its device failed"]
