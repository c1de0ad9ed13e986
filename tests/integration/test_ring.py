"""A camera's ring as it is written: real packets, real files, a clock that a test moves."""

from itertools import islice, pairwise

import av
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.clock import ManualClock
from pipeline.packets import KeptPacket
from pipeline.store.ring import RingFolder, RingLimits
from pipeline.store.ring_recorder import RingRecorder
from tests.drawn_clips import number_in
from tests.packets import Camera, encode

FRAME_S = 0.04
CODECS = ["libx264", "libx264-b", "libx265", "mjpeg"]


@pytest.fixture(scope="module")
def cameras(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    return {codec: Camera(encode(folder / codec, codec)) for codec in CODECS}


class Ring:
    """A recorder on a folder, and its hands."""

    def __init__(self, root, camera: Camera, **limits) -> None:
        self.folder, self.clock, self.camera = RingFolder(root), ManualClock(), camera
        bounds = {"keep_s": 600.0, "at_most_bytes": 10**8, "segment_s": 1.0, **limits}
        self.recorder = RingRecorder("door", self.folder, RingLimits(**bounds), self.clock)
        self.recorder.begin(camera.known, 25.0)

    def watch(self, seconds: float) -> None:
        began_at = self.clock.now()
        for packet in islice(self.camera.packets(began_at), round(seconds / FRAME_S)):
            self.give(packet)
            self.clock.sleep(FRAME_S)

    def give(self, packet: KeptPacket) -> None:
        self.recorder.take(packet)
        self.recorder.tick()

    @property
    def segments(self):
        return self.folder.segments("door")

    @property
    def bytes(self) -> int:
        return sum(segment.path.stat().st_size for segment in self.segments)


def numbers(path) -> list[int]:
    with av.open(str(path)) as container:
        images = [f.to_ndarray(format="rgb24") for f in container.decode(video=0)]
    return [number_in(image) for image in images]


@pytest.mark.parametrize("codec", CODECS)
def test_segments_begin_with_a_key_frame_and_hold_every_picture_once(cameras, tmp_path, codec):
    ring = Ring(tmp_path, cameras[codec])
    ring.watch(5)
    ring.recorder.end()
    assert len(ring.segments) >= 3
    held = 0
    for segment in ring.segments:
        with av.open(str(segment.path)) as container:
            packets = [p for p in container.demux(container.streams.video[0]) if p.size]
        assert packets[0].is_keyframe
        held += len(packets)
    assert held == 125
    assert ring.recorder.dropped == {}


@pytest.mark.parametrize("codec", ["libx264", "mjpeg"])
def test_packets_are_copied_bit_for_bit(cameras, tmp_path, codec):
    ring = Ring(tmp_path, cameras[codec])
    ring.watch(1)
    ring.recorder.end()
    with av.open(str(ring.segments[0].path)) as container:
        kept = [bytes(p) for p in container.demux(container.streams.video[0]) if p.size]
    sent = [p.data for p in islice(cameras[codec].packets(0.0), len(kept))]
    assert kept == sent


def test_names_tell_when_the_first_and_the_last_picture_were_captured(cameras, tmp_path):
    ring = Ring(tmp_path, cameras["libx264"])
    began_at = ring.clock.now()
    ring.watch(3)
    ring.recorder.end()
    first = began_at
    for segment in ring.segments:
        assert segment.first_at == pytest.approx(first, abs=0.002)
        pictures = len(numbers(segment.path))
        assert segment.last_at == pytest.approx(first + (pictures - 1) * FRAME_S, abs=0.002)
        first += pictures * FRAME_S


def test_packets_that_are_held_up_on_their_way_do_not_move_the_instants(cameras, tmp_path):
    ring = Ring(tmp_path, cameras["libx264"])
    began_at = ring.clock.now()
    delays = [0.5, 0.4, 0.3, 0.2, 0.1, 0.0, 0.2, 0.0]
    for packet, late_s in zip(cameras["libx264"].packets(began_at), delays, strict=False):
        ring.give(
            KeptPacket(packet.data, packet.shown_s, packet.is_key, packet.captured_at + late_s)
        )
    (segment,) = ring.segments
    assert segment.last_at is None
    assert segment.first_at == pytest.approx(began_at, abs=0.002)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(keep_s=st.floats(2, 20), megabits=st.floats(0.05, 0.5), watch_s=st.integers(1, 40))
def test_the_ring_never_outgrows_its_bounds(cameras, tmp_path_factory, keep_s, megabits, watch_s):
    at_most = round(megabits * 1e6)
    ring = Ring(
        tmp_path_factory.mktemp("ring"), cameras["libx264"], keep_s=keep_s, at_most_bytes=at_most
    )
    packets = cameras["libx264"].packets(ring.clock.now())
    for packet in islice(packets, round(watch_s / FRAME_S)):
        ring.give(packet)
        assert ring.bytes <= at_most
        assert all(ring.clock.now() - s.first_at <= keep_s + 0.001 for s in ring.segments)
        ring.clock.sleep(FRAME_S)
    ring.clock.sleep(keep_s + 1)
    ring.recorder.tick()
    assert ring.segments == []


def test_where_key_frames_are_rare_a_segment_ends_anyway(cameras, tmp_path):
    ring = Ring(tmp_path, cameras["libx264"], keep_s=4.0)
    first, *others = islice(cameras["libx264"].packets(ring.clock.now()), 150)
    for packet in [first, *(KeptPacket(p.data, p.shown_s, False, p.captured_at) for p in others)]:
        ring.give(packet)
        ring.clock.sleep(FRAME_S)
    assert ring.recorder.dropped["no key frame"] > 0
    assert all(ring.clock.now() - segment.first_at <= 4.001 for segment in ring.segments)


@pytest.mark.parametrize("leap_s", [-3600.0, 3600.0])
@pytest.mark.parametrize("whose", ["ours", "the camera's"])
def test_a_clock_that_leaps_begins_a_new_segment(cameras, tmp_path, leap_s, whose):
    ring = Ring(tmp_path, cameras["libx264"], keep_s=1e6, segment_s=100.0)
    began_at = ring.clock.now()
    for count, packet in enumerate(islice(cameras["libx264"].packets(began_at), 64)):
        shown_s, at = packet.shown_s, packet.captured_at
        if count >= 32:
            shown_s += leap_s if whose == "the camera's" else 0.0
            at += leap_s if whose == "ours" else 0.0
        ring.give(KeptPacket(packet.data, shown_s, packet.is_key, at))
    ring.recorder.end()
    assert sorted(len(numbers(s.path)) for s in ring.segments) == [32, 32]


@pytest.mark.parametrize(
    ("codec", "counts_from_s"), [("libx264", 0.0), ("libx264", 5000.0), ("libx264-b", 0.0)]
)
def test_a_first_packet_without_a_time_is_placed_before_all_others(
    cameras, tmp_path, codec, counts_from_s
):
    ring = Ring(tmp_path, cameras[codec], segment_s=100.0)
    packets = list(islice(cameras[codec].packets(ring.clock.now()), 16))
    times = [None, *(packet.shown_s + counts_from_s for packet in packets[1:])]
    for packet, shown_s in zip(packets, times, strict=True):
        ring.give(KeptPacket(packet.data, shown_s, packet.is_key, packet.captured_at))
    ring.recorder.end()
    with av.open(str(ring.segments[0].path)) as container:
        shown = sorted(f.time for f in container.decode(video=0))
    assert [b - a for a, b in pairwise(shown)] == pytest.approx([FRAME_S] * 15, abs=0.001)


def test_parameter_sets_that_only_the_key_frames_carry_are_found(tmp_path):
    clip = encode(tmp_path / "clip", "libx264")
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        to_annexb = av.BitStreamFilterContext("h264_mp4toannexb", stream)
        packets = [p for raw in container.demux(stream) if raw.size for p in to_annexb.filter(raw)]
        data = [(bytes(p), float(p.pts * p.time_base), p.is_keyframe) for p in packets]
    camera = Camera(clip)
    camera.known.codec_context.extradata = None
    ring = Ring(tmp_path / "ring", camera)
    for raw, shown_s, is_key in data[:20]:
        ring.give(KeptPacket(raw, shown_s, is_key, ring.clock.now() + shown_s))
    ring.recorder.end()
    assert numbers(ring.segments[0].path) == list(range(20))
