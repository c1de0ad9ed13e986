"""A trainer killed at any instant of saving leaves a whole checkpoint, the newest it can be."""

import random
import signal
import time

import pytest
import torch
from safetensors.torch import load_file

from retrieval.training.run_folder import RunFolder
from tests.disk_changes import die_at_change
from tests.fork_servers import fork_server


def groups_of(step, size=2000):
    """Tensors that tell the step they were saved at."""
    return {
        "model": {"weight": torch.full((size,), float(step)), "bias": torch.full((3,), step)},
        "scores": {"memory": torch.full((size,), step % 100, dtype=torch.uint8)},
    }


def save(out, step, version=0):
    folder = RunFolder(out, keep=2)
    folder.save(step, groups_of(step), {"step": step, "version": version})


def is_whole(saved):
    expected = groups_of(saved.step)
    return saved.state["step"] == saved.step and all(
        torch.equal(saved.tensors(group)[name], tensor)
        for group, tensors in expected.items()
        for name, tensor in tensors.items()
    )


def save_and_die(out, at_event):
    """Save step 3 twice and the best model, and be killed at the given change of the disk."""
    die_at_change(at_event)
    save(out, 3)
    save(out, 3, version=1)
    RunFolder(out).save_best(3, groups_of(3)["model"], {"step": 3})


def save_for_ever(out, first, told):
    """Save step after step, some twice; say each that is done."""
    for step in range(first, first + 10_000):
        save(out, step)
        told.send(step)
        if step % 3 == 0:
            save(out, step, version=1)
        RunFolder(out).save_best(step, groups_of(step)["model"], {"step": step})


@pytest.fixture
def processes():
    return fork_server()


def begun(out):
    out.mkdir()
    save(out, 1)
    save(out, 2)
    RunFolder(out).save_best(2, groups_of(2)["model"], {"step": 2})


def best_is_whole(out):
    best = RunFolder(out).best()
    assert best is not None
    weight = load_file(best.path)["weight"]
    return best.state["step"] == best.step and bool((weight == best.step).all())


def test_a_kill_at_any_change_of_the_disk_leaves_the_old_or_the_new(tmp_path, processes):
    versions = []
    for at_event in range(1, 500):
        out = tmp_path / f"run{at_event:03}"
        begun(out)
        process = processes.Process(target=save_and_die, args=(out, at_event))
        process.start()
        process.join()
        saved = RunFolder(out).latest()
        assert saved.step in (2, 3), at_event
        assert is_whole(saved), at_event
        assert best_is_whole(out), at_event
        versions.append((saved.step, saved.state["version"]))
        save(out, 4)
        left = sorted(path.name for path in (out / "checkpoints").iterdir())
        assert left[-1] == "step-00000004", at_event
        assert len(left) == 2, at_event
        if process.exitcode == 0:
            break
        assert process.exitcode == -signal.SIGKILL
    # Once something is newer, nothing older comes back.
    assert versions == sorted(versions)
    assert set(versions) == {(2, 0), (3, 0), (3, 1)}
    assert len(versions) > 20


def test_a_trainer_killed_again_and_again_goes_on_from_what_it_had_said_was_saved(
    tmp_path, processes
):
    out, rng = tmp_path / "run", random.Random(7)
    begun(out)
    last = 2
    for _ in range(25):
        heard, told = processes.Pipe(duplex=False)
        process = processes.Process(target=save_for_ever, args=(out, last + 1, told))
        process.start()
        told.close()
        done = [heard.recv()]
        time.sleep(rng.uniform(0, 0.1))
        process.kill()
        process.join()
        while heard.poll():
            try:
                done.append(heard.recv())
            except EOFError:
                break
        saved = RunFolder(out).latest()
        assert is_whole(saved)
        assert best_is_whole(out)
        assert done[-1] <= saved.step <= done[-1] + 1
        last = saved.step
