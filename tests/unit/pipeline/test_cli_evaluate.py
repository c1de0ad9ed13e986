"""`descry evaluate`, as a person types it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import typer
from PIL import Image
from typer.testing import CliRunner

from pipeline.cli.app import exit_code_of
from pipeline.cli.evaluate import evaluate
from pipeline.errors import ConfigError
from pipeline.wiring.training import export_model
from retrieval.errors import (
    DatasetUnusable,
    PictureUnreadable,
    PlanRefused,
    TrainingDiverged,
    WeightsUnknown,
    WeightsUnusable,
)
from retrieval.gadms.configuration import PRESETS
from retrieval.gadms.towers import draw_weights
from retrieval.weights.library import ModelLibrary
from tests.conftest import ROOT
from tests.miniature_datasets import figure, make_icfg, make_rstp, sentence

Run = Callable[..., str]

app = typer.Typer()
app.command()(evaluate)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the verb; the answer it writes. What it raises is raised."""
    monkeypatch.setenv("DESCRY_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)

    def invoke(*words: str | Path, model: str | Path = "untrained-tiny") -> str:
        result = CliRunner().invoke(app, [*map(str, words), "--model", str(model)])
        if isinstance(result.exception, Exception):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.stdout

    return invoke


@pytest.fixture
def rstp(tmp_path: Path) -> tuple[str, ...]:
    """Two people in the test split, two in the validation split, five pictures each."""
    make_rstp(tmp_path / "sets")
    return "--dataset", "rstpreid", "--root", str(tmp_path / "sets")


@pytest.fixture
def pairs(tmp_path: Path) -> tuple[str, ...]:
    """Two people of one's own, two pictures each."""
    folder = tmp_path / "mine"
    folder.mkdir()
    rows = []
    for number in range(4):
        figure(number // 2, number).save(folder / f"{number}.png")
        row = {"image": f"{number}.png", "captions": [sentence(number // 2, number)]}
        rows.append(row | {"identity": number // 2})
    (tmp_path / "rstpreid.json").write_text(json.dumps(rows), "utf-8")
    return "--images", str(folder), "--captions", str(tmp_path / "rstpreid.json")


def test_programs_get_one_object_with_every_figure(run: Run, rstp: tuple[str, ...]):
    said = json.loads(run(*rstp, "--json"))
    figures = ("r1", "r5", "r10", "map", "minp")
    assert all(0 <= said[name] <= 100 for name in figures)
    assert all(0 <= said["image_to_text"][name] <= 100 for name in figures)
    assert 0 <= said["open_set_auc"] <= 1
    assert 0 <= said["open_set_fpr95"] <= 1
    assert (said["dataset"], said["split"], said["trained"]) == ("rstpreid", "test", False)
    assert (said["queries"], said["pictures"], said["identities"]) == (20, 10, 2)
    assert said["model"].startswith("untrained-tiny@")
    assert said["published"][0]["r1"] == 71.25


def test_people_get_our_figures_apart_from_those_of_the_authors(run: Run, rstp: tuple[str, ...]):
    ours, heading, theirs = run(*rstp).partition("Published by the authors of GA-DMS, NOT measured")
    assert heading
    assert "text to image" in ours
    assert "image to text" in ours
    assert "open set" in ours
    assert "not trained: its ranking means nothing" in ours
    assert "71.25" not in ours
    assert "71.25" in theirs
    assert "fine-tuned on it" in theirs
    assert "pretrained only" in theirs


def test_the_validation_split_can_be_asked_for(run: Run, rstp: tuple[str, ...]):
    said = json.loads(run(*rstp, "--split", "val", "--json"))
    assert (said["split"], said["published"]) == ("val", [])


def test_pictures_of_ones_own_are_measured_and_compared_with_nobody(
    run: Run, pairs: tuple[str, ...]
):
    said = json.loads(run(*pairs, "--json"))
    assert (said["queries"], said["pictures"], said["identities"]) == (4, 4, 2)
    assert (said["dataset"], said["split"], said["published"]) == ("rstpreid.json", "all", [])
    assert "Published" not in run(*pairs)


def test_a_checkpoint_file_is_measured_under_its_name(
    run: Run, pairs: tuple[str, ...], tmp_path: Path
):
    config = PRESETS["tiny"]
    file = tmp_path / "epoch-7.pth"
    torch.save({"model": draw_weights(config, 1), "configuration": config.to_mapping()}, file)
    said = json.loads(run(*pairs, "--json", model=file))
    assert said["model"].startswith("epoch-7@")
    assert said["trained"] is True
    assert "not trained" not in run(*pairs, model="epoch-7.pth")


@pytest.mark.parametrize("how", ["name", "file", "rewritten", "exported"])
def test_figures_of_synthetic_weights_say_what_they_are_of(
    run: Run, pairs: tuple[str, ...], tmp_path: Path, how: str
):
    bundled = ModelLibrary(tmp_path / "data" / "models")
    name = bundled.bundled("encoder")[0].name
    copied = shutil.copyfile(bundled.path_of(name), tmp_path / "mine.safetensors")
    if how == "rewritten":
        bundled.import_file(copied, "mine")
        copied = shutil.copyfile(bundled.path_of("mine"), tmp_path / "again.safetensors")
    if how == "exported":
        exported = tmp_path / "mine.pth"
        export_model(copied, exported, full_precision=False, prefix=True)
        copied = exported
    model = name if how == "name" else copied
    assert json.loads(run(*pairs, "--json", model=model))["trained_on"] == "synthetic people"
    assert "Synthetic weights: this model learnt on synthetic people only" in run(
        *pairs, model=model
    )


def test_synthetic_weights_are_named_on_standard_error_too(pairs: tuple[str, ...], tmp_path: Path):
    done = descry(tmp_path, *pairs, "--model", "street-gadms", "--json")
    assert "synthetic weights: learnt on synthetic people only" in done.stderr


def test_figures_of_other_weights_say_no_such_thing(run: Run, pairs: tuple[str, ...]):
    assert json.loads(run(*pairs, "--json"))["trained_on"] is None
    assert "Synthetic" not in run(*pairs)


def test_three_curves_are_drawn(run: Run, pairs: tuple[str, ...], tmp_path: Path):
    folder = tmp_path / "deep" / "curves"
    run(*pairs, "--plots", folder, "--json")
    assert sorted(path.name for path in folder.iterdir()) == [
        "cmc.png",
        "open_set.png",
        "scores.png",
    ]
    for path in folder.iterdir():
        with Image.open(path) as picture:
            assert picture.format == "PNG"
            assert min(picture.size) > 500


def test_a_folder_of_curves_that_cannot_be_made_is_told_before_the_work(
    run: Run, pairs: tuple[str, ...], tmp_path: Path
):
    with pytest.raises(ConfigError, match="name another with --plots"):
        run(*pairs, "--plots", tmp_path / "rstpreid.json")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "name the data"),
        (("--dataset", "rstpreid"), "add --root DIR"),
        (("--root", "sets"), "add --dataset NAME"),
        (("--images", "mine"), "add --captions"),
        (("--captions", "f.json"), "add --images"),
        (("--dataset", "rstpreid", "--root", "a", "--images", "b", "--captions", "c"), "not both"),
        (("--dataset", "rstpreid", "--captions", "c"), "not both"),
        (("--dataset", "mars", "--root", "a"), "no data set layout 'mars': choose one of cuhk"),
        (("--dataset", "rstpreid", "--root", "a", "--split", "train"), "choose test or val"),
        (("--images", "b", "--captions", "c", "--split", "val"), "--split goes with --dataset"),
    ],
)
def test_a_request_that_makes_no_sense_is_one_line(run: Run, words: tuple[str, ...], told: str):
    with pytest.raises(ConfigError, match=told) as caught:
        run(*words)
    assert "\n" not in str(caught.value)


def test_data_that_is_not_there_is_named(run: Run, tmp_path: Path):
    with pytest.raises(DatasetUnusable, match="nowhere"):
        run("--dataset", "rstpreid", "--root", "nowhere")
    make_icfg(tmp_path)
    with pytest.raises(DatasetUnusable, match="no val split"):
        run("--dataset", "icfg-pedes", "--root", tmp_path, "--split", "val")


def test_a_damaged_picture_is_named(run: Run, pairs: tuple[str, ...], tmp_path: Path):
    (tmp_path / "mine" / "2.png").write_bytes(b"no picture")
    with pytest.raises(PictureUnreadable, match=r"2\.png"):
        run(*pairs)


def test_a_model_that_cannot_be_had_is_named(run: Run, pairs: tuple[str, ...], tmp_path: Path):
    with pytest.raises(WeightsUnknown, match="nobody"):
        run(*pairs, model="nobody")
    with pytest.raises(WeightsUnusable, match=r"missing\.pth: no such file"):
        run(*pairs, model="missing.pth")
    (tmp_path / "odd.pt").write_bytes(b"not weights")
    with pytest.raises(WeightsUnusable, match="not a checkpoint"):
        run(*pairs, model="odd.pt")


def test_failures_end_with_the_code_that_says_whose_they_are():
    assert exit_code_of(DatasetUnusable("")) == 1
    assert exit_code_of(PictureUnreadable("")) == 1
    assert exit_code_of(TrainingDiverged("")) == 1
    assert exit_code_of(PlanRefused("")) == 2


def descry(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a shell would."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DESCRY_DATA_DIR": str(folder / "data")}
    return subprocess.run(
        [sys.executable, "-m", "pipeline", "evaluate", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_standard_output_is_the_answer_and_nothing_else(pairs: tuple[str, ...], tmp_path: Path):
    done = descry(tmp_path, *pairs, "--model", "untrained-tiny", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["pictures"] == 4
    assert "no trained weights" in done.stderr
    assert "encoding pictures: 4 of 4" in done.stderr


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--dataset", "rstpreid"), 2, "add --root DIR"),
        (("--images", "gone", "--captions", "gone.json"), 1, "gone"),
    ],
)
def test_a_failure_is_one_line_on_standard_error(
    tmp_path: Path, words: tuple[str, ...], code: int, told: str
):
    done = descry(tmp_path, *words, "--model", "untrained-tiny")
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith("descry: ")
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_asking_for_help_loads_no_torch():
    program = (
        "import sys, pipeline.cli.app; "
        "sys.exit(bool({'torch', 'matplotlib', 'retrieval.training.evaluate'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60
    )
    assert done.returncode == 0
