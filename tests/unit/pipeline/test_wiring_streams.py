"""pipeline.wiring.cameras: which stream of a camera does what."""

import pytest
from pydantic import ValidationError

from pipeline.config import Settings
from pipeline.sources.closeups import TwoStreamCamera
from pipeline.sources.rtsp import RtspCamera
from pipeline.wiring.cameras import build_camera, build_source

MAIN, SUB, THIRD = (f"rtsp://10.0.0.1/{name}" for name in ("main", "sub", "third"))


def settings(**streams):
    listed = {name: {"url": url, "roles": roles} for name, (url, roles) in streams.items()}
    return Settings(cameras={"gate": {"url": MAIN, "streams": listed}})


def test_one_stream_has_every_role():
    one = settings()
    assert isinstance(build_source(one, "gate"), RtspCamera)
    assert {build_camera(one, "gate", role).url for role in ("detect", "crop")} == {MAIN}


@pytest.mark.parametrize(
    ("streams", "detect", "crop"),
    [
        ({"sub": (SUB, ["detect"])}, SUB, MAIN),
        ({"large": (THIRD, ["crop"])}, MAIN, THIRD),
        ({"sub": (SUB, ["detect"]), "large": (THIRD, ["crop"])}, SUB, THIRD),
    ],
)
def test_a_role_is_that_of_the_stream_that_has_it_else_of_the_camera(streams, detect, crop):
    one = settings(**streams)
    assert isinstance(build_source(one, "gate"), TwoStreamCamera)
    assert build_camera(one, "gate").url == detect
    assert build_camera(one, "gate", "crop").url == crop


def test_a_stream_with_both_roles_is_the_only_one_read():
    one = settings(sub=(SUB, ["detect", "crop"]))
    assert isinstance(build_source(one, "gate"), RtspCamera)
    assert build_camera(one, "gate", "crop").url == SUB


@pytest.mark.parametrize(
    ("streams", "said"),
    [
        ({"a": (SUB, ["detect"]), "b": (THIRD, ["detect"])}, "gives detect to more than one"),
        ({"a": (SUB, ["detect", "detect"])}, "gives detect to more than one"),
        ({"a": (SUB, [])}, "at least 1 item"),
        ({"a": (SUB, ["record"])}, "nothing but record"),
        ({"a": (SUB, ["dance"])}, "'detect'"),
        ({"a": ("rtsp://eye:secret@10.0.0.1/x", ["detect"])}, "holds credentials"),
    ],
)
def test_roles_that_make_no_sense_are_refused(streams, said):
    with pytest.raises(ValidationError, match=said):
        settings(**streams)


@pytest.mark.parametrize(
    ("streams", "kept"),
    [
        ({}, MAIN),
        ({"sub": (SUB, ["detect"])}, MAIN),
        ({"sub": (SUB, ["detect", "record"])}, SUB),
        ({"large": (THIRD, ["crop"])}, THIRD),
    ],
)
def test_the_packets_of_one_stream_alone_are_kept(streams, kept):
    one, sink = settings(**streams), object()
    source = build_source(one, "gate", sink)
    pair = [source]
    if isinstance(source, TwoStreamCamera):
        pair = [source._searched, source._cut_from]
    assert [camera.url for camera in pair if camera._packets is sink] == [kept]
