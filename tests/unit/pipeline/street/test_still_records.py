"""footage.stills: the record of a frame that cannot be read is drawn anew, not stumbled over."""

import json

import pytest

from pipeline.street.footage.still_plan import Stills
from pipeline.street.footage.stills import CAPTIONS, draw_stills, is_whole

STILLS = Stills(1, 2, "train", 3)
CROP = {
    "image": "000000-00.jpg",
    "identity": "p1",
    "captions": ["a man"],
    "noisy": ["a woman"],
    "claims": [[]],
}
RECORD = {"frame": {"frame": 0, "people": [{"identity": "p1"}]}, "crops": [CROP]}


def ignore(*_):
    pass


@pytest.fixture
def part(tmp_path):
    part = tmp_path / "parts" / "000000.json"
    part.parent.mkdir()
    part.write_text(json.dumps(RECORD))
    drawn(tmp_path, 0)
    return part


def drawn(folder, frame):
    """What a finished frame leaves beside its record; nobody need be asked for in it."""
    for name in ("frames", "labels", "crops"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "frames" / f"{frame:06d}.jpg").write_bytes(b"jpeg")
    (folder / "labels" / f"{frame:06d}.txt").write_bytes(b"")
    (folder / "crops" / CROP["image"]).write_bytes(b"jpeg")


def without(values, name):
    return {key: value for key, value in values.items() if key != name}


def test_a_record_as_it_was_written_is_kept(part):
    assert is_whole(part)
    assert json.loads(part.read_text()) == RECORD
    assert not is_whole(part.with_name("000001.json"))


@pytest.mark.parametrize("content", ["", "{", "3", "[]", "{}", "\0" * 40, "[" * 100_000])
def test_a_record_of_garbage_is_removed(part, content):
    part.write_text(content)
    assert not is_whole(part)
    assert not part.exists()


@pytest.mark.parametrize(
    "record",
    [
        without(RECORD, "frame"),
        without(RECORD, "crops"),
        RECORD | {"frame": {"frame": 0}},
        RECORD | {"frame": {"people": [{"identity": ["p1"]}]}},
        RECORD | {"crops": ["a"]},
        *(RECORD | {"crops": [without(CROP, name)]} for name in CROP),
    ],
)
def test_a_record_that_lacks_something_is_removed(part, record):
    part.write_text(json.dumps(record))
    assert not is_whole(part)
    assert not part.exists()


def test_a_damaged_record_is_not_taken_for_a_finished_frame(tmp_path):
    """Every frame is recorded, one in garbage; whoever is stopped at once has not finished."""
    assert not draw_stills(tmp_path, STILLS, jobs=1, report=ignore, stopped=lambda: True)
    for frame in range(STILLS.frames):
        (tmp_path / "parts" / f"{frame:06d}.json").write_text(json.dumps(RECORD))
        drawn(tmp_path, frame)
    (tmp_path / "parts" / "000001.json").write_text("garbage")
    told = []
    done = draw_stills(
        tmp_path, STILLS, jobs=1, report=lambda *far: told.append(far), stopped=lambda: True
    )
    assert not done
    assert told[0] == (2, 3)
    assert not (tmp_path / CAPTIONS).exists()


@pytest.mark.parametrize("lost", ["frames/000000.jpg", "labels/000000.txt", "crops/000000-00.jpg"])
@pytest.mark.parametrize("is_empty", [True, False])
def test_a_frame_that_lost_a_picture_or_its_labels_is_drawn_anew(part, lost, is_empty):
    lost_file = part.parent.parent / lost
    assert is_whole(part)
    if is_empty and lost_file.suffix == ".jpg":
        lost_file.write_bytes(b"")
    else:
        lost_file.unlink()
    assert not is_whole(part)
    assert not part.exists()
