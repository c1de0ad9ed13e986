"""pipeline.added_cameras: cameras that were added while Descry ran, in a file."""

import stat
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.added_cameras import AddedCameras
from pipeline.errors import ConfigError

NAMES = st.sampled_from(["yard", "gate", "früh"])
CAMERAS = st.dictionaries(st.text(), st.none() | st.text() | st.floats(allow_nan=False), max_size=3)


@given(st.lists(st.tuples(NAMES, st.none() | CAMERAS)))
def test_the_file_holds_what_was_added_and_not_taken_out(steps):
    with tempfile.TemporaryDirectory() as folder:
        expected = {}
        for name, camera in steps:
            added = AddedCameras(Path(folder))  # as another process would
            if camera is None:
                assert added.remove(name) == (expected.pop(name, None) is not None)
            else:
                added.put(name, camera)
                expected[name] = camera
            assert AddedCameras(Path(folder)).read() == expected


def test_many_who_add_at_once_lose_nobody(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: AddedCameras(tmp_path).put(f"c{n}", {"n": n}), range(40)))
    assert AddedCameras(tmp_path).read() == {f"c{n}": {"n": n} for n in range(40)}


def test_nobody_else_may_read_the_passwords(tmp_path):
    added = AddedCameras(tmp_path)
    added.put("yard", {"password": "s3cret"})
    assert stat.S_IMODE(added.file.stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["", "{", "[]", '{"yard": 1}', "[" * 100_000, "\xff"])
def test_a_damaged_file_is_named_and_left_as_it_is(tmp_path, text):
    added = AddedCameras(tmp_path)
    added.file.write_text(text, encoding="latin-1")
    for deed in (added.read, lambda: added.put("yard", {}), lambda: added.remove("yard")):
        with pytest.raises(ConfigError, match="damaged: remove it") as raised:
            deed()
        assert str(added.file) in str(raised.value)
    assert added.file.read_text(encoding="latin-1") == text


def test_a_folder_that_is_not_there_holds_none_and_takes_none(tmp_path):
    added = AddedCameras(tmp_path / "gone")
    assert added.read() == {}
    with pytest.raises(ConfigError, match="cannot keep the cameras"):
        added.put("yard", {})
