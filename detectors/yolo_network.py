"""The network in a file of YOLO weights, of either kind, and what it knows of people."""

import pickle
import tempfile
from pathlib import Path
from typing import Any, Final

import torch

from detectors.errors import DetectorUnusable
from detectors.safetensors_weights import is_safetensors, read_packed

PERSON_NAMES: Final = ("person", "pedestrian")


def load_network(weights: Path) -> Any:
    """The network of a file of either kind: an ultralytics `.pt`, or what `pack_detector` wrote.

    Raises:
        DetectorUnusable: it holds none, or one that finds no boxes.
    """
    return load_packed(weights) if is_safetensors(weights) else load_trained(weights)


def load_packed(weights: Path) -> Any:
    """The network that `pack_detector` wrote: built from our own list of layers, then filled.

    Raises:
        DetectorUnusable: damaged, or its tensors do not fit the size that it says.
    """
    from ultralytics.nn.tasks import DetectionModel

    packed = read_packed(weights)
    model = DetectionModel(packed.architecture.to_yaml(), verbose=False)
    model.names = dict(enumerate(packed.architecture.names))
    counters = {n: v for n, v in model.state_dict().items() if n.endswith("num_batches_tracked")}
    tensors = {name: torch.from_numpy(v).float() for name, v in packed.tensors.items()}
    try:
        model.load_state_dict({**counters, **tensors}, strict=True)
    except RuntimeError as error:
        raise DetectorUnusable(
            f"{weights} does not hold the network that it says it holds: copy it again"
        ) from error
    return model


def load_trained(weights: Path) -> Any:
    """The network of a checkpoint, through a link with a plain name.

    ultralytics reads meaning into names (`yolov5n.pt` becomes `yolov5nu.pt`, quotes are dropped),
    and what it then does not find it tries to download.

    Raises:
        DetectorUnusable: it holds none, or one that finds no boxes.
    """
    from ultralytics.nn.tasks import DetectionModel, load_checkpoint

    try:
        with tempfile.TemporaryDirectory(prefix="descry-weights-") as folder:
            link = Path(folder) / "weights.pt"
            link.symlink_to(weights.resolve())
            model, _ = load_checkpoint(link)
    except (
        TypeError, ValueError, RuntimeError, AttributeError, LookupError, ImportError, OSError,
        EOFError, pickle.UnpicklingError,
    ) as error:  # fmt: skip
        raise DetectorUnusable(
            f"{weights} holds no model ultralytics can read: save it again with its current version"
        ) from error
    if type(model) is not DetectionModel:
        raise DetectorUnusable(
            f"{weights} is a {type(model).__name__}, not a YOLO detection model: choose one that is"
        )
    return model


def person_class(names: dict[int, str] | list[str], weights: Path) -> int:
    """The number of the class that means people.

    Raises:
        DetectorUnusable: none does.

    >>> person_class({0: "car", 1: "Person"}, Path("a.pt"))
    1
    """
    numbered = names if isinstance(names, dict) else dict(enumerate(names))
    for number, name in numbered.items():
        if str(name).lower() in PERSON_NAMES:
            return number
    known = ", ".join(str(name) for name in list(numbered.values())[:8])
    raise DetectorUnusable(f"{weights} does not detect people, only: {known}")
