import hashlib
import os
import struct
import wave
from contextlib import contextmanager

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import SourceUnreadable
from pipeline.sources.rate import RatePicker
from pipeline.sources.video_file import VideoFile, digest_file, inspect_video
from tests.drawn_clips import draw_clip, even, number_in

UNEVEN = [0.0, 0.04, 0.08, 0.5, 0.54, 1.0, 1.01, 1.5, 1.54, 1.58, 3.0, 3.04]


def read(path, **options):
    return list(VideoFile(inspect_video(path), "lobby", "run", 1000.0, **options))


def cut(path, part=0.5):
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])
    return path


def rotate(path):
    """Write a quarter turn into the track header of an MP4, as a phone on its side does."""
    data = bytearray(path.read_bytes())
    matrix_at = data.index(b"tkhd") + 44
    turn = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 48 << 16, 0, 1 << 30)
    data[matrix_at : matrix_at + 36] = turn
    path.write_bytes(data)
    return path


def without_first_packets(path, to, count):
    """Copy `path` but for its first packets, as a recorder does that starts anywhere."""
    with av.open(str(path)) as source, av.open(str(to), "w") as copy:
        stream = copy.add_stream_from_template(source.streams.video[0])
        for number, packet in enumerate(source.demux(video=0)):
            if number >= count and packet.dts is not None:
                packet.stream = stream
                copy.mux(packet)
    return to


@pytest.fixture
def clip(tmp_path):
    return draw_clip(tmp_path / "clip.mp4", even(30))


@pytest.fixture(params=["mp4", "mkv", "ts", "avi", "h264"])
def any_clip(tmp_path, request):
    codec = "mpeg4" if request.param == "avi" else "libx264"
    times = even(30, 1000) if request.param == "avi" else even(30)
    return draw_clip(tmp_path / f"clip.{request.param}", times, codec=codec)


def test_every_frame_comes_once_and_in_order(any_clip):
    frames = read(any_clip)
    assert [frame.number for frame in frames] == list(range(1, 31))
    assert [number_in(frame.image) for frame in frames] == list(range(30))


def test_uneven_frame_times_are_kept_exactly(tmp_path):
    frames = read(draw_clip(tmp_path / "uneven.mp4", UNEVEN))
    assert [f.captured_at - 1000.0 for f in frames] == pytest.approx(UNEVEN, abs=1e-6)


def test_times_count_from_the_first_frame_wherever_the_container_starts(tmp_path):
    late = [5 + time_s for time_s in UNEVEN]
    frames = read(draw_clip(tmp_path / "late.mkv", late))
    assert [f.captured_at - 1000.0 for f in frames] == pytest.approx(UNEVEN, abs=1e-6)


def test_times_of_reordered_frames_in_an_avi_are_kept(tmp_path):
    times = even(12, 1000)
    path = draw_clip(tmp_path / "b.avi", times, codec="mpeg4", options={"bf": "2"})
    shown = [f.captured_at - 1000.0 for f in read(path)]
    assert shown[:11] == pytest.approx(times[:11], abs=1e-6)


def test_a_recording_that_starts_between_key_frames_keeps_true_times(tmp_path):
    whole = draw_clip(tmp_path / "whole.mkv", even(48), codec="libvpx", options={"g": "16"})
    frames = read(without_first_packets(whole, tmp_path / "late.mkv", 6))
    assert number_in(frames[0].image) == 16
    assert [frame.number for frame in frames] == [n - 5 for n in range(16, 48)]
    shown = [f.captured_at - 1000.0 for f in frames]
    assert shown == pytest.approx([(n - 6) / 25 for n in range(16, 48)], abs=1e-6)


def test_a_bare_stream_without_times_is_spaced_by_its_rate(tmp_path):
    frames = read(draw_clip(tmp_path / "bare.h264", even(10)))
    assert [f.captured_at - 1000.0 for f in frames] == pytest.approx(even(10), abs=1e-6)


def test_frames_are_rgb_and_read_only(clip):
    image = read(clip)[0].image
    red, green, blue = image[24, 8]
    assert red > 150 > 50 > max(green, blue)
    assert not image.flags.writeable


def test_a_turned_video_is_read_upright(clip):
    turned = rotate(clip)
    info, frame = inspect_video(turned), read(turned)[0]
    assert (info.width, info.height) == (frame.width, frame.height) == (48, 64)


def test_a_lower_rate_picks_evenly(clip):
    assert [frame.number for frame in read(clip, fps=5)] == [1, 6, 11, 16, 21, 26]


def test_a_rate_above_the_videos_picks_every_frame_once(clip):
    assert len(read(clip, fps=100)) == 30


def test_the_files_own_rate_loses_no_frame_to_rounded_times(tmp_path):
    path = draw_clip(tmp_path / "ntsc.mkv", even(60, 30))
    assert len(read(path, fps=30)) == 60


@pytest.mark.parametrize("first_frame", [1, 2, 7, 8, 29, 30])
@pytest.mark.parametrize("fps", [None, 7])
def test_a_restart_yields_the_same_frames_from_there_on(clip, fps, first_frame):
    whole = read(clip, fps=fps)
    rest = read(clip, fps=fps, first_frame=first_frame)
    expected = [frame for frame in whole if frame.number >= first_frame]
    assert [(f.number, f.captured_at) for f in rest] == [
        (f.number, f.captured_at) for f in expected
    ]
    assert all(np.array_equal(a.image, b.image) for a, b in zip(rest, expected, strict=True))


def test_a_restart_past_the_end_yields_nothing(clip):
    assert read(clip, first_frame=31) == []


def test_passing_over_frames_is_reported(clip):
    told = []
    read(clip, first_frame=11, on_skip=told.append)
    assert told[-1] == 10


@given(st.lists(st.floats(0, 1), max_size=60), st.floats(0.1, 60))
def test_no_second_has_more_picks_than_asked_for(gaps, fps):
    picker = RatePicker(fps)
    times = np.cumsum([0.0, *gaps])
    picked = [t for t in times if picker.is_due(float(t))]
    assert picked[0] == 0.0
    assert len(picked) <= times[-1] * fps + 2


def test_inspecting_tells_size_rate_length_and_recording_time(tmp_path):
    made = {"creation_time": "2024-05-06T07:08:09Z"}
    info = inspect_video(draw_clip(tmp_path / "a.mp4", even(50), metadata=made))
    assert (info.width, info.height, info.frame_count, info.codec) == (64, 48, 50, "h264")
    assert (info.fps, info.duration_s) == pytest.approx((25.0, 2.0), abs=0.05)
    assert info.created_at == 1714979289.0
    assert info.modified_at == (tmp_path / "a.mp4").stat().st_mtime


@pytest.mark.parametrize(
    "never_set", ["1904-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "2999-01-01"]
)
def test_a_recorders_clock_that_was_never_set_is_not_believed(tmp_path, never_set):
    made = {"creation_time": never_set}
    assert inspect_video(draw_clip(tmp_path / "a.mkv", even(5), metadata=made)).created_at is None


def test_a_file_name_that_looks_like_an_address_is_a_file(tmp_path, monkeypatch):
    draw_clip(tmp_path / "a.mp4", even(5)).rename(tmp_path / "http:cam.mp4")
    monkeypatch.chdir(tmp_path)
    assert len(read(inspect_video(type(tmp_path)("http:cam.mp4")).path)) == 5


def test_the_digest_is_the_contents_and_progress_adds_up(clip):
    told = []
    digest = digest_file(clip, progress=told.append)
    assert digest == hashlib.sha256(clip.read_bytes()).hexdigest()
    assert sum(told) == clip.stat().st_size


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_a_video_cut_in_the_middle_gives_what_it_has_and_then_says_so(tmp_path, suffix):
    path = cut(draw_clip(tmp_path / f"cut.{suffix}", even(100)))
    frames = []
    with pytest.raises(SourceUnreadable, match=r"cut\.m\w+: stopped at frame (\d+) of (9\d|100)"):
        frames.extend(_take(VideoFile(inspect_video(path), "lobby", "run", 0.0), frames))
    assert 20 < len(frames) < 80
    assert [number_in(f.image) for f in frames[:20]] == list(range(20))


def _take(source, into):
    for frame in source:
        into.append(frame)
    return []


def test_a_flaw_in_the_middle_costs_its_frames_and_no_others(tmp_path, caplog):
    path = draw_clip(tmp_path / "hurt.mp4", even(100), options={"g": "10"})
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 400] = bytes(400)
    path.write_bytes(data)
    frames = read(path)
    assert 90 <= len(frames) < 100
    assert "hurt.mp4" in caplog.text
    for frame in [*frames[:30], *frames[-30:]]:
        assert number_in(frame.image) == (frame.number - 1) % 32
        assert frame.captured_at - 1000.0 == pytest.approx((frame.number - 1) / 25, abs=1e-6)


def test_a_whole_video_is_not_called_cut(any_clip):
    assert len(read(any_clip)) == 30


def _silent_film(path):
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(8000))


BAD = {
    "missing.mp4": (lambda path: None, "no such file; check the path"),
    "folder.mp4": (lambda path: path.mkdir(), "is a folder; name the video files"),
    "empty.mp4": (lambda path: path.touch(), "is empty"),
    "text.mp4": (lambda path: path.write_text("not a video\n" * 500), "cannot be read as video"),
    "text.txt": (lambda path: path.write_text("not a video\n" * 500), "is not a video|cannot be"),
    "sound.wav": (_silent_film, "holds no picture"),
    "list.m3u8": (
        lambda path: path.write_text("#EXTM3U\n#EXTINF:1,\nother.ts\n#EXT-X-ENDLIST\n"),
        "is not a video|cannot be read as video",
    ),
    "no_index.mp4": (
        lambda path: path.write_bytes(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(4000)),
        "cannot be read as video",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_is_no_video_is_named_with_the_next_step(tmp_path, name):
    make, reason = BAD[name]
    make(tmp_path / name)
    with pytest.raises(SourceUnreadable, match=reason) as caught:
        inspect_video(tmp_path / name)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


@contextmanager
def _as_nobody():
    """Root may read everything, so become somebody who may not."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


def test_a_file_that_may_not_be_read_is_named_with_its_permissions(clip):
    clip.chmod(0)
    with _as_nobody(), pytest.raises(SourceUnreadable, match=r"clip\.mp4.*check its permissions"):
        inspect_video(clip)


def test_opencv_and_libav_keep_standard_error_clean(tmp_path, capfd):
    path = cut(draw_clip(tmp_path / "cut.mp4", even(100)))
    with pytest.raises(SourceUnreadable):
        read(path)
    assert capfd.readouterr().err == ""
