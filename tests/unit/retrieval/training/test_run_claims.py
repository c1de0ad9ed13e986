"""A run folder serves one plan and one trainer, and keeps the best model."""

import json
import logging
import resource

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from retrieval.errors import PlanRefused, TrainingError
from retrieval.training.run_folder import RunFolder
from tests.fork_servers import fork_server

PLAN = {"task": "pretrain", "learning_rate": 1e-5, "adam_betas": (0.9, 0.999), "clip_norm": None}
BIG_NUMBERS = 500_000  # 2 MB


def hold_until_told(out, told, done):
    with RunFolder(out).held():
        told.set()
        done.wait()


def save_with_little_room(out, said):
    """Save where no file may pass 1 MB: what a full disk does, for one process."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
    big = {"weight": torch.zeros(BIG_NUMBERS)}
    for save in (
        lambda: RunFolder(out).save(2, {"model": big}, {}),
        lambda: RunFolder(out).save_best(2, big, {}),
    ):
        try:
            save()
        except TrainingError as error:
            said.put(str(error))


@pytest.fixture
def processes():
    return fork_server()


def test_a_second_trainer_is_refused_until_the_first_is_gone(tmp_path, processes):
    told, done = processes.Event(), processes.Event()
    other = processes.Process(target=hold_until_told, args=(tmp_path, told, done), daemon=True)
    other.start()
    assert told.wait(60)
    with (
        pytest.raises(PlanRefused, match="another training is at work in"),
        RunFolder(tmp_path).held(),
    ):
        pass
    other.kill()
    other.join()
    with RunFolder(tmp_path).held():
        pass


def test_a_folder_may_be_held_again_after_it_was_let_go(tmp_path):
    for _ in range(2):
        with RunFolder(tmp_path / "run").held():
            pass


def test_a_disk_without_room_is_one_line_and_older_work_stays(tmp_path, processes):
    folder = RunFolder(tmp_path)
    folder.save(1, {"model": {"weight": torch.ones(3)}}, {})
    folder.save_best(1, {"weight": torch.ones(3)}, {})
    said = processes.Queue()
    process = processes.Process(target=save_with_little_room, args=(tmp_path, said))
    process.start()
    checkpoint, best = said.get(timeout=60), said.get(timeout=60)
    process.join()
    assert "step-00000002: File too large; mend the folder and try again" in checkpoint
    assert "best.safetensors: File too large; mend the folder and try again" in best
    assert folder.latest().step == folder.best().step == 1
    left = {path.name for path in tmp_path.rglob("*")}
    assert left == {
        "checkpoints", "step-00000001", "model.safetensors", "state.json",
        "best.safetensors", "best.json",
    }  # fmt: skip


def test_the_same_plan_goes_on(tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.claim(PLAN)
    folder.claim(PLAN)
    assert json.loads((tmp_path / "run" / "plan.json").read_text("utf-8"))["clip_norm"] is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"learning_rate": 1e-4}, "learning_rate was 1e-05, now 0.0001"),
        ({"data": "ab"}, "data was None, now ab"),
        ({"a": 1, "b": 1, "c": 1, "d": 1, "e": 1}, "and 2 more"),
        ({"clip_norm": 1}, "clip_norm was None, now 1"),
    ],
)
def test_another_plan_is_refused_and_the_difference_named(tmp_path, changes, said):
    RunFolder(tmp_path).claim(PLAN)
    RunFolder(tmp_path).save(1, {}, {})
    with pytest.raises(PlanRefused, match=said) as refusal:
        RunFolder(tmp_path).claim({**PLAN, **changes})
    assert "give another out" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_try_that_trained_nothing_makes_room_for_another_plan(tmp_path):
    RunFolder(tmp_path).claim(PLAN)
    RunFolder(tmp_path).claim({**PLAN, "learning_rate": 1e-4})
    RunFolder(tmp_path).save(1, {}, {})
    with pytest.raises(PlanRefused, match=r"learning_rate was 0\.0001, now 1e-05"):
        RunFolder(tmp_path).claim(PLAN)


@pytest.mark.parametrize("content", ["{", "[1]"])
def test_a_plan_that_cannot_be_read_is_refused(tmp_path, content):
    (tmp_path / "plan.json").write_text(content, "utf-8")
    with pytest.raises(PlanRefused, match="give another out"):
        RunFolder(tmp_path).claim(PLAN)


def test_checkpoints_without_a_plan_are_not_taken_over(tmp_path):
    RunFolder(tmp_path).save(1, {}, {})
    with pytest.raises(PlanRefused, match=r"checkpoints but no plan\.json"):
        RunFolder(tmp_path).claim(PLAN)


def test_an_out_that_is_a_file_is_told_in_a_line(tmp_path):
    (tmp_path / "run").write_text("a file", "utf-8")
    folder = RunFolder(tmp_path / "run")
    with pytest.raises(TrainingError, match="mend the folder"), folder.held():
        pass
    with pytest.raises(TrainingError, match="mend the folder"):
        folder.save(1, {}, {})


def test_the_best_model_is_replaced_and_says_what_it_was_chosen_by(tmp_path):
    folder = RunFolder(tmp_path)
    folder.save_best(1, {"w": torch.ones(2)}, {"r1": 0.5})
    path = folder.save_best(7, {"w": torch.zeros(2)}, {"r1": 0.75}, {"family": "ga-dms"})
    best = RunFolder(tmp_path).best()
    assert (best.step, best.path, best.state) == (7, path, {"r1": 0.75})
    assert torch.equal(load_file(path)["w"], torch.zeros(2))
    said = json.loads((tmp_path / "best.json").read_text("utf-8"))
    assert said == {"step": 7, "state": {"r1": 0.75}}
    with safe_open(path, framework="pt") as file:
        assert json.loads(file.metadata()["descry"])["family"] == "ga-dms"
        assert len(file.metadata()) == 1  # several would come in another order each time


def test_a_damaged_best_model_is_passed_over(tmp_path, caplog):
    folder = RunFolder(tmp_path)
    folder.save_best(1, {"w": torch.ones(2)}, {}).write_bytes(b"\xff" * 100)
    with caplog.at_level(logging.WARNING):
        assert folder.best() is None
    assert "is passed over" in caplog.text
