"""A training with tags beside sentences is stopped, goes on to the same weights, and is packed."""

import json
from pathlib import Path

import pytest
import torch

from retrieval.gadms.checkpoint import read_checkpoint
from retrieval.gadms.heads import TAG_HEAD
from retrieval.gadms.packing import write_packed
from retrieval.tokenizer import known_tokens
from retrieval.training.plan import TrainingPlan
from retrieval.training.run_folder import RunFolder
from retrieval.training.session import Trained, train
from tests.miniature_datasets import make_jsonl

TAGS = ("upper: red", "lower: blue", "hat: some")


def silent(_label: str):
    return lambda done, total: None


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """Eight people to learn from, each with other tags; every fourth has none."""
    folder = tmp_path / "people"
    make_jsonl(folder, train=8, val=2, test=0)
    (file,) = folder.glob("*.jsonl")
    entries = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    numbers = {who: number for number, who in enumerate({one["identity"]: 0 for one in entries})}
    for one in entries:
        one["tags"] = [
            tag for bit, tag in enumerate(TAGS) if numbers[one["identity"]] % 4 >> bit & 1
        ]
    file.write_text("".join(json.dumps(one) + "\n" for one in entries), "utf-8")
    (folder / "stills.json").write_text('{"kind": "stills"}')  # as if they were drawn
    return folder


def trained(people: Path, out: Path, *, steps: int | None = None) -> Trained:
    """Train to the end, or until so many more steps are done."""
    left = [steps]

    def should_stop() -> bool:
        if left[0] is None:
            return False
        left[0] -= 1
        return left[0] < 0

    plan = TrainingPlan.model_validate(
        {
            "dataset": {"name": "jsonl", "root": people}, "configuration": "tiny", "out": out,
            "epochs": 2, "warmup_epochs": 1, "batch": 8, "learning_rate": 1e-3, "adam_eps": 1e-8,
            "losses": {"itc": 1.0, "tags": 0.5}, "workers": 0, "device": "cpu",
        }
    ).for_task("pretrain")  # fmt: skip
    return train(plan, None, report=silent, should_stop=should_stop)


def test_it_goes_on_where_it_was_stopped_and_its_towers_alone_are_packed(
    people: Path, tmp_path: Path
):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert trained(people, whole).is_done
    stopped = trained(people, parts, steps=1)
    assert not stopped.is_done
    assert trained(people, parts).is_done
    last = [RunFolder(out).latest().tensors("model") for out in (whole, parts)]
    assert last[0].keys() == last[1].keys()
    assert any(name.startswith(TAG_HEAD) for name in last[0])
    assert all(torch.equal(last[0][name], last[1][name]) for name in last[0])

    best = read_checkpoint(RunFolder(parts).best().path, keep_heads=True)
    assert any(name.startswith(TAG_HEAD) for name in best.heads)
    packed = tmp_path / "packed.safetensors"
    write_packed(best, known_tokens(["a man in a red jumper"]), packed)
    read = read_checkpoint(packed, keep_heads=True)
    assert read.config == best.config
    assert read.tensors.keys() == best.tensors.keys()
    assert not read.heads
    assert read.origin == "synthetic"
