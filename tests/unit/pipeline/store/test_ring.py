"""pipeline.store.ring: names, bounds, forgetting."""

import stat
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pipeline.store.ring import RingFolder, Segment

NOW = 1_700_000_000.0
instants = st.floats(NOW - 2000, NOW, allow_nan=False)


def keep(folder: RingFolder, camera: str, first_at: float, last_at: float | None, size: int = 1):
    path = folder.begin(camera, first_at)
    path.write_bytes(b"x" * size)
    return folder.rename(path, first_at, last_at)


def total(folder: RingFolder, camera: str) -> int:
    return sum(segment.path.stat().st_size for segment in folder.segments(camera))


@given(first_at=instants, span_s=st.none() | st.floats(0, 100))
def test_a_name_tells_the_first_and_last_instant_to_the_millisecond(
    tmp_path_factory, first_at, span_s
):
    folder = RingFolder(tmp_path_factory.mktemp("ring"))
    path = keep(folder, "door", first_at, None if span_s is None else first_at + span_s)
    (segment,) = folder.segments("door")
    assert segment == Segment.at(path)
    assert abs(segment.first_at - first_at) <= 0.001
    assert (segment.last_at is None) == (span_s is None)
    if span_s is not None:
        assert abs(segment.last_at - (first_at + span_s)) <= 0.001


@given(
    segments=st.lists(st.tuples(instants, st.integers(1, 400)), max_size=12),
    keep_s=st.floats(1, 2000),
    at_most=st.integers(0, 1500),
)
def test_what_stays_is_young_fits_and_is_the_newest(tmp_path_factory, segments, keep_s, at_most):
    folder = RingFolder(tmp_path_factory.mktemp("ring"))
    for first_at, size in segments:
        keep(folder, "door", first_at, first_at + 1, size)
    before = folder.segments("door")
    removed = folder.trim("door", now=NOW, keep_s=keep_s, at_most_bytes=at_most)
    after = folder.segments("door")
    assert len(after) == len(before) - removed
    assert after == before[removed:]
    assert total(folder, "door") <= at_most
    assert all(NOW - segment.first_at <= keep_s for segment in after)


def test_nothing_goes_that_is_young_and_fits(tmp_path):
    folder = RingFolder(tmp_path)
    keep(folder, "door", NOW - 60, NOW - 50, 10)
    keep(folder, "door", NOW - 50, None, 10)
    assert folder.trim("door", now=NOW, keep_s=60, at_most_bytes=20) == 0


def test_a_sweep_forgets_the_old_of_cameras_that_nobody_watches_any_more(tmp_path):
    folder = RingFolder(tmp_path)
    keep(folder, "dead", NOW - 601, NOW - 591)
    keep(folder, "dead", NOW - 601, None)
    young = keep(folder, "door", NOW - 599, None)
    assert folder.sweep(NOW, 600) == 2
    assert folder.cameras() == ["door"]
    assert [segment.path for segment in folder.segments("door")] == [young]


def test_what_was_written_before_the_clock_was_set_back_does_not_stay(tmp_path):
    folder = RingFolder(tmp_path)
    keep(folder, "door", NOW + 3600, NOW + 3610)
    assert folder.sweep(NOW, 600) == 1


def test_erasing_a_camera_leaves_the_others(tmp_path):
    folder = RingFolder(tmp_path)
    keep(folder, "door", NOW, NOW + 1)
    keep(folder, "yard", NOW, None)
    assert folder.erase("door") == 1
    assert folder.cameras() == ["yard"]
    assert folder.erase_all() == 1
    assert folder.cameras() == []


def test_two_segments_of_one_instant_do_not_overwrite_each_other(tmp_path):
    folder = RingFolder(tmp_path)
    keep(folder, "door", NOW, NOW + 1)
    keep(folder, "door", NOW, NOW + 1)
    assert len(folder.segments("door")) == 2


def test_video_of_people_is_for_our_eyes_only(tmp_path):
    path = RingFolder(tmp_path / "ring").begin("door", NOW)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_segment_that_was_removed_is_not_brought_back_by_its_writer(tmp_path):
    folder = RingFolder(tmp_path)
    path = folder.begin("door", NOW)
    folder.erase("door")
    folder.rename(path, NOW, NOW + 1)
    assert folder.segments("door") == []


def test_other_files_are_left_alone(tmp_path):
    (tmp_path / "door").mkdir()
    note = tmp_path / "door" / "note.txt"
    note.write_text("mine")
    folder = RingFolder(Path(tmp_path))
    assert folder.segments("door") == []
    folder.erase_all()
    assert note.exists()


def test_video_without_an_instant_in_its_name_goes_whatever_its_age(tmp_path):
    folder = RingFolder(tmp_path)
    for forget in (lambda: folder.sweep(NOW, 600), lambda: folder.erase("door")):
        stray = folder.begin("door", -2_208_988_747.356)
        assert forget() == 1
        assert not stray.exists()
    assert folder.cameras() == []
