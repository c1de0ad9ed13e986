"""`descry models`, as a person types it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from pipeline.cli.models import app, readable_size
from retrieval.errors import WeightsUnknown, WeightsUnusable
from retrieval.gadms.configuration import PRESETS
from retrieval.gadms.towers import draw_weights

Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("DESCRY_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)

    def invoke(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, list(words))
        if isinstance(result.exception, Exception):
            raise result.exception
        assert result.exit_code == code, result.output
        return result.stdout

    return invoke


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    config = PRESETS["tiny"]
    path = tmp_path / "best.pth"
    torch.save({"model": draw_weights(config, 1), "configuration": config.to_mapping()}, path)
    return path


def test_list_names_every_model(run: Run):
    assert "yolo11n" in run("list")
    rows = [json.loads(line) for line in run("list", "--json").splitlines()]
    by_name = {row["name"]: row for row in rows}
    assert by_name["yolo11n"]["installed"] is False
    assert by_name["untrained-small"]["installed"] is True
    assert by_name["ga-dms-pretrained"]["address"] is None


def test_an_imported_model_is_listed_verified_and_removed(run: Run, weights: Path):
    said = json.loads(run("import", str(weights), "--name", "mine", "--json"))
    assert (said["kind"], said["installed"]) == ("encoder", True)
    verified = [json.loads(line) for line in run("verify", "--json").splitlines()]
    assert "mine" in {row["name"] for row in verified}
    assert all(row["ok"] for row in verified)
    assert "removed" in run("remove", "mine")
    assert '"mine"' not in run("verify", "--json")


def test_a_changed_file_fails_verification(run: Run, weights: Path, tmp_path: Path):
    run("import", str(weights), "--name", "mine")
    (tmp_path / "data" / "models" / "mine.safetensors").write_bytes(b"changed")
    assert "DAMAGED" in run("verify", "mine", code=1)


def test_a_model_without_an_address_cannot_be_pulled(run: Run):
    with pytest.raises(WeightsUnusable, match="descry models import FILE --name irra"):
        run("pull", "irra")
    with pytest.raises(WeightsUnknown):
        run("pull", "nobody")


def test_an_unknown_kind_is_refused(run: Run, weights: Path):
    run("import", str(weights), "--name", "mine", "--kind", "tracker", code=2)


def test_sizes_are_for_people():
    assert readable_size(599_000_000) == "599.0 MB"
    assert readable_size(None) == ""
