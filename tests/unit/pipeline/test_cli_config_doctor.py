"""`descry config` and `descry doctor`, as a person types them."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer
import yaml
from rich.console import Console
from typer.testing import CliRunner

from pipeline.cli.config import app
from pipeline.cli.doctor import as_table
from pipeline.config_example import example_yaml
from pipeline.doctor_machine import Check
from pipeline.errors import ConfigError
from tests.conftest import ROOT


def run(*words: str, verb: typer.Typer = app) -> str:
    result = CliRunner().invoke(verb, list(words), catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "descry.yaml"
    path.write_text("cameras: {hall: {url: 'rtsp://h/1', username: guard, password: hunter22}}")
    return path


def test_show_prints_settings_that_read_back_and_no_secret(file: Path) -> None:
    shown = run("show", "--config", str(file))
    assert yaml.safe_load(shown)["cameras"]["hall"]["url"] == "rtsp://h/1"
    assert "hunter22" not in shown


def test_check_names_the_cameras(file: Path) -> None:
    assert run("check", "--config", str(file)) == "settings: all well; cameras: hall\n"
    said = json.loads(run("check", "--config", str(file), "--json"))
    assert said == {"ok": True, "cameras": ["hall"]}


def test_check_raises_what_main_turns_into_one_line_and_exit_2(file: Path) -> None:
    file.write_text("serach: {}")
    with pytest.raises(ConfigError, match="did you mean search"):
        run("check", "--config", str(file))


def test_schema_and_example_need_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESCRY_CONFIG", "/gone.yaml")
    assert json.loads(run("schema"))["title"] == "Settings"
    assert run("example") == example_yaml()


def test_the_table_shows_each_check_and_the_next_step_as_written() -> None:
    console = Console(width=100, record=True, file=None, quiet=False)
    with console.capture() as captured:
        console.print(
            as_table([Check("disk", None, "1 GB in /a[b]", "free some"), Check("x", True, "y")])
        )
    words = re.sub(r"\s+", " ", captured.get())
    assert words.strip() == "look disk 1 GB in /a[b] → free some ok x y"


def test_none_of_it_loads_a_heavy_library() -> None:
    code = (
        "import sys, pipeline.cli.config, pipeline.cli.doctor, pipeline.config, pipeline.doctor\n"
        "heavy = {'torch', 'cv2', 'faiss', 'ultralytics', 'redis'} & sys.modules.keys()\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
