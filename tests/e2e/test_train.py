"""Training through the command line: killed, resumed, refused, exported, measured, imported."""

import hashlib
import json
import os
import shutil
import signal
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file

from tests.e2e.conftest import Descry, Running, processes_of, wait_for
from tests.miniature_datasets import make_jsonl

pytestmark = pytest.mark.slow

PLAN = {
    "dataset": {"name": "jsonl", "root": "data"},
    "configuration": "tiny",
    "epochs": 3,
    "warmup_epochs": 1,
    "batch": 8,
    "accumulate": 2,
    "learning_rate": 1e-3,
    "adam_eps": 1e-8,
    "checkpoint_every_steps": 1,
    "log_every_steps": 1,
    "workers": 0,
}


@pytest.fixture(scope="module")
def descry(tmp_path_factory: pytest.TempPathFactory) -> Descry:
    descry = Descry(tmp_path_factory.mktemp("t"))
    make_jsonl(descry.folder / "data", train=12, val=4, test=6)
    return descry


def plan(descry: Descry, name: str, **changes: object) -> str:
    path = descry.folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(PLAN | {"out": name} | changes))
    return str(path)


def digests(run: Path) -> dict[str, str]:
    """Of what training came to: the last checkpoint and the best model."""
    last = max((run / "checkpoints").iterdir())
    files = [*last.glob("*.safetensors"), run / "best.safetensors"]
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def newest_step(run: Path) -> int:
    found = [int(path.name[5:]) for path in (run / "checkpoints").glob("step-*")]
    return max(found, default=-1)


def only_line(err: str) -> str:
    (line,) = [line for line in err.splitlines() if line.startswith("descry: ")]
    return line


@pytest.fixture(scope="module")
def undisturbed(descry: Descry) -> Path:
    said = descry.run("train", "pretrain", "--config", plan(descry, "undisturbed"), "--json")
    told = said.json()
    assert told["done"] is True
    assert told["best"]["path"].endswith("undisturbed/best.safetensors")
    assert told["validation"] == "val split of jsonl"
    return descry.folder / "undisturbed"


def test_a_run_killed_again_and_again_ends_with_the_same_bytes(descry: Descry, undisturbed: Path):
    """With loader processes, which the undisturbed run does without."""
    path, run = plan(descry, "killed", workers=2), descry.folder / "killed"
    kills = 0
    while newest_step(run) < 4:
        before = newest_step(run)
        running: Running = descry.start("train", "pretrain", "--config", path)
        wait_for(lambda: newest_step(run) > before or running.has_ended(), what="a checkpoint")  # noqa: B023
        running.process.send_signal(signal.SIGKILL)
        running.process.wait()
        kills += 1
    assert kills >= 2
    descry.run("train", "pretrain", "--config", path)
    assert digests(run) == digests(undisturbed)
    steps = [row.split(",")[0] for row in (run / "train.csv").read_text().splitlines()[1:]]
    assert steps == [str(step) for step in range(1, len(steps) + 1)]
    # What has ended stays as it is.
    descry.run("train", "pretrain", "--config", path)
    assert digests(run) == digests(undisturbed)


def test_nobody_is_left_of_a_trainer_that_was_killed(descry: Descry):
    running = descry.start("train", "pretrain", "--config", plan(descry, "orphans", workers=2))
    wait_for(lambda: newest_step(descry.folder / "orphans") >= 1, what="a checkpoint")
    assert len(processes_of(descry.folder)) > 2
    running.process.send_signal(signal.SIGKILL)
    running.process.wait()
    wait_for(lambda: not processes_of(descry.folder), within_s=30, what="its workers to end")


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_terminal_that_stops_every_process_costs_nothing(
    descry: Descry, undisturbed: Path, signum: signal.Signals
):
    """A terminal, or torchrun, tells the loaders to stop too, in the middle of a step."""
    name = f"group-{signum.name.lower()}"
    path = plan(descry, name, workers=1, checkpoint_every_steps=None)
    running = descry.start("train", "pretrain", "--config", path)
    wait_for(lambda: "training: " in running.err.read_text(), what="the first steps")
    for process in processes_of(descry.folder):
        os.kill(process, signum)
    said = running.end(60)
    assert running.process.returncode == 130, said.err
    assert "the same command goes on" in " ".join(said.out.split())
    descry.run("train", "pretrain", "--config", path)
    assert digests(descry.folder / name) == digests(undisturbed)


def test_an_export_overwrites_nothing(descry: Descry, undisturbed: Path):
    best = undisturbed / "best.safetensors"
    before = best.read_bytes()
    for out, said in ((best, "called .pth"), (descry.folder / "here.pth", "is there already")):
        (descry.folder / "here.pth").write_text("mine")
        refused = descry.run("train", "export", str(best), "--out", str(out), code=2)
        assert said in only_line(refused.err)
    assert best.read_bytes() == before
    assert (descry.folder / "here.pth").read_text() == "mine"


def test_an_interrupted_run_says_how_to_go_on_and_does(descry: Descry, undisturbed: Path):
    path, run = plan(descry, "stopped", checkpoint_every_steps=None), descry.folder / "stopped"
    running = descry.start("train", "pretrain", "--config", path)
    wait_for(lambda: "training: " in running.err.read_text(), what="the first steps")
    said = running.stop(signal.SIGINT, within_s=60)
    assert running.process.returncode == 130
    assert "the same command goes on" in said.out
    descry.run("train", "pretrain", "--config", path)
    assert digests(run) == digests(undisturbed)


@pytest.mark.slow
def test_another_seed_is_another_training(descry: Descry, undisturbed: Path):
    descry.run("train", "pretrain", "--config", plan(descry, "other", seed=1))
    assert digests(descry.folder / "other") != digests(undisturbed)


def test_another_plan_in_the_same_folder_is_refused(descry: Descry, undisturbed: Path):
    before = digests(undisturbed)
    path = plan(descry, "again", learning_rate=1e-4, out="undisturbed")
    said = descry.run("train", "pretrain", "--config", path, code=2)
    assert "learning_rate was 0.001, now 0.0001" in only_line(said.err)
    assert digests(undisturbed) == before


def test_a_pretrained_model_is_fine_tuned_measured_exported_and_imported(
    descry: Descry, undisturbed: Path, tmp_path: Path
):
    path = plan(descry, "tuned", start_from="undisturbed/best.safetensors", epochs=2)
    said = descry.run("train", "finetune", "--config", path)
    best = descry.folder / "tuned" / "best.safetensors"
    assert f"descry models import {best}" in said.out
    assert "classifier.weight" in load_file(best)

    measured = descry.run(
        "evaluate", "--dataset", "jsonl", "--root", str(descry.folder / "data"),
        "--model", str(best), "--json",
    ).json()  # fmt: skip
    assert {"r1", "r5", "r10", "map", "minp", "open_set_auc"} <= measured.keys()
    assert measured["trained"] is True

    exported = tmp_path / "best0.pth"
    descry.run("train", "export", str(best), "--out", str(exported))
    content = torch.load(exported, weights_only=True)
    assert content["model"]["module.base_model.visual.proj"].dtype == torch.float16
    assert content["model"]["module.classifier.weight"].shape == (12, 32)

    descry.run("models", "import", str(exported), "--name", "mine")  # head counts travel along
    again = descry.run(
        "evaluate", "--dataset", "jsonl", "--root", str(descry.folder / "data"),
        "--model", "mine", "--json",
    ).json()  # fmt: skip
    assert again["map"] == pytest.approx(measured["map"], abs=3)  # through float16


@pytest.mark.slow
def test_a_loss_that_is_no_number_stops_with_its_batch_and_keeps_a_checkpoint(
    descry: Descry, undisturbed: Path
):
    """Weights of finite but absurd size, as a diverging run leaves them."""
    weights = load_file(undisturbed / "best.safetensors")
    weights["base_model.visual.proj"] = torch.full_like(weights["base_model.visual.proj"], 3e38)
    poisoned = descry.folder / "poisoned.safetensors"
    save_file(weights, poisoned)
    path = plan(descry, "diverged", start_from=str(poisoned))
    said = descry.run("train", "pretrain", "--config", path, code=1)
    assert "the loss sdm is nan at epoch 1, step 0" in only_line(said.err)
    run = descry.folder / "diverged"
    note = json.loads((run / "diverged.json").read_text())
    assert len(note["batch"]) == 8
    assert all(Path(sample["picture"]).is_file() for sample in note["batch"])
    kept = load_file(run / "checkpoints" / "step-00000000" / "model.safetensors")
    assert torch.equal(kept["base_model.ln_final.weight"], weights["base_model.ln_final.weight"])


def test_a_checkpoint_of_other_shapes_is_refused(descry: Descry, undisturbed: Path):
    path = plan(descry, "shapes", configuration="small", start_from="undisturbed/best.safetensors")
    said = descry.run("train", "pretrain", "--config", path, code=2)
    assert "vision_width 32, but configuration 'small' has 256" in only_line(said.err)


def test_a_picture_that_is_cut_short_is_named_and_the_run_goes_on_once_mended(descry: Descry):
    folder = descry.folder / "cut"
    make_jsonl(folder, train=6, val=2, test=2)
    picture = next((folder / "pictures").glob("0003_*"))
    whole = picture.read_bytes()
    picture.write_bytes(whole[: len(whole) // 2])
    path = plan(descry, "torn", dataset={"name": "jsonl", "root": "cut"})
    said = descry.run("train", "pretrain", "--config", path, code=1)
    assert picture.name in only_line(said.err)
    assert "replace or remove it" in only_line(said.err)
    picture.write_bytes(whole)
    descry.run("train", "pretrain", "--config", path)


def test_bad_plans_are_refused_in_one_line(descry: Descry):
    for changes, said in (
        ({"learning_rat": 1}, "did you mean learning_rate"),
        ({"epochs": 0}, "epochs"),
        ({"dataset": {"name": "jsonl", "root": "nowhere"}}, "nowhere"),
        ({"dataset": {"name": "cuhk", "root": "data"}}, "cuhk-pedes"),
        ({"configuration": "vit"}, "vit-b16"),
        ({"start_from": "no/such.pth"}, "no/such.pth"),
        ({"start_from": "no-such-model"}, "no-such-model"),
        ({"losses": {"id": 1}}, "id"),
        ({"device": "cuda:7"}, "CUDA"),
    ):
        path = plan(descry, "bad", **changes)
        ended = descry.start("train", "pretrain", "--config", path)
        err = ended.end(120).err
        assert ended.process.returncode in (1, 2), changes
        assert said in only_line(err), err


@pytest.mark.slow
def test_two_processes_learn_what_one_learns_from_the_joined_batch(descry: Descry):
    """Started by torchrun, killed once, and gone on with."""
    shutil.rmtree(descry.folder / "two", ignore_errors=True)
    # With the reference's epsilon: a smaller one turns the rounding of zero gradients into steps.
    one = plan(descry, "one", batch=8, accumulate=1, adam_eps=1e-3)
    descry.run("train", "pretrain", "--config", one)
    two = plan(descry, "two", batch=4, accumulate=1, adam_eps=1e-3)
    arguments = ("--nproc-per-node", "2", "-m", "pipeline", "train", "pretrain", "--config", two)
    running = descry.start_module("torch.distributed.run", *arguments)
    wait_for(lambda: newest_step(descry.folder / "two") >= 2, what="a checkpoint")
    running.process.send_signal(signal.SIGTERM)
    running.process.wait()
    ended = descry.start_module("torch.distributed.run", *arguments)
    said = ended.end(280)
    assert ended.process.returncode == 0, said.err
    assert said.out.count("best: ") == 1  # one process speaks for both
    folders = [max((descry.folder / name / "checkpoints").iterdir()) for name in ("one", "two")]
    assert folders[0].name == folders[1].name
    alone, together = (load_file(folder / "model.safetensors") for folder in folders)
    for name, weight in alone.items():
        torch.testing.assert_close(together[name], weight, atol=2e-5, rtol=0, msg=name)
    scores = [load_file(folder / "scores.safetensors") for folder in folders]
    assert scores[0]["seen"].all()
    assert torch.equal(scores[0]["seen"], scores[1]["seen"])
