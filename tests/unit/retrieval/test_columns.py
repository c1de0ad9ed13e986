"""retrieval.index.columns: what went into a file comes out, and a damaged one is refused."""

import json
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.types import Box, TrackKey
from retrieval.index.columns import Columns, track_hash
from retrieval.index.mapped_file import mapped_arrays, write_arrays
from retrieval.types import Hidden, Sighting
from tests.data.make_sightings import EAST, shot_of
from tests.data.rolling_indexes import folder_of
from tests.strategies import galleries, sightings

FIELDS = [field.name for field in fields(Sighting) if field.name != "vector"]


class Owner:
    pass


def facts(sighting):
    return [getattr(sighting, name) for name in FIELDS]


def out_of(columns, sightings):
    return [
        facts(columns.sighting(row, sighting.vector, sighting.collection, sighting.model_id))
        for row, sighting in enumerate(sightings)
    ]


odd = st.builds(
    lambda sighting, picture, zones, at, quality: replace(
        sighting, picture=picture, zones=zones, captured_at=at, quality=quality
    ),
    sightings(),
    st.text(max_size=20),
    st.lists(st.text(max_size=5), max_size=2).map(tuple),
    st.floats(-1e300, 1e300),
    st.floats(0, 1),
)


@given(st.lists(odd, min_size=1, max_size=12))
def test_what_went_into_a_file_comes_out(drawn):
    owner = Owner()
    path = folder_of(owner) / "shots"
    Columns.of(drawn).write(path)
    columns = Columns.mapped(path)
    assert out_of(columns, drawn) == [facts(sighting) for sighting in drawn]
    for sighting in drawn:
        track = sighting.shot.track
        theirs = [row for row, other in enumerate(drawn) if other.shot.track == track]
        assert columns.rows_of({track}).tolist() == theirs


@given(galleries().filter(bool), galleries().filter(bool), st.data())
def test_what_is_joined_is_some_rows_of_each_in_order(first, second, data):
    parts = []
    kept = []
    for gallery in (first, second):
        rows = data.draw(st.sets(st.integers(0, len(gallery) - 1), min_size=1).map(sorted))
        parts.append((Columns.of(gallery), np.array(rows)))
        kept += [gallery[row] for row in rows]
    joined = Columns.joined(parts)
    assert out_of(joined, kept) == [facts(sighting) for sighting in kept]
    assert joined.hashes().tolist() == [track_hash(sighting.shot.track) for sighting in kept]


def test_two_tracks_of_one_hash_are_told_apart(monkeypatch):
    monkeypatch.setattr("retrieval.index.columns.track_hash", lambda track: 7)
    tracks = [TrackKey("lobby", "r1", number) for number in (1, 2, 1)]
    columns = Columns.of([shot_of(track, n) for n, track in enumerate(tracks, 1)])
    assert columns.rows_of({tracks[0]}).tolist() == [0, 2]
    nobody = columns.rows_of({TrackKey("gate", "r1", 9)})
    assert (nobody.tolist(), nobody.dtype) == ([], np.int64)


@pytest.fixture
def written(tmp_path):
    path = tmp_path / "shots"
    shots = [
        replace(shot_of(TrackKey("lobby", "r1", n), vector=EAST), box=Box(1, 2, 3, n))
        for n in (1, 2)
    ]
    Columns.of(shots).write(path)
    return path


def changed(path, **arrays):
    old, metadata = mapped_arrays(path)
    new = {name: array for name, array in (dict(old) | arrays).items() if array is not None}
    write_arrays(path, new, metadata)


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"camera": np.array([0, 1], np.int32)}, "names what it does not have"),
        ({"zones": np.array([0, -1], np.int32)}, "names what it does not have"),
        ({"hash_row": np.array([0, 2])}, "names what it does not have"),
        ({"quality": np.array([0.5])}, "columns are of several lengths"),
        ({"box": np.zeros((2, 3))}, "columns are of several lengths"),
        ({"picture_end": np.array([9, 3])}, "names of pictures are damaged"),
        ({"pictures": np.zeros(3, np.uint8)}, "names of pictures are damaged"),
        ({"number": None}, "lacks something"),
    ],
)
def test_columns_that_do_not_fit_each_other_are_refused(written, arrays, reason):
    changed(written, **arrays)
    with pytest.raises(ValueError, match=reason):
        Columns.mapped(written)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "head is cut off"),
        (b"short", "head is cut off"),
        ((10**9).to_bytes(8, "little") + b"{}", "head is cut off"),
        ((2).to_bytes(8, "little") + b"no", "Expecting value"),
        ((2).to_bytes(8, "little") + b"[]", "head is damaged"),
        ((2).to_bytes(8, "little") + b"{}", "lacks something"),
        ((2).to_bytes(8, "little") + b"\xff\xff", "decode"),
    ],
)
def test_a_file_that_is_none_of_ours_is_refused(tmp_path, content, reason):
    (tmp_path / "shots").write_bytes(content)
    with pytest.raises(ValueError, match=reason):
        Columns.mapped(tmp_path / "shots")


def test_an_array_outside_of_its_file_is_refused(tmp_path):
    head = json.dumps({"a": {"dtype": "I64", "shape": [2], "data_offsets": [0, 16]}}).encode()
    (tmp_path / "shots").write_bytes(len(head).to_bytes(8, "little") + head + b"12345678")
    with pytest.raises(ValueError, match="an array lies outside of it"):
        mapped_arrays(tmp_path / "shots")


def test_shots_that_were_sealed_before_it_was_noted_hide_nothing(tmp_path):
    path = tmp_path / "shots"
    shot = replace(shot_of(TrackKey("door", "r1", 1)), hidden=Hidden.COLOUR)
    Columns.of([shot]).write(path)
    arrays, metadata = mapped_arrays(path)
    assert Columns.mapped(path).sighting(0, EAST, "live", "m@1").hidden is Hidden.COLOUR
    older = {name: np.array(array) for name, array in arrays.items() if name != "hidden"}
    write_arrays(path, older, metadata)
    columns = Columns.mapped(path)
    assert columns.sighting(0, EAST, "live", "m@1").hidden is Hidden.NOTHING
    both = Columns.joined([(columns, np.arange(1)), (Columns.of([shot]), np.arange(1))])
    assert both["hidden"].tolist() == [Hidden.NOTHING, Hidden.COLOUR]


@given(st.lists(sightings(), min_size=1, max_size=12), st.sets(st.sampled_from("abcd")))
def test_outside_of_a_stretch_is_no_row_of_its_cameras(drawn, more):
    columns = Columns.of(drawn)
    cameras = {one.shot.track.camera_id for one in drawn[:2]} | more
    rows = [row for row, one in enumerate(drawn) if one.shot.track.camera_id in cameras]
    is_theirs = len(rows) == rows[-1] + 1 - rows[0]
    assert columns.stretch(cameras) == (slice(rows[0], rows[-1] + 1), is_theirs)
    assert columns.stretch({"nowhere"}) == (slice(0, 0), True)
    assert columns.stretch(None) == (slice(0, len(drawn)), True)
