"""The clips that other tests rely on are what they say."""

import av
import pytest

from tests.data.make_clips import (
    draw_frame,
    make_clip,
    make_cut_clip,
    make_empty_file,
    make_text_file_called_mp4,
)


def decoded(path):
    with av.open(str(path)) as container:
        return [f.to_ndarray(format="rgb24") for f in container.decode(container.streams.video[0])]


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
def test_a_clip_has_every_frame_in_order(tmp_path, name):
    frames = decoded(make_clip(tmp_path / name, seconds=1.5, fps=8, size=(96, 64)))
    assert len(frames) == 12
    for number, frame in enumerate(frames, start=1):
        assert frame.shape == (64, 96, 3)
        assert abs(frame[2:6, 2:6].mean() - draw_frame(number, (96, 64))[0, 0].mean()) < 5


def test_a_cut_clip_opens_and_ends_early(tmp_path):
    whole = len(decoded(make_clip(tmp_path / "whole.mp4", seconds=3.0, size=(160, 120), figures=3)))
    path = make_cut_clip(tmp_path / "cut.mp4")
    frames = []
    with av.open(str(path)) as container, pytest.raises(av.error.FFmpegError):
        for frame in container.decode(container.streams.video[0]):
            frames.append(frame)  # noqa: PERF402 - what came before the fault counts
        raise av.error.EOFError(0, "ended without a word")
    assert 0 < len(frames) < whole


def test_what_is_no_video_is_not_one(tmp_path):
    assert make_empty_file(tmp_path / "empty.mp4").stat().st_size == 0
    for path in (tmp_path / "empty.mp4", make_text_file_called_mp4(tmp_path / "list.mp4")):
        with pytest.raises(av.error.FFmpegError):
            av.open(str(path))
