"""The recorded checkpoint in and out of the reference's layout, entry by entry."""

from pathlib import Path

import numpy as np
import pytest
import torch

from retrieval.gadms.checkpoint import read_checkpoint
from retrieval.gadms.reference_layout import reference_state, write_reference
from tests.recording import (
    TEXT_HEADS,
    Recording,
    recorded_checkpoint,
    recorded_model,
    whole_state,
)

pytestmark = pytest.mark.media


def inventory(state: dict[str, torch.Tensor]) -> list[tuple[str, str, str]]:
    return [
        (name, str(value.dtype), str(tuple(value.shape))) for name, value in sorted(state.items())
    ]


def compare(recorded: Recording, prefix: str, state: dict[str, torch.Tensor]) -> None:
    names, types, shapes = zip(*inventory(state), strict=True)
    recorded.compare_exactly(f"{prefix}_keys", names)
    recorded.compare_exactly(f"{prefix}_dtypes", types)
    recorded.compare_exactly(f"{prefix}_shapes", shapes)


def test_a_model_in_full_precision_is_exported_with_the_recorded_names_and_types(
    parity_dir: Path, recorded: Recording
):
    model = recorded_model(parity_dir)
    compare(recorded, "ckpt", reference_state(model.state_dict(), prefix=""))


def test_a_fine_tuned_model_is_exported_with_the_recorded_names_and_types(
    parity_dir: Path, recorded: Recording
):
    model = recorded_model(parity_dir, recorded)
    compare(recorded, "ft_ckpt", reference_state(model.state_dict(), prefix=""))


def test_export_and_import_give_back_every_value(parity_dir: Path, tmp_path: Path):
    """Through float32 and back to the reference's halves: not a bit is lost."""
    path = tmp_path / "best0.pth"
    write_reference(recorded_model(parity_dir).state_dict(), path, epoch=1, epochs=30)
    theirs = torch.load(parity_dir / "ckpt.pth", weights_only=True)
    ours = torch.load(path, weights_only=True)
    assert {name: ours[name] for name in ("epoch", "num_epoch", "iteration")} == {
        name: theirs[name] for name in ("epoch", "num_epoch", "iteration")
    }
    assert set(ours["model"]) == set(theirs["model"])
    for name, value in theirs["model"].items():
        assert ours["model"][name].dtype == value.dtype, name
        assert torch.equal(ours["model"][name], value), name


def test_a_fine_tuned_checkpoint_is_read_with_its_classifier(
    parity_dir: Path, recorded: Recording, tmp_path: Path
):
    """Built as the recording's README says: without prefix, classifier added."""
    state = whole_state(recorded_checkpoint(parity_dir))
    state["classifier.weight"] = recorded.tensor("ft_classifier_weight")
    state["classifier.bias"] = recorded.tensor("ft_classifier_bias")
    path = tmp_path / "best.pth"
    torch.save({"model": state, "num_epoch": 60, "iteration": 0, "epoch": 1}, path)
    checkpoint = read_checkpoint(path, text_heads=TEXT_HEADS, keep_heads=True)
    assert checkpoint.family == "irra"
    compare(recorded, "ft_ckpt", whole_state(checkpoint))
    recorded.compare_exactly("ft_classifier_weight", checkpoint.heads["classifier.weight"])
    recorded.compare_exactly("ft_classifier_bias", checkpoint.heads["classifier.bias"])
    assert np.isfinite(checkpoint.heads["classifier.weight"].numpy()).all()
