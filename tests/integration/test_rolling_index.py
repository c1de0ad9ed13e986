"""retrieval.index.rolling: restarts, removals, merging, and what was damaged on disk."""

import json
import os
from pathlib import Path

import pytest

from detectors.types import TrackKey
from retrieval.errors import IndexUnusable
from retrieval.index.columns import Columns
from retrieval.index.manifest import MANIFEST, Manifest
from retrieval.index.rolling import RollingIndex
from retrieval.index.segment import COLUMNS
from retrieval.types import Where
from tests.data.make_sightings import EAST, ids_of, shot_of
from tests.data.rolling_indexes import ALICE, BOB, DAY, begun, everything_in, shots_of_begun


def segments_of(folder):
    return Manifest.read(folder).segments


def test_a_restart_finds_the_last_checkpoint_and_where_to_read_on(tmp_path):
    index = RollingIndex(tmp_path, "m@1", 4)
    assert index.position is None
    index.add([shot_of(ALICE, 1)])
    index.checkpoint("17-0")
    index.add([shot_of(BOB, 1)])
    assert index.unsaved == 1
    again = RollingIndex(tmp_path, "m@1", 4)
    assert (again.position, again.unsaved, len(again)) == ("17-0", 0, 1)


def test_shots_are_sealed_by_collection_and_day(tmp_path):
    index = RollingIndex(tmp_path, "m@1", 4)
    index.add([shot_of(ALICE, n, at=at) for n, at in enumerate([0.0, 1.0, DAY, 1e300, -1e300], 1)])
    index.checkpoint("1")
    days = {(entry.day, entry.shots) for entry in segments_of(tmp_path)}
    assert days == {("1970-01-01", 2), ("1970-01-02", 1), ("9999-12-31", 1), ("0001-01-01", 1)}


def test_shots_lie_by_camera_and_instant_once_sealed_and_once_merged(tmp_path):
    index = RollingIndex(tmp_path, "m@1", 4)
    lobby, yard = TrackKey("lobby", "r1", 7), TrackKey("yard", "r1", 7)
    for half in range(2):
        index.add([shot_of(t, n, at=9.0 - n) for n in (1 + half, 4 + half) for t in (yard, lobby)])
        index.checkpoint(str(half))
        assert all(_is_by_camera(tmp_path, entry.name) for entry in segments_of(tmp_path))
    index.add([shot_of(yard, 9, at=1.0, replaces=2)])
    assert index.compact() == 1
    assert _is_by_camera(tmp_path, segments_of(tmp_path)[0].name)
    assert set(ids_of(index.search(EAST, k=99, where=Where(now=0.0)))) == {
        *((lobby, n) for n in (1, 2, 4, 5)),
        *((yard, n) for n in (1, 4, 5, 9)),
    }
    assert len(RollingIndex(tmp_path, "m@1", 4)) == 8


def _is_by_camera(folder, name):
    columns = Columns.mapped(folder / name / COLUMNS)
    cameras, instants = columns["camera"].tolist(), columns["captured_at"].tolist()
    laid = list(zip(cameras, instants, strict=True))
    return len(laid) > 1 and laid == sorted(laid)


def test_a_search_visits_few_segments_however_many_checkpoints_there_were(tmp_path):
    index = RollingIndex(tmp_path, "m@1", 4)
    for number in range(200):
        index.add([shot_of(TrackKey("lobby", "r1", number), 1, at=float(number))])
        index.checkpoint(str(number))
        assert index.segments < 24
    assert len(index) == 200
    assert index.compact() == 1
    assert len(RollingIndex(tmp_path, "m@1", 4)) == 200


def test_what_an_import_left_in_pieces_is_merged_while_nothing_comes(tmp_path):
    index = RollingIndex(tmp_path, "m@1", 4)
    for number in range(6):
        days = range(5)
        index.add([shot_of(TrackKey("lobby", "r1", number), day + 1, at=day * DAY) for day in days])
        index.checkpoint(str(number))
    assert index.segments == 30
    index.add([shot_of(BOB, 1)])
    index.tidy()
    assert index.segments == 30  # more is coming
    index.checkpoint("6")
    whole = everything_in(index)
    for _ in range(5):
        index.tidy()
    assert index.segments == 5
    assert everything_in(index) == whole
    again = RollingIndex(tmp_path, "m@1", 4)
    assert (again.segments, again.position) == (5, "6")


def test_what_has_expired_leaves_the_disk_with_its_segment(tmp_path):
    index = RollingIndex(tmp_path, "m@1", 4)
    index.add([shot_of(ALICE, 1, expires_at=5.0), shot_of(BOB, 1, at=DAY, expires_at=9.0)])
    index.checkpoint("1")
    assert index.expire(5.0) == 1
    index.checkpoint("2")
    (left,) = segments_of(tmp_path)
    assert left.day == "1970-01-02"
    assert [path.name for path in (tmp_path / "segments").iterdir()] == [Path(left.name).name]


def test_what_is_removed_does_not_come_back_without_a_checkpoint(tmp_path):
    begun(tmp_path)
    index = RollingIndex(tmp_path, "m@1", 4)
    index.add([shot_of(BOB, 5)])
    assert index.remove([ALICE, BOB]) == 2
    again = RollingIndex(tmp_path, "m@1", 4)
    assert (again.position, again.score_tracks(EAST, [ALICE, BOB], where=Where(now=0.0))) == (
        "1",
        [],
    )
    assert again.remove_collection("live") == 6
    assert len(RollingIndex(tmp_path, "m@1", 4)) == 0
    assert segments_of(tmp_path) == ()


def test_it_can_be_cleared(tmp_path):
    index = begun(tmp_path)
    index.clear()
    assert (len(index), index.position) == (0, None)
    assert list((tmp_path / "segments").iterdir()) == []
    index.add([shot_of(ALICE, 1)])
    index.checkpoint("1")
    assert len(RollingIndex(tmp_path, "m@1", 4)) == 1


def cut_off(path):
    os.truncate(path, path.stat().st_size - 1)


def other_contents(path):
    path.write_bytes(b"x" * path.stat().st_size)


@pytest.mark.parametrize("file", ["shots.safetensors", "vectors.faiss"])
@pytest.mark.parametrize("damage", [cut_off, Path.unlink, other_contents])
def test_a_damaged_segment_is_set_aside_and_the_rest_is_searched(tmp_path, caplog, file, damage):
    begun(tmp_path)
    whole = everything_in(RollingIndex(tmp_path, "m@1", 4))
    first, second = segments_of(tmp_path)
    damage(tmp_path / first.name / file)
    index = RollingIndex(tmp_path, "m@1", 4)
    assert len(index) == second.shots
    (problem,) = index.problems
    assert f"segment {Path(first.name).name} ({first.shots} shots of 'live'" in problem
    assert (index.position, index.is_incomplete) == ("1", True)
    assert problem in caplog.text
    assert (tmp_path / "damaged" / Path(first.name).name).is_dir()
    again = RollingIndex(tmp_path, "m@1", 4)
    assert (again.problems, again.is_incomplete, len(again)) == ([], True, second.shots)
    assert again.add(shots_of_begun()) == first.shots
    assert everything_in(again) == whole
    again.checkpoint("1")
    assert not again.is_incomplete
    assert not (tmp_path / "damaged").exists()
    assert not RollingIndex(tmp_path, "m@1", 4).is_incomplete


def test_lost_retirements_are_told(tmp_path):
    begun(tmp_path)
    whole = everything_in(RollingIndex(tmp_path, "m@1", 4))
    (file,) = tmp_path.glob("retired-*")
    cut_off(file)
    index = RollingIndex(tmp_path, "m@1", 4)
    (problem,) = index.problems
    assert "retirements are lost" in problem
    assert (index.is_incomplete, len(index)) == (True, 7)
    index.add(shots_of_begun())
    assert everything_in(index) == whole
    assert index.add([shot_of(ALICE, 1)]) == 0


def test_a_bit_that_turned_in_the_columns_is_seen_at_opening(tmp_path):
    begun(tmp_path)
    file = tmp_path / segments_of(tmp_path)[0].name / "shots.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    (problem,) = RollingIndex(tmp_path, "m@1", 4).problems
    assert "'shots.safetensors' has other contents than were written" in problem


def test_what_is_set_aside_goes_when_everything_is_forgotten(tmp_path):
    begun(tmp_path)
    cut_off(tmp_path / segments_of(tmp_path)[0].name / "vectors.faiss")
    index = RollingIndex(tmp_path, "m@1", 4)
    assert (tmp_path / "damaged").is_dir()
    index.clear()
    assert not (tmp_path / "damaged").exists()


def rewritten(folder, change):
    path = folder / MANIFEST
    told_there = json.loads(path.read_text())
    change(told_there)
    path.write_text(json.dumps(told_there))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda t: t.update(version=2), "is of version 2, and this Descry reads 1"),
        (lambda t: t["index"].update(position="9"), "is damaged .the digest is another"),
        (lambda t: t.pop("index"), "is damaged"),
    ],
)
def test_a_manifest_that_is_newer_or_damaged_is_refused_and_nothing_is_changed(
    tmp_path, change, reason
):
    begun(tmp_path)
    rewritten(tmp_path, change)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(IndexUnusable, match=reason):
        RollingIndex(tmp_path, "m@1", 4)
    assert sorted(tmp_path.rglob("*")) == before


def test_segments_without_a_manifest_are_not_deleted(tmp_path):
    begun(tmp_path)
    (tmp_path / MANIFEST).unlink()
    with pytest.raises(IndexUnusable, match="has segments and no manifest"):
        RollingIndex(tmp_path, "m@1", 4)
    assert len(list((tmp_path / "segments").iterdir())) == 2


@pytest.mark.parametrize("other", [("m@2", 4), ("m@1", 5)])
def test_vectors_of_another_model_are_refused(tmp_path, other):
    begun(tmp_path)
    with pytest.raises(IndexUnusable, match="holds vectors of m@1, 4 long"):
        RollingIndex(tmp_path, *other)


def test_a_retirement_is_remembered_over_restarts_and_forgotten_with_its_track(tmp_path):
    begun(tmp_path)
    index = RollingIndex(tmp_path, "m@1", 4)
    assert index.add([shot_of(ALICE, 1)]) == 0
    assert ids_of(index.score_tracks(EAST, [ALICE], where=Where(now=0.0)))[0].number == 2
    index.remove([ALICE])
    assert index.add([shot_of(ALICE, 1)]) == 1
