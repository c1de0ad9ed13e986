"""pipeline.store.video_sweep: what retention does with video."""

import os

from pipeline.store.ring import RingFolder
from pipeline.store.video_sweep import VideoSweep

NOW = 1_700_000_000.0


def test_old_segments_and_clips_that_nobody_fetched_go(tmp_path):
    ring, clips = RingFolder(tmp_path / "ring"), tmp_path / "clips"
    clips.mkdir()
    ring.begin("door", NOW - 601)
    ring.begin("door", NOW - 10)
    for name, age_s in (("a.mp4", 7200), (".b.mp4.1234.tmp", 7200), ("c.mp4", 10)):
        (clips / name).write_bytes(b"x")
        os.utime(clips / name, (NOW - age_s, NOW - age_s))
    sweep = VideoSweep(ring, 600.0, clips)
    assert sweep.sweep(NOW) == 3
    assert len(ring.segments("door")) == 1
    assert [path.name for path in clips.iterdir()] == ["c.mp4"]


def test_with_nothing_to_keep_everything_goes(tmp_path):
    ring = RingFolder(tmp_path / "ring")
    ring.begin("door", NOW - 1)
    assert VideoSweep(ring, 0.0, tmp_path / "clips").sweep(NOW) == 1
    assert ring.cameras() == []


def test_erasing_takes_the_young_as_well(tmp_path):
    ring = RingFolder(tmp_path / "ring")
    ring.begin("door", NOW)
    assert VideoSweep(ring, 600.0, tmp_path / "clips").erase() == 1
