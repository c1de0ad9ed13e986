"""Files as recorders, phones and full disks leave them: read right, or named with what is wrong."""

import struct

import av
import numpy as np
import pytest
from PIL import Image

from pipeline.errors import NotVideo, SourceUnreadable
from pipeline.sources.video_file import VideoFile, inspect_video
from tests.drawn_clips import draw_clip, even, number_in

FPS = 25
# a b u / c d v / x y w of the MP4 track header, for a quarter, a half and three quarters of a turn.
TURNS = {1: (0, 1, -1, 0), 2: (-1, 0, 0, -1), 3: (0, -1, 1, 0)}


def read(path):
    return list(VideoFile(inspect_video(path), "lobby", "run", 1000.0))


def without_index(path, to):
    """An MP4 as a camera leaves it that lost power: its index would have come last."""
    with av.open(str(path)) as source, av.open(str(to), "w") as copy:
        stream = copy.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                copy.mux(packet)
    whole = to.read_bytes()
    to.write_bytes(whole[: whole.index(b"moov") - 4])
    return to


def turned(path, quarters, size):
    """Write a turn into the track header, as a phone on its side does."""
    data = bytearray(path.read_bytes())
    matrix_at = data.index(b"tkhd") + 44
    a, b, c, d = (each << 16 for each in TURNS[quarters])
    x, y = {1: (size[1], 0), 2: size, 3: (0, size[0])}[quarters]
    data[matrix_at : matrix_at + 36] = struct.pack(
        ">9i", a, b, 0, c, d, 0, x << 16, y << 16, 1 << 30
    )
    path.write_bytes(data)
    return path


def sound(path):
    """A film without a picture: one second of silence."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        frame = av.AudioFrame(format="fltp", layout="mono", samples=8000)
        frame.planes[0].update(bytes(frame.planes[0].buffer_size))
        frame.rate, frame.pts = 8000, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def test_an_mp4_without_its_index_is_damaged_and_not_passed_over(tmp_path):
    path = without_index(draw_clip(tmp_path / "whole.mp4", even(50)), tmp_path / "cut.mp4")
    with pytest.raises(SourceUnreadable, match=r"cut\.mp4: cannot be read .*export") as caught:
        inspect_video(path)
    assert not isinstance(caught.value, NotVideo)


def test_a_file_of_no_bytes_is_not_passed_over(tmp_path):
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(SourceUnreadable, match="is empty") as caught:
        inspect_video(tmp_path / "empty.mp4")
    assert not isinstance(caught.value, NotVideo)


def test_a_film_with_sound_alone_is_no_video(tmp_path):
    with pytest.raises(NotVideo, match=r"sound\.mp4: holds no picture"):
        inspect_video(sound(tmp_path / "sound.mp4"))


def a_photo(path):
    noise = np.random.default_rng(0).integers(0, 255, (100, 100, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path, path.suffix[1:].replace("jpg", "jpeg"))


OTHERS = {
    "photo.jpg": a_photo,
    "photo.png": a_photo,
    "photo.gif": a_photo,
    "noise.mp4": lambda path: path.write_bytes(np.random.default_rng(1).bytes(50_000)),
    "zeros.mp4": lambda path: path.write_bytes(bytes(50_000)),
    "notes.mkv": lambda path: path.write_text("not a video\n" * 500),
    "titles.srt": lambda path: path.write_text("1\n00:00:01,000 --> 00:00:02,000\nhello\n\n" * 20),
    "boxes.json": lambda path: path.write_text('{"frames": {}}' * 100),
    "two": lambda path: path.write_bytes(b"ab"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_video_is_known_by_its_content(tmp_path, name):
    OTHERS[name](tmp_path / name)
    with pytest.raises(NotVideo, match=name):
        inspect_video(tmp_path / name)


def test_a_video_needs_no_name_that_says_so(tmp_path):
    draw_clip(tmp_path / "a.mp4", even(5)).rename(tmp_path / "recording 7")
    assert len(read(tmp_path / "recording 7")) == 5


@pytest.mark.parametrize("quarters", TURNS)
def test_a_phone_held_otherwise_gives_upright_frames(tmp_path, quarters):
    size = (64, 48)
    flat = read(draw_clip(tmp_path / "a.mp4", even(10), size=size))
    upright = read(turned(tmp_path / "a.mp4", quarters, size))
    info = inspect_video(tmp_path / "a.mp4")
    assert len(upright) == len(flat)
    for before, after in zip(flat, upright, strict=True):
        assert after.image.shape[:2] == (info.height, info.width)
        assert np.array_equal(after.image, np.rot90(before.image, -quarters))


def test_ten_bit_hevc_is_read_like_any_other(tmp_path):
    path = draw_clip(
        tmp_path / "ten.mp4",
        even(30),
        codec="libx265",
        pix_fmt="yuv420p10le",
        options={"x265-params": "log-level=none"},
    )
    info, frames = inspect_video(path), read(path)
    assert info.codec == "hevc"
    assert [number_in(frame.image) for frame in frames] == list(range(30))
    assert frames[0].image.dtype == np.uint8
    red, green, blue = frames[0].image[24, 8]
    assert red > 150 > 50 > max(green, blue)


def test_a_flaw_in_the_middle_is_told_from_when_to_when(tmp_path):
    path = draw_clip(tmp_path / "hurt.mp4", even(100), options={"g": "10"})
    assert VideoFile(inspect_video(path), "lobby", "run", 0.0).damaged == ()
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 1500] = bytes(1500)
    path.write_bytes(data)
    footage = VideoFile(inspect_video(path), "lobby", "run", 0.0)
    seen = {frame.number for frame in footage}
    missing = sorted(set(range(1, 101)) - seen)
    assert missing
    ((from_s, to_s),) = footage.damaged
    assert from_s == pytest.approx((missing[0] - 1) / FPS, abs=1e-6)
    assert to_s == pytest.approx(missing[-1] / FPS, abs=1e-6)


def test_a_cut_is_told_up_to_the_end_that_was_promised(tmp_path):
    path = draw_clip(tmp_path / "cut.mp4", even(100))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    footage = VideoFile(inspect_video(path), "lobby", "run", 0.0)
    last = 0
    with pytest.raises(SourceUnreadable):
        for frame in footage:
            last = frame.number
    ((from_s, to_s),) = footage.damaged
    assert from_s >= (last - 1) / FPS
    assert to_s == pytest.approx(100 / FPS, abs=1 / FPS)


def test_a_restart_tells_the_same_damage(tmp_path):
    path = draw_clip(tmp_path / "hurt.mp4", even(100), options={"g": "10"})
    data = bytearray(path.read_bytes())
    data[len(data) // 3 : len(data) // 3 + 1500] = bytes(1500)
    path.write_bytes(data)
    whole = VideoFile(inspect_video(path), "lobby", "run", 0.0)
    rest = VideoFile(inspect_video(path), "lobby", "run", 0.0, first_frame=80)
    assert len(list(whole)) > len(list(rest))
    assert whole.damaged == rest.damaged != ()


def test_a_recording_without_a_frame_has_failed_and_is_no_file_of_another_kind(tmp_path):
    path = tmp_path / "begun.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.start_encoding()
    with pytest.raises(SourceUnreadable, match=r"begun\.mp4: is a video without a frame") as caught:
        inspect_video(path)
    assert not isinstance(caught.value, NotVideo)


def test_a_link_to_itself_is_told_as_one(tmp_path):
    (tmp_path / "round.mp4").symlink_to(tmp_path / "round.mp4")
    with pytest.raises(SourceUnreadable, match=r"round\.mp4: is a link in a circle"):
        inspect_video(tmp_path / "round.mp4")
