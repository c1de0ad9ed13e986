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
    part = tmp_path / "000000.json"
    part.write_text(json.dumps(RECORD))
    return part


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
    (tmp_path / "parts" / "000001.json").write_text("garbage")
    told = []
    done = draw_stills(
        tmp_path, STILLS, jobs=1, report=lambda *far: told.append(far), stopped=lambda: True
    )
    assert not done
    assert told[0] == (2, 3)
    assert not (tmp_path / CAPTIONS).exists()
