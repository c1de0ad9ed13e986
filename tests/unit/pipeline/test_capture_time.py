from pathlib import Path

from pipeline.sources.capture_time import choose_start
from pipeline.sources.video_scan import VideoInfo


def info(created_at: float | None) -> VideoInfo:
    return VideoInfo(Path("a.mp4"), 64, 48, 25.0, 250, 10.0, created_at, 5000.0, "h264")


def test_a_given_start_beats_what_the_file_says():
    start = choose_start(info(created_at=1000.0), given=7.0)
    assert (start.at, start.source) == (7.0, "flag")


def test_the_recorders_clock_beats_the_file_date():
    start = choose_start(info(created_at=1000.0), given=None)
    assert (start.at, start.source) == (1000.0, "container")


def test_a_file_date_is_the_end_of_the_recording():
    start = choose_start(info(created_at=None), given=None)
    assert (start.at, start.source) == (4990.0, "file date")
