"""Detector weights as safetensors: tensors and a few numbers, nothing that could run.

The file names no code and no layer. It says how deep and how wide a YOLO11 it holds; the layers
themselves are listed here, so that a file from a stranger can choose sizes and nothing else.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from detectors.errors import DetectorUnusable

METADATA_KEY: Final = "descry"
"""One key holds all that is said: several would be written in an order that changes."""

FAMILY: Final = "yolo11"

LARGEST_FILE_BYTES: Final = 256_000_000
"""More than the largest YOLO11 takes in half precision."""

_MODULES: Final[tuple[tuple[Any, ...], ...]] = (
    (-1, 1, "Conv", [64, 3, 2]),
    (-1, 1, "Conv", [128, 3, 2]),
    (-1, 2, "C3k2", [256, False, 0.25]),
    (-1, 1, "Conv", [256, 3, 2]),
    (-1, 2, "C3k2", [512, False, 0.25]),  # 4, stride 8
    (-1, 1, "Conv", [512, 3, 2]),
    (-1, 2, "C3k2", [512, True]),  # 6, stride 16
    (-1, 1, "Conv", [1024, 3, 2]),
    (-1, 2, "C3k2", [1024, True]),
    (-1, 1, "SPPF", [1024, 5]),
    (-1, 2, "C2PSA", [1024]),  # 10, stride 32; the backbone ends here
    (-1, 1, "nn.Upsample", [None, 2, "nearest"]),
    ((-1, 6), 1, "Concat", [1]),
    (-1, 2, "C3k2", [512, False]),  # 13
    (-1, 1, "nn.Upsample", [None, 2, "nearest"]),
    ((-1, 4), 1, "Concat", [1]),
    (-1, 2, "C3k2", [256, False]),  # 16
    (-1, 1, "Conv", [256, 3, 2]),
    ((-1, 13), 1, "Concat", [1]),
    (-1, 2, "C3k2", [512, False]),  # 19
    (-1, 1, "Conv", [512, 3, 2]),
    ((-1, 10), 1, "Concat", [1]),
    (-1, 2, "C3k2", [1024, True]),  # 22
    ((16, 19, 22), 1, "Detect", ["nc"]),
)
_BACKBONE: Final = 11  # modules


@dataclass(frozen=True, slots=True)
class Architecture:
    """A YOLO11 of one size, as ultralytics scales them.

    Attributes:
        depth: what repeats are multiplied by, over 0 to 1.
        width: what channels are multiplied by, over 0 to 1.
        names: of the classes, in order.
    """

    depth: float = 0.5
    width: float = 0.1875
    names: tuple[str, ...] = ("person",)

    def __post_init__(self) -> None:
        for name in ("depth", "width"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
                raise ValueError(f"{name} is {value!r}, not a number over 0 and up to 1")
        if not 1 <= len(self.names) <= 1000 or not all(
            isinstance(name, str) and 0 < len(name) <= 100 for name in self.names
        ):
            raise ValueError("names are not 1 to 1,000 short texts")

    def to_yaml(self) -> dict[str, Any]:
        """What ultralytics builds the network from."""
        modules = [
            [list(origin) if isinstance(origin, tuple) else origin, repeats, name, list(arguments)]
            for origin, repeats, name, arguments in _MODULES
        ]
        return {
            "nc": len(self.names),
            "depth_multiple": self.depth,
            "width_multiple": self.width,
            "backbone": modules[:_BACKBONE],
            "head": modules[_BACKBONE:],
        }


@dataclass(frozen=True, slots=True, eq=False)
class PackedDetector:
    """A detector as its file holds it: the shape, and float16 and float32 arrays by name."""

    architecture: Architecture
    tensors: Mapping[str, NDArray[Any]]


def is_safetensors(weights: Path) -> bool:
    """Whether a file is called so."""
    return weights.suffix == ".safetensors"


def pack_detector(packed: PackedDetector, path: Path) -> None:
    """Write a detector; matrices in half precision, the few vectors as they are.

    The running variances of batch norms may be smaller than half precision can hold.

    Raises:
        OSError: the disk is full, or the folder not ours to write to.
    """
    shape = packed.architecture
    said = {
        "family": FAMILY, "depth": shape.depth, "width": shape.width, "names": list(shape.names),
    }  # fmt: skip
    tensors = {
        name: np.ascontiguousarray(value, np.float16 if value.ndim > 1 else np.float32)
        for name, value in sorted(packed.tensors.items())
    }
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(save(tensors, {METADATA_KEY: json.dumps(said, sort_keys=True)}))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def read_packed(path: Path) -> PackedDetector:
    """Read what `pack_detector` wrote.

    Raises:
        DetectorUnusable: damaged, of another kind, or holding values that are no numbers.
    """
    if not path.is_file():
        raise DetectorUnusable(f"no weights at {path}: check the path, or pull them first")
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise DetectorUnusable(f"{path} is too large for a detector: choose another file")
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError, TypeError, AttributeError) as error:
        raise DetectorUnusable(f"{path} is truncated or damaged: copy it again") from error
    return PackedDetector(_architecture(path, metadata.get(METADATA_KEY)), _checked(path, tensors))


def _architecture(path: Path, text: str | None) -> Architecture:
    try:
        return _said_architecture(json.loads(text or ""))
    except (ValueError, TypeError, RecursionError) as error:
        raise DetectorUnusable(
            f"{path} is no detector of this project ({' '.join(str(error).split())[:200]}): "
            "choose a .pt of ultralytics, or one made by make street-weights"
        ) from error


def _said_architecture(said: object) -> Architecture:
    if not isinstance(said, dict) or set(said) != {"family", "depth", "width", "names"}:
        raise ValueError("it says other things than family, depth, width and names")
    if said["family"] != FAMILY:
        raise ValueError(f"it is of the family {said['family']!r}, not {FAMILY}")
    if not isinstance(said["names"], list):
        raise TypeError("its names are no list")
    return Architecture(said["depth"], said["width"], tuple(said["names"]))


def _checked(path: Path, tensors: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    for name, value in tensors.items():
        if value.dtype not in (np.float16, np.float32):
            raise DetectorUnusable(
                f"{path}: {name} holds {value.dtype}, no weights: choose another"
            )
        if not np.isfinite(value).all():
            raise DetectorUnusable(f"{path}: {name} holds what is no number: copy it again")
    return tensors
