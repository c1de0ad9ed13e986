"""Bad input: one clear line that names the thing and the next step, and the documented code."""

import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.e2e.conftest import Descry, processes_of


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory, clip: Path) -> Descry:
    descry = Descry(tmp_path_factory.mktemp("b"))
    descry.replay(clip)
    return descry


def only_line(err: str) -> str:
    """What stands behind `descry: `; there is one such line."""
    (line,) = [line for line in err.splitlines() if line.startswith("descry: ")]
    return line


def test_a_missing_file_is_named(descry):
    said = descry.run("replay", "no/such.mp4", "--camera", "a", code=1)
    assert "no/such.mp4" in only_line(said.err)
    assert not descry.data.exists()


def test_a_text_file_called_mp4_is_refused(descry, tmp_path):
    path = tmp_path / "notes.mp4"
    path.write_text("not a video\n" * 100)
    assert "notes.mp4" in only_line(descry.run("replay", str(path), "--camera", "a", code=1).err)


def test_a_file_of_no_bytes_is_refused(descry, tmp_path):
    path = tmp_path / "empty.mp4"
    path.touch()
    assert "empty" in only_line(descry.run("replay", str(path), "--camera", "a", code=1).err)


def test_what_came_before_a_cut_is_kept(descry, clip, tmp_path):
    cut = tmp_path / "cut.mp4"
    whole = clip.read_bytes()
    cut.write_bytes(whole[: len(whole) * 6 // 10])
    shutil.copy(clip.with_suffix(".boxes.json"), cut.with_suffix(".boxes.json"))
    said = descry.replay(cut, "--every-frame", code=1)
    assert "cut.mp4" in only_line(said.err)
    (told,) = said.files()
    assert told["state"] == "broken"
    assert 20 < told["frames"] < 100
    assert len(descry.tracks()) == told["tracks"] > 0


def test_an_unknown_camera_is_refused_with_the_known_ones(imported):
    for command in (
        ["search", "red coat", "--camera", "attic"],
        ["tracks", "list", "--camera", "attic"],
        ["tracks", "export", "--camera", "attic", "--out", "x.txt"],
        ["cameras", "list", "--camera", "attic"],
    ):
        line = only_line(imported.run(*command, code=2).err)
        assert "attic" in line
        assert "street" in line


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("red coat " * 600, "1,000"),
        ("🧥🎒", "emoji"),
        ("빨간 코트를 입은 여자", "English"),
    ],
)
def test_an_absurd_query_is_refused_with_a_hint(imported, text, word):
    assert word in only_line(imported.run("search", text, code=2).err)


def test_an_unknown_collection_is_refused(imported):
    line = only_line(imported.run("search", "red coat", "--collection", "nope", code=2).err)
    assert "nope" in line
    assert "imports" in line


@pytest.mark.parametrize("when", ["yesterday", "2031-01-01", "1h ago maybe"])
def test_a_time_that_is_none_is_refused(imported, when):
    assert when in only_line(imported.run("search", "red coat", "--since", when, code=2).err)


def test_a_misspelt_variable_names_the_right_one(descry):
    said = descry.run("config", "check", code=2, DESCRY_ENCODER__MODLE="x")
    assert "encoder.model" in only_line(said.err).lower().replace("__", ".")


def test_a_misspelt_setting_names_the_right_one(descry, tmp_path):
    file = tmp_path / "descry.yaml"
    file.write_text("retention:\n  live: 3d\n")
    said = descry.run("config", "check", "--config", str(file), code=2)
    assert "live_s" in only_line(said.err)


def test_a_model_that_is_not_installed_names_the_command(descry, clip):
    said = descry.run("search", "red coat", "--model", "ga-dms-pretrained", code=2)
    assert "descry models" in only_line(said.err)


def test_a_name_that_no_camera_may_have_is_refused(descry, clip):
    said = descry.run("replay", str(clip), "--camera", "../x", code=2)
    assert "camera" in only_line(said.err)


class Boom:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


def test_weights_that_carry_code_run_nothing(descry, clip, tmp_path):
    marker, hostile = tmp_path / "ran", tmp_path / "hostile.pt"
    hostile.write_bytes(pickle.dumps({"model": Boom(marker)}))
    said = descry.run("replay", str(clip), "--camera", "a", "--detector", str(hostile), code=2)
    assert "hostile.pt" in only_line(said.err)
    imported = descry.run("models", "import", str(hostile), "--name", "bad", code=2)
    assert "hostile.pt" in only_line(imported.err)
    assert not marker.exists()


def test_a_socket_path_that_is_too_long_names_the_setting(descry, clip):
    long = descry.folder / ("r" * 100)
    said = descry.run("search", "red coat", code=2, DESCRY_RUNTIME_DIR=str(long))
    assert "runtime_dir" in only_line(said.err).lower()


def test_a_data_folder_of_a_newer_redis_is_refused(descry, imported):
    shutil.copytree(imported.data, descry.data)
    record = next((descry.data / "redis").glob("server.json"))
    record.write_text(record.read_text().replace('"version": "', '"version": "99.'))
    before = {p: p.read_bytes() for p in (descry.data / "redis").rglob("*") if p.is_file()}
    line = only_line(descry.run("search", "red coat", code=2).err)
    assert "99." in line
    after = {p: p.read_bytes() for p in (descry.data / "redis").rglob("*") if p.is_file()}
    assert before == after


def test_a_second_run_on_one_data_folder_is_refused_and_the_first_goes_on(descry):
    first = descry.watch()
    line = only_line(descry.run("run", code=2).err)
    assert str(first.process.pid) in line
    assert first.process.poll() is None
    first.stop()
    assert processes_of(descry.folder) == []


@pytest.mark.parametrize(
    "command", [["serch", "x"], ["replay", "a.mp4"], ["replay", "a", "--fps", "0"]]
)
def test_a_misspelt_command_is_no_traceback(descry, command):
    said = descry.run(*command, code=2)
    assert "Error" in said.err


def test_a_search_for_nothing_is_refused(descry):
    assert "the query is empty" in only_line(descry.run("search", code=2).err)


@pytest.mark.parametrize(
    "words", [("search", "man \udc9b31m"), ("search", "-"), ("demo", "--text", "man \udc9b31m")]
)
def test_a_description_that_is_no_utf_8_is_refused_before_anything_starts(tmp_path, words):
    environment = {
        "PYTHONPATH": str(ROOT), "DESCRY_DATA_DIR": str(tmp_path / "data"),
        "PYTHONIOENCODING": "utf-8",  # as on a machine of today, whatever this one speaks
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", *map(os.fsencode, words)],
        env=os.environ | environment, cwd=tmp_path,
        input=b"man \x9b31m\n", capture_output=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stdout == b""
    assert only_line(done.stderr.decode()).startswith("descry: the query is no text in UTF-8")
    assert list(tmp_path.iterdir()) == []
