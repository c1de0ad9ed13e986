"""The thread that writes a ring behind a camera's back: real packets, disks that fail, kills."""

import os
import signal
import subprocess
import sys
import threading
from itertools import islice, pairwise

import av
import pytest

from pipeline.clock import SystemClock
from pipeline.errors import SourceUnreachable, StoreUnavailable
from pipeline.packets import KeptPacket
from pipeline.sources.rtsp import RtspCamera
from pipeline.store.clips import Span, cut_from_ring
from pipeline.store.ring import RingFolder, RingLimits
from pipeline.store.ring_recorder import RETRY_S, RingRecorder
from pipeline.store.ring_writer import PacketQueue, RingWriter
from tests.conftest import ROOT
from tests.drawn_clips import number_in
from tests.e2e.conftest import wait_for
from tests.integration.test_ring import Ring
from tests.packets import Camera, encode
from tests.rtsp_server import Behaviour, RtspServer, server_process

WATCH = """
import sys, threading
from pathlib import Path
from tests.integration.test_ring_writer import watching
with watching(Path(sys.argv[1]), sys.argv[2]) as frames:
    for frame in frames:
        print(frame.captured_at, flush=True)
"""


class watching:  # noqa: N801  reads like a function
    """Frames of a camera whose packets go to a ring."""

    def __init__(self, root, url, queue=None, read_timeout_s=10.0, **limits) -> None:
        bounds = {"keep_s": 600.0, "at_most_bytes": 10**8, "segment_s": 1.0, **limits}
        self.states, self.drops = [], []
        recorder = RingRecorder(
            *("door", RingFolder(root), RingLimits(**bounds), SystemClock()),
            on_drop=self.drops.append,
        )
        self.writer = RingWriter(
            "door", recorder, on_state=self.states.append, on_drop=self.drops.append, queue=queue
        )
        self.camera = RtspCamera(
            "door", url, packets=self.writer, read_timeout_s=read_timeout_s, open_timeout_s=2.0
        )

    def __enter__(self):
        self.writer.start()
        self._stop = threading.Event()
        return self.camera.frames("run", self._stop)

    def __exit__(self, *_) -> None:
        self._stop.set()
        self.writer.ask_to_stop()
        self.writer.join(10)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return encode(tmp_path_factory.mktemp("clips") / "clip", "libx264")


def pictures(path) -> list[tuple[float, int]]:
    with av.open(str(path)) as container:
        return [
            (frame.time, number_in(frame.to_ndarray(format="rgb24")))
            for frame in container.decode(video=0)
        ]


@pytest.mark.rtsp
@pytest.mark.parametrize("codec", ["libx264", "libx264-b", "libx265"])
def test_what_a_camera_sends_is_kept_while_it_is_watched(tmp_path, codec):
    with RtspServer(encode(tmp_path / "clip", codec), Behaviour(speed=2)) as server:
        with watching(tmp_path / "ring", server.url) as frames:
            seen = [frame.captured_at for frame in islice(frames, 100)]
        frames.close()
    middle = seen[50]
    span = Span(middle, middle, middle - 60, middle + 60)
    cut_from_ring(RingFolder(tmp_path / "ring"), "door", span, tmp_path / "all.mp4")
    # At the end, pictures that need one which was not sent yet cannot be shown.
    kept = [number for _, number in pictures(tmp_path / "all.mp4")][:-4]
    assert all((b - a) % 32 == 1 for a, b in pairwise(kept))
    assert len(kept) >= len(seen) - 8


@pytest.mark.rtsp
@pytest.mark.parametrize("codec", ["libx264", "libx264-b"])
def test_instants_of_the_ring_are_those_of_the_frames(tmp_path, codec):
    with RtspServer(encode(tmp_path / "clip", codec)) as server:
        with watching(tmp_path / "ring", server.url) as frames:
            seen = [(f.captured_at, number_in(f.image)) for f in islice(frames, 120)]
        frames.close()
    # The first frames come in a burst: libav looks at half a second before it hands anything out.
    settled = [(at, number) for at, number in seen if at > seen[0][0] + 1.0]
    apart = []
    for segment in RingFolder(tmp_path / "ring").segments("door"):
        shown = pictures(segment.path)
        for shown_s, number in shown:
            at = segment.first_at + shown_s - shown[0][0]
            apart += [at - was for was, which in settled if which == number and abs(at - was) < 0.6]
    assert len(apart) >= len(settled) - 1
    assert sorted(map(abs, apart))[len(apart) * 9 // 10] < 1 / 25


@pytest.mark.rtsp
def test_a_killed_worker_leaves_segments_that_can_be_read(tmp_path, clip):
    with server_process(clip) as (_, url):
        command = [sys.executable, "-c", WATCH, str(tmp_path), url]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            instants = [float(process.stdout.readline()) for _ in range(90)]
            os.kill(process.pid, signal.SIGKILL)
    ring = RingFolder(tmp_path)
    (cut_off,) = [segment for segment in ring.segments("door") if segment.last_at is None]
    kept = [n for segment in ring.segments("door") for _, n in pictures(segment.path)]
    assert all((b - a) % 32 == 1 for a, b in pairwise(kept))
    recorder = RingRecorder("door", ring, RingLimits(600, 10**8), SystemClock())
    recorder.recover()
    segments = ring.segments("door")
    assert not cut_off.path.exists()
    assert None not in [segment.last_at for segment in segments]
    # What was in the last cluster is lost: half a second, and what the kill had on its way.
    assert segments[-1].last_at == pytest.approx(instants[-1], abs=1.0)


def test_a_disk_that_is_too_slow_costs_packets_and_never_the_cameras_time():
    queue = PacketQueue(at_most_bytes=100)
    taken = [queue.put(KeptPacket(b"x" * 30, None, n % 5 == 0, 0.0)) for n in range(8)]
    assert taken == [True, True, True, False, False, False, False, False]
    assert len(queue.take_all(0.0)) == 3
    # What follows cannot be decoded before the next key frame.
    assert [queue.put(KeptPacket(b"x", None, n % 5 == 0, 0.0)) for n in range(8, 12)] == [
        *[False, False],
        *[True, True],
    ]
    assert queue.dropped == 7


def test_a_disk_without_room_stops_the_ring_once_and_says_so(tmp_path, caplog):
    camera = Camera(encode(tmp_path / "clip", "libx264"))
    ring = Ring(tmp_path / "ring", camera, min_free_bytes=1 << 62)
    ring.watch(3)
    assert ring.segments == []
    assert "free on the disk" in ring.recorder.state
    assert len([r for r in caplog.records if "keeps no recent video" in r.message]) == 1
    assert sum(ring.recorder.dropped.values()) == 75


def test_a_disk_that_fails_in_the_middle_stops_the_ring_and_it_goes_on_later(tmp_path):
    camera = Camera(encode(tmp_path / "clip", "libx264"))
    ring = Ring(tmp_path / "ring", camera)
    ring.watch(1)
    # A file where the folder should be is what a lost disk looks like to who begins a segment.
    (tmp_path / "ring" / "door").rename(tmp_path / "away")
    (tmp_path / "ring" / "door").write_text("")
    ring.watch(3)
    assert ring.recorder.state.startswith("stopped")
    (tmp_path / "ring" / "door").unlink()
    ring.clock.sleep(RETRY_S)
    ring.watch(2)
    assert ring.recorder.state == ""
    assert ring.segments != []


def test_a_status_that_could_not_be_told_is_told_again(tmp_path):
    told, failures = [], [StoreUnavailable("away"), None]

    def on_state(state: str) -> None:
        if (failure := failures.pop(0) if failures else None) is not None:
            raise failure
        told.append(state)

    recorder = RingRecorder("door", RingFolder(tmp_path), RingLimits(60, 10**7), SystemClock())
    writer = RingWriter("door", recorder, on_state=on_state, on_drop=lambda reason: None)
    writer.start()
    wait_for(lambda: told, what="the state to be told")
    writer.ask_to_stop()
    writer.join(5)
    assert told == [""]


@pytest.mark.rtsp
def test_a_reader_that_hangs_does_not_end_the_ring_of_the_reader_after_it(tmp_path, clip):
    with RtspServer(clip, Behaviour(stall_after_s=1.0)) as hung, RtspServer(clip) as well:
        ring = watching(tmp_path, hung.url, read_timeout_s=2.0)
        with ring as old:
            next(old)
            new = RtspCamera("door", well.url, packets=ring.writer).frames("r2", threading.Event())
            began_at = next(new).captured_at
            with pytest.raises(SourceUnreachable):  # only now does the old one let go
                list(old)
            seen = [frame.captured_at for frame in islice(new, 100)]
        new.close()
    assert "no stream" not in ring.drops
    segments = RingFolder(tmp_path).segments("door")
    assert max(segment.last_at for segment in segments) == pytest.approx(seen[-1], abs=1.0)
    assert seen[-1] - began_at > 2.0
