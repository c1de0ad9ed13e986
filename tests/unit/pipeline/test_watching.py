"""pipeline.wiring.watching: the settings file is read again when it changes."""

import json
import logging
import os
from functools import partial

import pytest

from pipeline.added_cameras import AddedCameras
from pipeline.config import load_settings
from pipeline.wiring.watching import WatchedSettings

GATE, DOOR = {"url": "rtsp://10.0.0.1/gate"}, {"url": "rtsp://10.0.0.2/door"}


class File:
    """A settings file that a test rewrites."""

    def __init__(self, path):
        self.path, self.writes = path, 0

    def write(self, cameras, **more):
        self.text(json.dumps({"cameras": cameras, **more}))

    def text(self, text):
        self.writes += 1
        self.path.write_text(text)
        os.utime(self.path, ns=(self.writes, self.writes))  # some disks count in seconds

    def read(self):
        return load_settings(self.path, {}, {})


def settled(one):
    """The cameras wanted once a change has stayed for a look."""
    one.wanted()
    return one.wanted()


@pytest.fixture
def file(tmp_path):
    file = File(tmp_path / "descry.yaml")
    file.write({"gate": GATE, "door": DOOR})
    return file


def watched(file, *only):
    return WatchedSettings(file.read(), only, file=file.path, read=file.read)


def test_a_file_that_stays_as_it_is_is_read_once(file):
    one = watched(file)
    one._read = None
    assert list(one.wanted()) == list(one.wanted()) == ["gate", "door"]


def test_cameras_are_added_changed_removed_and_disabled(file):
    one = watched(file)
    before = one.wanted()
    file.write(
        {
            "gate": GATE,
            "door": {**DOOR, "username": "guard", "password": "new"},
            "yard": {"url": "rtsp://y/1"},
        }
    )
    after = settled(one)
    assert list(after) == ["gate", "door", "yard"]
    assert after["gate"] == before["gate"]
    assert after["door"].version != before["door"].version
    assert "new" not in repr(after)
    assert one.settings.cameras["door"].password.get_secret_value() == "new"
    file.write({"gate": {**GATE, "enabled": False}})
    assert list(settled(one)) == []


def test_only_the_chosen_cameras_are_wanted_and_a_chosen_one_may_be_disabled(file):
    one = watched(file, "door")
    assert list(settled(one)) == ["door"]
    file.write({"gate": GATE, "door": {**DOOR, "enabled": False}})
    assert list(settled(one)) == ["door"]
    file.write({"gate": GATE})
    assert list(settled(one)) == []


@pytest.mark.parametrize("text", ["cameras: [", "cameras: {gate: {ulr: rtsp://x/1}}", "camras: {}"])
def test_a_file_that_makes_no_sense_changes_nothing_and_is_said_once(file, text, caplog):
    one = watched(file)
    file.text(text)
    with caplog.at_level(logging.WARNING):
        assert [list(one.wanted()) for _ in range(3)] == [["gate", "door"]] * 3
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert "stay in force" in record.getMessage()
    file.write({"gate": GATE})
    assert list(settled(one)) == ["gate"]


@pytest.mark.parametrize("text", [None, "", " \n"])
def test_a_file_that_is_gone_or_empty_changes_nothing(file, text, caplog):
    one = watched(file)
    file.path.unlink() if text is None else file.text(text)
    with caplog.at_level(logging.WARNING):
        assert [list(one.wanted()) for _ in range(3)] == [["gate", "door"]] * 3
    assert len(caplog.records) == 1


def test_what_is_no_camera_waits_for_the_next_start_and_that_is_said(file, caplog):
    one = watched(file)
    file.write({"gate": GATE}, detector={"confidence": 0.5}, log_level="debug")
    with caplog.at_level(logging.WARNING):
        assert list(settled(one)) == ["gate"]
    assert "log_level, detector changed" in caplog.text
    assert one.settings.detector.confidence == load_settings(None, {}, {}).detector.confidence


def test_cameras_that_are_added_beside_the_file_are_wanted_and_the_file_may_be_missing(tmp_path):
    environ = {"DESCRY_DATA_DIR": str(tmp_path), "HOME": "/nowhere"}
    read = partial(load_settings, None, environ)
    one, added = WatchedSettings(read(), file=None, read=read), AddedCameras(tmp_path)
    assert list(settled(one)) == []
    added.put("yard", GATE)
    before = settled(one)
    added.put("yard", {**GATE, "fps": 2})
    after = settled(one)
    assert list(before) == list(after) == ["yard"]
    assert before["yard"].version != after["yard"].version
    added.file.write_text("{")
    assert list(settled(one)) == ["yard"]
    added.file.unlink()
    assert list(settled(one)) == []


def test_a_file_that_is_being_written_is_read_once_it_has_come_to_rest(file):
    one = watched(file)
    for cameras in ({}, {"gate": GATE}):
        file.write(cameras)
        assert list(one.wanted()) == ["gate", "door"]
    file.write({"gate": GATE, "door": DOOR, "yard": GATE})
    assert list(one.wanted()) == ["gate", "door"]
    assert list(one.wanted()) == ["gate", "door", "yard"]


def test_beside_a_file_that_was_empty_all_along_cameras_are_added(file, tmp_path):
    file.text("")
    read = partial(load_settings, file.path, {"DESCRY_DATA_DIR": str(tmp_path)})
    one, added = WatchedSettings(read(), file=file.path, read=read), AddedCameras(tmp_path)
    added.put("yard", GATE)
    assert list(settled(one)) == ["yard"]
    file.write({"gate": GATE})
    assert sorted(settled(one)) == ["gate", "yard"]
    file.text("")
    added.put("door", DOOR)
    assert sorted(settled(one)) == ["gate", "yard"]
