"""Which epochs of a training by ultralytics are kept whole, and with which one it goes on.

Ultralytics writes each checkpoint over the one before: whoever is killed meanwhile has neither.
Here each is put in its place when it is whole, the best epoch's first, and the last but one stays.
"""

import logging
import os
import pickle
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

log = logging.getLogger(__name__)

LAST, BEFORE, BEST = "last.pt", "last-but-one.pt", "best.pt"

_DAMAGED: Final = (
    TypeError, ValueError, RuntimeError, AttributeError, LookupError, ImportError, OSError,
    EOFError, pickle.UnpicklingError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kept:
    """What a training has behind it.

    Attributes:
        epochs: how many are kept.
        checkpoint: of the last of them, to go on with; None to begin anew.
    """

    epochs: int
    checkpoint: Path | None


def kept_epochs(weights: Path) -> Kept:
    """What the checkpoints themselves say; those that cannot be read are removed.

    A best one that was lost is found again where it is the last or the last but one. Where it is
    neither, all are removed: what goes on would not know which epoch was the best.

    Args:
        weights: the folder of the checkpoints; it need not be there.
    """
    found = {name: said for name in (LAST, BEFORE, BEST) if (said := _read(weights / name))}
    if BEST not in found:
        best = next((name for name, said in found.items() if _is_best(said)), None)
        if best is None:
            for name in found:
                (weights / name).unlink()
            return Kept(0, None)
        _copy_whole(weights / best, weights / BEST)
    latest = max(found, key=lambda name: int(found[name]["epoch"]))
    return Kept(int(found[latest]["epoch"]) + 1, weights / latest)


@contextmanager
def kept_whole(trainer: Any) -> Iterator[None]:
    """Put in place, where the block ends well, what it writes to `trainer.last` and `.best`.

    Raises:
        OSError: the disk is full; what was there before stays.
    """
    last, best = trainer.last, trainer.best
    parts = {path: path.with_name(f".{path.name}.part") for path in (best, last)}
    for part in parts.values():  # of one who was killed
        part.unlink(missing_ok=True)
    trainer.last, trainer.best = parts[last], parts[best]
    try:
        yield
        for path, part in parts.items():
            if part.exists():
                _flush(part)
                if path == last and last.exists():
                    last.replace(last.with_name(BEFORE))
                part.replace(path)
    finally:
        trainer.last, trainer.best = last, best
        for part in parts.values():
            part.unlink(missing_ok=True)


def _read(checkpoint: Path) -> Mapping[str, Any] | None:
    from ultralytics.nn.tasks import torch_safe_load

    if not checkpoint.exists():
        return None
    try:
        said = torch_safe_load(str(checkpoint))[0]
        _ = int(said["epoch"]), said["ema"].state_dict(), _is_best(said)
    except _DAMAGED:
        log.warning("%s is damaged: the training goes on from an epoch before", checkpoint)
        checkpoint.unlink()
        return None
    return dict(said)


def _is_best(said: Mapping[str, Any]) -> bool:
    return bool(said["train_metrics"]["fitness"] == said["best_fitness"])


def _copy_whole(source: Path, target: Path) -> None:
    part = target.with_name(f".{target.name}.part")
    part.write_bytes(source.read_bytes())
    _flush(part)
    part.replace(target)


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
