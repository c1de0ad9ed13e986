"""footage.truth and mot: what is written is read back, and says who is where when."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.types import Box
from pipeline.errors import NotFound
from pipeline.street.casting import cast
from pipeline.street.footage.mot import TruthRow, mot_line, read_boxes
from pipeline.street.footage.truth import CameraTruth, Truth, appearances_of, write_truth

CAMERA = CameraTruth("street-1", "street", 4, "day", "sunny", 640, 360, 10, 100, 1000.0)
PEOPLE = [cast(np.random.default_rng(n), f"p{n}", "test") for n in (1, 2)]

pixels = st.integers(0, 60000).map(lambda hundredths: hundredths / 100)
boxes = st.builds(lambda x, y, w, h: Box(x, y, x + w, y + h), pixels, pixels, pixels, pixels)
rows = st.builds(
    TruthRow, st.integers(1, 500), st.integers(1, 30), boxes, st.none() | boxes,
    st.integers(0, 10000).map(lambda share: share / 10000), pixels,
)  # fmt: skip


def row(frame, number=1, visible=1.0, height_px=90.0):
    box = Box(10.0, 20.0, 40.0, 110.0)
    return TruthRow(frame, number, box, box if visible else None, visible, height_px)


@given(st.lists(rows, max_size=20))
def test_rows_read_back_are_those_that_were_written(tmp_path_factory, written):
    folder = tmp_path_factory.mktemp("mot")
    (folder / "gt").write_text("".join(map(mot_line, written)))
    (folder / "seen").write_text("".join(mot_line(one, only_visible=True) for one in written))
    read = read_boxes(folder / "gt", folder / "seen")

    assert read.frame.tolist() == [one.frame for one in written]
    assert read.number.tolist() == [one.number for one in written]
    assert read.visible.tolist() == [one.visible for one in written]
    np.testing.assert_allclose(
        read.box, np.reshape([one.box for one in written], (-1, 4)), atol=0.011
    )
    shown = [one.visible_box or (0, 0, 0, 0) for one in written]
    np.testing.assert_allclose(read.visible_box, np.reshape(shown, (-1, 4)), atol=0.011)


def test_truth_reads_back_as_it_was_written(tmp_path):
    written = write_truth(tmp_path, 7, PEOPLE, [CAMERA], {"street-1": [row(2), row(1), row(1, 2)]})
    read = Truth.read(tmp_path)

    assert read == written
    assert read.seed == 7
    assert read.look("p2") == PEOPLE[1]
    assert read.camera("street-1").at(11) == 1001.0
    assert read.film("street-1") == tmp_path / "street-1.mp4"
    assert read.boxes_of("street-1").frame.tolist() == [1, 1, 2]
    assert read.boxes_of("street-1").number.tolist() == [1, 2, 1]


def test_the_order_of_rows_does_not_change_a_byte(tmp_path):
    some = [row(frame, number) for frame in (1, 2, 3) for number in (1, 2)]
    files = []
    for name, found in (("one", some), ("other", some[::-1])):
        folder = tmp_path / name
        folder.mkdir()
        write_truth(folder, 7, PEOPLE, [CAMERA], {"street-1": found})
        files.append({path.name: path.read_bytes() for path in folder.iterdir()})

    assert files[0] == files[1]


def test_an_appearance_goes_on_through_a_short_gap_and_ends_at_a_long_one():
    frames = [*range(1, 11), *range(25, 31), *range(60, 71)]
    found = appearances_of(CAMERA, PEOPLE, [row(frame) for frame in frames])

    assert [(one.first_frame, one.last_frame) for one in found] == [(1, 30), (60, 70)]
    assert (found[0].first_at, found[0].last_at) == (1000.0, 1002.9)


def test_an_appearance_tells_the_largest_height_and_the_mean_share():
    (found,) = appearances_of(CAMERA, PEOPLE, [row(1, visible=0.5), row(2, height_px=120.0)])

    assert (found.largest_px, found.visible) == (120.0, 0.75)


def test_who_is_hidden_or_tiny_makes_no_appearance():
    assert appearances_of(CAMERA, PEOPLE, [row(1, visible=0.1), row(2, height_px=8.0)]) == []


def test_a_span_of_time_shows_those_who_were_there_then(tmp_path):
    some = [row(frame) for frame in range(1, 11)] + [row(frame, 2) for frame in range(50, 61)]
    truth = write_truth(tmp_path, 7, PEOPLE, [CAMERA], {"street-1": some})

    assert [one.person for one in truth.seen_by("street-1")] == ["p1", "p2"]
    assert [one.person for one in truth.seen_by("street-1", last_at=1002.0)] == ["p1"]
    assert [one.person for one in truth.seen_by("street-1", first_at=1002.0)] == ["p2"]
    assert truth.seen_by("street-2") == ()


def test_a_folder_without_truth_names_the_command(tmp_path):
    with pytest.raises(NotFound, match="descry street render"):
        Truth.read(tmp_path)


def test_a_damaged_truth_is_as_good_as_none(tmp_path):
    write_truth(tmp_path, 7, PEOPLE, [CAMERA], {"street-1": []})
    text = (tmp_path / "truth.json").read_text()
    (tmp_path / "truth.json").write_text(text[: len(text) // 2])

    with pytest.raises(NotFound, match="no finished street"):
        Truth.read(tmp_path)


def test_truth_of_another_revision_is_refused(tmp_path):
    write_truth(tmp_path, 7, PEOPLE, [CAMERA], {"street-1": []})
    values = json.loads((tmp_path / "truth.json").read_text())
    (tmp_path / "truth.json").write_text(json.dumps(values | {"revision": 0}))

    with pytest.raises(NotFound, match="another revision"):
        Truth.read(tmp_path)


def test_unknown_names_are_told(tmp_path):
    truth = write_truth(tmp_path, 7, PEOPLE, [CAMERA], {"street-1": []})

    with pytest.raises(NotFound, match="no camera 'door'"):
        truth.camera("door")
    with pytest.raises(NotFound, match="nobody called 'p9'"):
        truth.look("p9")


def damaged(folder, where, **changed):
    """The truth of one camera with something else at `where`: cameras, appearances or people."""
    write_truth(folder, 7, PEOPLE, [CAMERA], {"street-1": [row(1), row(2)]})
    values = json.loads((folder / "truth.json").read_text())
    values[where] = [one | changed for one in values[where]]
    (folder / "truth.json").write_text(json.dumps(values))


@pytest.mark.parametrize(
    ("where", "changed"),
    [
        ("cameras", {"camera_id": "../elsewhere/lobby-1"}),
        ("cameras", {"camera_id": "/lobby-1"}),
        ("cameras", {"camera_id": "a\0b"}),
        ("cameras", {"camera_id": ""}),
        ("cameras", {"camera_id": ["street-1"]}),
        ("cameras", {"camera_id": 7}),
        ("cameras", {"camera_id": "street-2"}),
        ("cameras", {"starts_at": "soon"}),
        ("cameras", {"starts_at": 1e300}),
        ("cameras", {"starts_at": -1}),
        ("cameras", {"starts_at": float("nan")}),
        ("cameras", {"starts_at": None}),
        ("people", {"person": ["p1"]}),
        ("people", {"person": 1}),
        ("appearances", {"person": ["p1"]}),
        ("appearances", {"first_at": "x"}),
        ("appearances", {"last_at": float("inf")}),
        ("appearances", {"camera_id": "elsewhere"}),
    ],
)
def test_a_truth_that_names_no_files_people_or_times_is_as_good_as_none(tmp_path, where, changed):
    damaged(tmp_path, where, **changed)

    with pytest.raises(NotFound, match="no finished street"):
        Truth.read(tmp_path)


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "[]", "3",
     '{"revision": 1, "seed": 1, "people": [], "cameras": [], "appearances": []}',
     '{"revision": 1, "seed": 1, "people": ["a"], "cameras": [], "appearances": []}'],
)  # fmt: skip
def test_a_truth_of_another_layout_or_without_a_camera_is_as_good_as_none(tmp_path, text):
    (tmp_path / "truth.json").write_text(text)

    with pytest.raises(NotFound, match="no finished street"):
        Truth.read(tmp_path)
