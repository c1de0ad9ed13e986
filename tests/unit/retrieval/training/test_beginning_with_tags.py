"""What a training of tags begins with: a head for the tags of its own data, and no other's."""

import json
from pathlib import Path

import numpy as np
import torch

from pipeline.wiring.training import export_model
from retrieval.gadms.configuration import PRESETS
from retrieval.gadms.towers import draw_weights
from retrieval.training.beginning import Tables, build_model, what_decides
from retrieval.training.datasets import open_dataset
from retrieval.training.tags import Tags
from tests.miniature_datasets import make_jsonl
from tests.unit.retrieval.training.test_beginning import plan, saved

TINY = PRESETS["tiny"]


def test_a_head_tells_each_tag_of_those_learnt_from_and_is_always_drawn(tmp_path: Path):
    file = make_jsonl(tmp_path, train=3, val=1, test=1) / "people.jsonl"
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    for number, line in enumerate(lines):
        line["tags"] = [f"in {line['split']}", "red" if number % 2 else "blue"]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    learnt = open_dataset("jsonl", tmp_path).split("train")
    assert learnt.tags.names == ("blue", "in train", "red")  # what only others have is not asked
    assert learnt.tags.held.sum(axis=0).tolist() == [3, 6, 3]
    chosen = plan(tmp_path, "pretrain", seed=5, losses={"sdm": 1, "tags": 0.1})
    model = build_model(chosen, learnt, None)
    assert model.tag_head is not None
    assert model.tag_head.out_features == 3
    assert model.tag_head.weight.requires_grad
    for tags in (3, 4):  # as many may be others
        start = saved(tmp_path / f"{tags}.safetensors", tags=tags)
        again = build_model(chosen, learnt, start)
        assert torch.equal(again.tag_head.weight, model.tag_head.weight)
        assert torch.equal(again.base_model.visual.proj, draw_weights(TINY, 77)["visual.proj"])


def test_an_export_leaves_the_head_of_tags_behind(tmp_path: Path):
    """The reference's programs load strictly, and know of none."""
    names = []
    for tags in (None, 3):
        out = tmp_path / f"{tags}.pth"
        start = saved(tmp_path / f"{tags}.safetensors", tags=tags)
        count = export_model(start, out, full_precision=True, prefix=False)
        names.append(set(torch.load(out, weights_only=True)["model"]))
        assert count == len(names[-1])
    assert names[0] == names[1]


def test_tags_decide_where_they_are_learnt(tmp_path: Path):
    people = make_jsonl(tmp_path, train=3, val=1, test=1)
    train = open_dataset("jsonl", people).split("train")

    def decided(held: bool, **losses: float) -> dict:
        table = train.take(range(len(train)))
        table.tags = Tags(("red",), np.full((table.images, 1), held))
        tables = Tables(table, table, "itself")
        return what_decides(plan(people, losses={"sdm": 1, **losses}), tables, None, 1)

    assert decided(True) == decided(False)
    assert decided(True, tags=1) != decided(False, tags=1)
