"""A camera of two real streams: looked at in the small one, cut from the large one."""

import random
import threading
import time
from itertools import islice

import pytest

from pipeline.retry import Backoff
from pipeline.sources.closeups import CloseupReader, TwoStreamCamera
from pipeline.sources.rtsp import RtspCamera
from tests.drawn_clips import draw_clip, even, number_in
from tests.rtsp_server import Behaviour, RtspServer

pytestmark = pytest.mark.rtsp

SMALL, LARGE = (64, 48), (256, 192)


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    return tuple(
        draw_clip(folder / f"{size[0]}.mp4", even(64), options={"g": "8"}, size=size)
        for size in (SMALL, LARGE)
    )


def camera(url):
    return RtspCamera("gate", url, open_timeout_s=1.0, read_timeout_s=1.0)


def backoff():
    return Backoff(0.05, 0.1, random.Random(0))


def both(small, large):
    return TwoStreamCamera(camera(small.url), camera(large.url), backoff)


def until(holds, within_s=20.0):
    """Wait for something that a thread does."""
    last = time.monotonic() + within_s
    while not (found := holds()) and time.monotonic() < last:
        time.sleep(0.02)
    return found


def frames_with_closeups(one, stop):
    """(frame, its large picture) of the frames that have one."""
    for frame in one.frames("run", stop, 5.0):
        time.sleep(0.15)  # the detector's time
        if (large := frame.closeup()) is not None:
            yield frame, large


def test_the_large_picture_shows_the_same_instant(clips):
    stop = threading.Event()
    with RtspServer(clips[0]) as small, RtspServer(clips[1]) as large:
        pairs = list(islice(frames_with_closeups(both(small, large), stop), 8))
        stop.set()
    for frame, picture in pairs:
        assert frame.image.shape == (*SMALL[::-1], 3)
        assert picture.shape == (*LARGE[::-1], 3)
        assert not picture.flags.writeable
        apart = (number_in(picture) - number_in(frame.image)) % 32
        assert min(apart, 32 - apart) <= 8  # the servers began at two instants; 25 a second


def test_the_small_stream_goes_on_without_the_large_one_and_it_comes_back(clips):
    stop = threading.Event()
    with RtspServer(clips[0]) as small, RtspServer(clips[1], Behaviour(silent=True)) as large:
        one = both(small, large)
        assert [frame.closeup() for frame in islice(one.frames("run", stop, 5.0), 3)] == [None] * 3
        large.behaviour = Behaviour()
        large.hang_up()
        frame, picture = next(frames_with_closeups(one, stop))
        assert picture.shape[1] == LARGE[0]
        stop.set()
    assert frame.run_id == "run"


def test_what_is_kept_is_bounded_and_an_old_instant_has_none(clips):
    stop = threading.Event()
    with RtspServer(clips[1], Behaviour(speed=4)) as large:
        reader = CloseupReader(camera(large.url), backoff(), stop)
        reader.start()
        assert until(lambda: len(reader._kept) == reader._kept.maxlen)
        newest = reader._kept[-1][0]
        assert reader.nearest(newest) is not None
        assert reader.nearest(newest - 60.0) is None
        stop.set()
        reader.join(10)
    assert not reader.is_alive()
