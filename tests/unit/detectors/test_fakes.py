import json

import numpy as np
import pytest

from detectors.errors import DetectorUnusable
from detectors.fakes import ScriptedDetector
from detectors.types import Box, Detection, Frame

ALICE = Detection(Box(1, 2, 3, 4), 0.9)
BOB = Detection(Box(5, 6, 7, 8), 0.5)


def frame(number, camera_id="lobby"):
    return Frame(camera_id, "run", number, 0.0, np.zeros((8, 8, 3), np.uint8))


def script(tmp_path, content):
    path = tmp_path / "people.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


def test_it_finds_whom_the_script_names_and_nobody_elsewhere():
    detector = ScriptedDetector({"*": {2: [ALICE, BOB]}})
    assert detector.detect([frame(1), frame(2)]) == [[], [ALICE, BOB]]


def test_a_camera_of_its_own_ignores_the_common_script():
    detector = ScriptedDetector({"*": {1: [ALICE]}, "door": {1: [BOB]}})
    assert detector.detect([frame(1), frame(1, "door"), frame(1, "yard")]) == [
        [ALICE],
        [BOB],
        [ALICE],
    ]


def test_no_frames_have_nobody():
    assert ScriptedDetector({}).detect([]) == []


def test_it_reads_one_script_for_every_camera(tmp_path):
    path = script(tmp_path, {"frames": {"1": [[1, 2, 3, 4, 0.9]], "7": []}})
    assert ScriptedDetector.from_json(path).detect([frame(1), frame(7)]) == [[ALICE], []]


def test_it_reads_a_script_for_each_camera(tmp_path):
    path = script(tmp_path, {"cameras": {"door": {"frames": {"1": [[5, 6, 7, 8, 0.5]]}}}})
    detector = ScriptedDetector.from_json(path)
    assert detector.detect([frame(1, "door"), frame(1)]) == [[BOB], []]


def test_the_fingerprint_follows_the_content():
    one, same, other = (
        ScriptedDetector({"*": {1: people}}).fingerprint for people in ([ALICE], [ALICE], [BOB])
    )
    assert one == same != other


@pytest.mark.parametrize(
    "content",
    [
        "not json",
        "[]",
        "7",
        {},
        {"frames": []},
        {"frames": {"one": []}},
        {"frames": {"1": [[1, 2, 3, 4]]}},
        {"frames": {"1": [[3, 2, 1, 4, 0.5]]}},
        {"frames": {"1": [[1, 2, 3, 4, 7]]}},
        {"frames": {"1": [["a", 2, 3, 4, 0.5]]}},
        {"cameras": ["door"]},
    ],
)
def test_a_malformed_script_is_refused_in_a_line_that_names_it(tmp_path, content):
    path = script(tmp_path, content)
    with pytest.raises(DetectorUnusable, match=r"people\.json is no detector script") as refusal:
        ScriptedDetector.from_json(path)
    assert "\n" not in str(refusal.value)


def test_a_missing_script_is_refused(tmp_path):
    with pytest.raises(DetectorUnusable, match="no detector script at"):
        ScriptedDetector.from_json(tmp_path / "none.json")
