"""The recorded run of the public reference, and an account of what was compared with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from retrieval.gadms.checkpoint import Checkpoint, read_checkpoint
from retrieval.gadms.configuration import PRESETS
from retrieval.gadms.model import Gadms, model_from

#: Arrays of a recording that some test has compared, by the recording's name.
compared: dict[str, set[str]] = {}
#: How many arrays each recording has.
held: dict[str, int] = {}

#: Of the recorded model; its shapes do not show the head counts.
CONFIG = PRESETS["parity"]
TEXT_HEADS = CONFIG.text_heads


@dataclass(frozen=True)
class Recording:
    """Arrays by name; whoever compares one is noted."""

    name: str
    arrays: Mapping[str, NDArray[Any]]

    @classmethod
    def read(cls, name: str, path: Path) -> "Recording":
        with np.load(path, allow_pickle=False) as arrays:
            read = {key: arrays[key] for key in arrays.files}
        held[name] = len(read)
        return cls(name, read)

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.arrays[name]

    def tensor(self, name: str) -> torch.Tensor:
        return torch.from_numpy(self.arrays[name].copy())

    def compare(self, name: str, ours: Any, *, within: float, relative: bool = False) -> None:
        """Fail unless `ours` has the recorded shape and no value is farther off than `within`."""
        theirs = self.arrays[name].astype(np.float64)
        mine = np.asarray(
            ours.detach().cpu().numpy() if isinstance(ours, torch.Tensor) else ours, np.float64
        )
        assert mine.shape == theirs.shape, f"{name}: {mine.shape}, recorded {theirs.shape}"
        scale = np.abs(theirs) if relative else 1.0
        off = np.abs(mine - theirs) - within * scale
        assert not np.isnan(off).any(), f"{name}: holds what is no number"
        assert off.max(initial=0.0) <= 0, (
            f"{name}: off by {np.abs(mine - theirs).max():.3g}, allowed {within:g}"
        )
        compared.setdefault(self.name, set()).add(name)

    def compare_exactly(self, name: str, ours: Any) -> None:
        """Fail unless `ours` is what was recorded, to the letter."""
        theirs = self.arrays[name]
        mine = ours.numpy() if isinstance(ours, torch.Tensor) else np.asarray(ours)
        assert mine.shape == theirs.shape, f"{name}: {mine.shape}, recorded {theirs.shape}"
        assert (mine == theirs).all(), f"{name}: {mine} is not {theirs}"
        compared.setdefault(self.name, set()).add(name)


def recorded_checkpoint(folder: Path) -> Checkpoint:
    return read_checkpoint(folder / "ckpt.pth", text_heads=TEXT_HEADS, keep_heads=True)


def whole_state(checkpoint: Checkpoint) -> dict[str, torch.Tensor]:
    """Towers and heads by reference name."""
    towers = {f"base_model.{name}": value for name, value in checkpoint.tensors.items()}
    return towers | dict(checkpoint.heads)


def recorded_model(folder: Path, recording: Recording | None = None) -> Gadms:
    """The recorded model; with `recording`, that of fine-tuning, which has a classifier."""
    state = whole_state(recorded_checkpoint(folder))
    if recording is None:
        return model_from(CONFIG, state)
    state["classifier.weight"] = recording.tensor("ft_classifier_weight")
    state["classifier.bias"] = recording.tensor("ft_classifier_bias")
    return model_from(CONFIG, state, classes=len(state["classifier.bias"]))


def account() -> list[str]:
    """A line for each recording that was compared with."""
    return [
        f"{name}: {len(names)} of {held[name]} recorded arrays compared"
        for name, names in sorted(compared.items())
    ]
