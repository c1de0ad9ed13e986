"""Checkpoints with heads, in our own layout and in the reference's: nothing is lost on the way."""

import json
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.errors import WeightsUnusable
from retrieval.gadms.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from retrieval.gadms.model import Gadms
from retrieval.gadms.reference_layout import (
    is_half_in_the_reference,
    reference_state,
    write_reference,
)
from tests.small_run import CONFIG, small_model

State = dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def state() -> State:
    return dict(small_model().state_dict())


@pytest.fixture
def sidecar(tmp_path: Path) -> Path:
    """What shapes cannot show, beside the checkpoint of the test."""
    path = tmp_path / "best0.json"
    path.write_text(json.dumps(CONFIG.to_mapping()))
    return path


def towers_of(state: State) -> State:
    return {
        name.removeprefix("base_model."): value
        for name, value in state.items()
        if name.startswith("base_model.")
    }


def whole(checkpoint: Checkpoint) -> State:
    towers = {f"base_model.{name}": value for name, value in checkpoint.tensors.items()}
    return towers | dict(checkpoint.heads)


def assert_same(found: State, expected: State) -> None:
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name].dtype == value.dtype, name
        assert torch.equal(found[name], value), name


@pytest.mark.parametrize("prefix", ["module.", ""])
def test_what_is_exported_in_full_is_read_with_its_heads(
    tmp_path: Path, state: State, sidecar: Path, prefix: str
):
    path = tmp_path / "best0.pth"
    write_reference(state, path, epoch=3, epochs=30, prefix=prefix, halve=False)
    checkpoint = read_checkpoint(path, keep_heads=True)
    assert checkpoint.config == CONFIG
    assert checkpoint.family == "irra"  # it has a classifier
    assert_same(whole(checkpoint), state)
    assert not read_checkpoint(path).heads


def test_a_halved_export_is_the_rounding_of_every_value(
    tmp_path: Path, state: State, sidecar: Path
):
    path = tmp_path / "best0.pth"
    write_reference(state, path, epoch=3, epochs=30)
    rounded = {
        name: value.half() if is_half_in_the_reference(name) else value
        for name, value in state.items()
    }
    assert_same(whole(read_checkpoint(path, keep_heads=True)), rounded)
    again = tmp_path / "best0.again.pth"
    write_reference(rounded, again, epoch=3, epochs=30)
    assert_same(
        torch.load(again, weights_only=True)["model"], torch.load(path, weights_only=True)["model"]
    )


def test_an_export_has_the_counters_of_the_reference(tmp_path: Path, state: State):
    path = tmp_path / "best0.pth"
    write_reference(state, path, epoch=3, epochs=30)
    content = torch.load(path, weights_only=True)
    assert {name: value for name, value in content.items() if name != "model"} == {
        "num_epoch": 30,
        "iteration": 0,
        "epoch": 3,
    }
    assert all(name.startswith("module.") for name in content["model"])


def test_our_own_layout_gives_back_all_of_a_checkpoint(tmp_path: Path, state: State):
    """Depths and head counts included, which no shape of the towers shows."""
    towers = towers_of(state)
    heads = {
        name: value.half() for name, value in state.items() if not name.startswith("base_model.")
    }
    written = Checkpoint(CONFIG, "irra", towers, source_sha256="ab" * 32, heads=heads)
    path = tmp_path / "mine.safetensors"
    write_checkpoint(written, path)
    read = read_checkpoint(path, keep_heads=True)
    assert (read.config, read.family, read.source_sha256) == (CONFIG, "irra", "ab" * 32)
    assert "classifier" in read.dropped
    assert_same(whole(read), whole(written))
    again = tmp_path / "again.safetensors"
    write_checkpoint(read, again)
    assert again.read_bytes() == path.read_bytes()


def test_without_heads_the_towers_are_written_as_open_clip_names_them(tmp_path: Path, state: State):
    towers = towers_of(state)
    path = tmp_path / "towers.safetensors"
    write_checkpoint(Checkpoint(CONFIG, "clip", towers), path)
    read = read_checkpoint(path, keep_heads=True)
    assert (read.family, read.heads, read.dropped) == ("clip", {}, ())
    assert_same(dict(read.tensors), towers)


@pytest.mark.parametrize(
    ("name", "is_half"),
    [
        ("base_model.visual.conv1.weight", True),
        ("base_model.visual.proj", True),
        ("base_model.text_projection", True),
        ("base_model.transformer.resblocks.3.attn.in_proj_bias", True),
        ("base_model.transformer.resblocks.3.attn.out_proj.bias", True),
        ("base_model.transformer.resblocks.3.mlp.c_fc.weight", True),
        ("cross_attn.in_proj_weight", True),
        ("mlm_head.dense.weight", True),
        ("mlm_head.fc.bias", True),
        ("classifier.weight", True),
        ("base_model.token_embedding.weight", False),
        ("base_model.positional_embedding", False),
        ("base_model.visual.positional_embedding", False),
        ("base_model.visual.class_embedding", False),
        ("base_model.visual.ln_post.weight", False),
        ("base_model.transformer.resblocks.3.ln_1.bias", False),
        ("base_model.ln_final.bias", False),
        ("ln_pre_t.weight", False),
        ("ln_pre_i.bias", False),
        ("ln_post.weight", False),
        ("mlm_head.ln.weight", False),
    ],
)
def test_what_multiplies_is_half_and_what_normalises_or_embeds_is_not(name: str, is_half: bool):
    assert is_half_in_the_reference(name) is is_half
    stored = reference_state({name: torch.ones(2)})[f"module.{name}"]
    assert stored.dtype == (torch.float16 if is_half else torch.float32)


def test_every_parameter_of_a_model_falls_under_the_rule(state: State):
    with torch.device("meta"):
        names = set(Gadms(CONFIG, classes=2).state_dict())
    assert names == set(state)
    halves = {name for name in names if is_half_in_the_reference(name)}
    norms = {name for name in names if name.split(".")[-2:-1] and ".ln_" in f".{name}"}
    assert halves & norms == set()
    assert {name for name in names - halves - norms if "embedding" not in name} == {
        "mlm_head.ln.weight",
        "mlm_head.ln.bias",
    }


@settings(deadline=None)
@given(st.floats(65520, 3e38))
def test_a_value_beyond_half_precision_is_refused_by_name(value: float):
    tensors = {"classifier.bias": torch.tensor([1.0, -value])}
    with pytest.raises(WeightsUnusable, match=r"classifier\.bias holds values beyond float16"):
        reference_state(tensors)
    kept = reference_state(tensors, halve=False)["module.classifier.bias"]
    assert torch.equal(kept, tensors["classifier.bias"])


def test_the_largest_half_is_exported():
    tensors = {"classifier.bias": torch.tensor([65504.0, -65504.0])}
    assert reference_state(tensors)["module.classifier.bias"].tolist() == [65504.0, -65504.0]


def test_what_was_no_number_before_is_not_said_to_overflow():
    tensors = {"classifier.bias": torch.tensor([float("inf")])}
    assert reference_state(tensors)["module.classifier.bias"].isinf().all()


def test_a_refused_export_leaves_the_older_file(tmp_path: Path):
    path = tmp_path / "best0.pth"
    path.write_bytes(b"older")
    with pytest.raises(WeightsUnusable):
        write_reference({"classifier.bias": torch.tensor([1e9])}, path, epoch=1, epochs=2)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {"best0.pth": b"older"}


def test_a_folder_that_is_not_there_is_an_error_of_the_disk(tmp_path: Path):
    tensors = {"classifier.bias": torch.ones(2)}
    with pytest.raises(OSError, match="no-such-folder"):
        write_reference(tensors, tmp_path / "no-such-folder" / "best0.pth", epoch=1, epochs=2)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_left_without_a_part(tmp_path: Path):
    """A folder stands where the file should be: nothing may replace it."""
    taken = tmp_path / "best0.pth"
    (taken / "inside").mkdir(parents=True)
    with pytest.raises(OSError, match=r"best0\.pth"):
        write_reference({"classifier.bias": torch.ones(2)}, taken, epoch=1, epochs=2)
    assert [file.name for file in tmp_path.iterdir()] == ["best0.pth"]
