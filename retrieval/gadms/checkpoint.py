"""Checkpoint files: read without running anything in them, written as safetensors."""

import json
import logging
import pickle
import struct
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from retrieval.errors import WeightsUnusable
from retrieval.gadms.configuration import GadmsConfig
from retrieval.gadms.description import METADATA_KEY, Said, description, said_in
from retrieval.gadms.origin import Origin, as_origin
from retrieval.gadms.state_layout import (
    Family,
    family_of,
    fit,
    infer_config,
    roots,
    split_heads,
)
from retrieval.gadms.token_table import with_whole_table
from retrieval.whole_files import written_whole

log = logging.getLogger(__name__)

_HEAD_COUNTS = ("text_heads", "vision_head_width", "cross_heads")
_DEPTHS = ("cross_layers", "score_layers")
_SIZES = ("image_height", "image_width")
_LARGEST_SIZE_PX = 2048  # a file must not make us stretch positions over a picture of any size
# What torch's restricted unpickler raises on damaged bytes; fuzzing found each of them.
_DAMAGED = (
    RuntimeError, EOFError, ValueError, KeyError, IndexError, AttributeError, TypeError,
    OverflowError, AssertionError, RecursionError, MemoryError, OSError, struct.error,
    zipfile.BadZipFile,
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """Weights of a dual encoder, fit for its towers.

    Attributes:
        config: the shape they fill.
        family: what trained them.
        tensors: by open_clip name, in the precision they came in.
        dropped: heads beside the towers, which inference does not use.
        source_sha256: digest of the file they were first read from; None where nobody said.
        heads: the tensors of those heads, by reference name, where they were asked for.
        origin: what they learnt from, as far as the file says.
    """

    config: GadmsConfig
    family: Family
    tensors: Mapping[str, Tensor]
    dropped: tuple[str, ...] = ()
    source_sha256: str | None = None
    heads: Mapping[str, Tensor] = field(default_factory=dict)
    origin: Origin | None = None


def read_checkpoint(
    path: Path,
    *,
    text_heads: int | None = None,
    like: GadmsConfig | None = None,
    keep_heads: bool = False,
) -> Checkpoint:
    """Read GA-DMS, IRRA, RDE, OpenAI and open_clip weights, `.pth`, `.pt` or safetensors.

    Nothing in the file is executed: torch reads tensors and plain containers only.

    Args:
        path: the file. One beside it with the suffix `.json` may give `text_heads` and
            `vision_head_width`.
        text_heads: head count of the text tower where no file says it and it is not width / 64.
        like: the model it should be of; its head counts hold where no file says any.
        keep_heads: keep the tensors beside the towers, to train on from them.

    Raises:
        WeightsUnusable: it is damaged, carries code, or is no such checkpoint.
    """
    if not path.is_file():
        raise WeightsUnusable(f"{path}: no such file; check the path")
    stored, said = _read(path)
    said_beside = _read_sidecar(path)
    try:
        towers, heads = split_heads(with_whole_table(stored))
        configuration = {**_expected(like, towers), **said_beside, **said.configuration}
        config = infer_config(
            towers,
            text_heads=text_heads or _count(configuration, "text_heads"),
            vision_head_width=_count(configuration, "vision_head_width"),
            cross_heads=_count(configuration, "cross_heads"),
        )
        config = replace(config, **_said_numbers(configuration, _DEPTHS))
        config = replace(config, **_said_sizes(said.configuration))
        tensors = fit(towers, config)
    except ValueError as error:
        raise WeightsUnusable(f"{path}: {error}") from error
    dropped = roots(heads)
    family = said.family or family_of(dropped)
    log.info("checkpoint %s: read as %s, %d tensors", path, family, len(tensors))
    return Checkpoint(
        config, family, tensors, tuple(sorted(dropped)), said.source_sha256,
        heads if keep_heads else {}, said.origin,
    )  # fmt: skip


def origin_in(path: Path) -> Origin | None:
    """What the weights in a file learnt from, as far as it says.

    Raises:
        WeightsUnusable: it is damaged, carries code, or is no checkpoint.
    """
    return _read(path)[1].origin


def _read(path: Path) -> tuple[dict[str, Tensor], Said]:
    return _read_safetensors(path) if _is_safetensors(path) else _read_torch(path)


def _expected(like: GadmsConfig | None, towers: Mapping[str, Tensor]) -> dict[str, int]:
    """The head counts of `like`, where the towers are as wide as its own."""
    words = towers.get("token_embedding.weight")
    if like is None or words is None or words.shape[-1] != like.text_width:
        return {}
    return {name: getattr(like, name) for name in _HEAD_COUNTS}


def write_checkpoint(checkpoint: Checkpoint, path: Path) -> None:
    """Write safetensors, whole or not at all; half precision stays so, as it upcasts exactly.

    With heads, the towers are written under `base_model.`, as the reference names them.

    Raises:
        OSError: the disk is full, or the folder not ours to write to.
    """
    source, origin = checkpoint.source_sha256, checkpoint.origin
    said = description(checkpoint.config, checkpoint.family, source, origin)
    tensors = dict(checkpoint.tensors)
    if checkpoint.heads:
        tensors = {f"base_model.{name}": value for name, value in tensors.items()}
        tensors |= checkpoint.heads
    head = {METADATA_KEY: json.dumps(said, sort_keys=True)}
    try:
        with written_whole(path) as part:
            save_file(tensors, part, head)
    except SafetensorError as error:
        raise OSError(f"cannot write {path}: {error}") from error


def _is_safetensors(path: Path) -> bool:
    """Whether it is called so, or begins with a length and the brace of a header."""
    return path.suffix == ".safetensors" or _first_bytes(path)[8:9] == b"{"


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(9)
    except OSError as error:
        raise WeightsUnusable(f"{path}: cannot be read: {error.strerror}") from error


def _read_safetensors(path: Path) -> tuple[dict[str, Tensor], Said]:
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            metadata = file.metadata() or {}
            stored = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError, TypeError, AttributeError) as error:
        raise WeightsUnusable(f"{path}: truncated or damaged; fetch it again ({error})") from error
    return stored, said_in(path, metadata.get(METADATA_KEY))


def _read_torch(path: Path) -> tuple[dict[str, Tensor], Said]:
    if not _first_bytes(path).startswith((b"PK", b"\x80")):  # an archive; a bare pickle
        raise WeightsUnusable(
            f"{path}: not a checkpoint; expected .pth, .pt or .safetensors weights"
        )
    if _is_torchscript(path):
        raise WeightsUnusable(
            f"{path}: a TorchScript archive, which is a program; take the state dict or "
            "safetensors form of the same weights"
        )
    try:
        with warnings.catch_warnings():
            # They ask to report odd files to torch; we refuse those, in one line.
            warnings.simplefilter("ignore", UserWarning)
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise WeightsUnusable(
            f"{path}: carries code or objects beside tensors, or is damaged, and was not opened; "
            "save its state dict alone and import that"
        ) from error
    except _DAMAGED as error:
        raise WeightsUnusable(f"{path}: truncated or damaged; fetch it again") from error
    state, configuration = _state_of(path, content)
    origin = as_origin(content.get("origin")) if isinstance(content, Mapping) else None
    return state, Said(configuration, origin=origin)


def _is_torchscript(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return any(Path(name).name == "constants.pkl" for name in archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


def _state_of(path: Path, content: Any) -> tuple[dict[str, Tensor], Mapping[str, object]]:
    """The state dict in what was stored: bare, under `model`, or under `state_dict`."""
    given: Mapping[str, object] = {}
    if isinstance(content, Mapping):
        configuration = content.get("configuration")
        given = configuration if isinstance(configuration, Mapping) else {}
        inner = (content.get(key) for key in ("model", "state_dict"))
        content = next((part for part in inner if isinstance(part, Mapping)), content)
        state = {
            name: value
            for name, value in content.items()
            if isinstance(name, str) and isinstance(value, Tensor)
        }
        if state:
            return state, given
    raise WeightsUnusable(
        f"{path}: holds no weights by name; expected a state dict, bare or under 'model' "
        "or 'state_dict'"
    )


def _read_sidecar(path: Path) -> Mapping[str, object]:
    sidecar = path.with_suffix(".json")
    try:
        said = json.loads(sidecar.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise WeightsUnusable(f"{sidecar}: not readable as JSON; mend or remove it") from error
    return said if isinstance(said, Mapping) else {}


def _said_numbers(configuration: Mapping[str, object], names: tuple[str, ...]) -> dict[str, int]:
    """Numbers that the shapes of the towers cannot show, where they are said."""
    counts = {name: _count(configuration, name) for name in names}
    return {name: count for name, count in counts.items() if count is not None}


def _said_sizes(configuration: Mapping[str, object]) -> dict[str, int]:
    """The size of the picture, where the file itself says it."""
    sizes = _said_numbers(configuration, _SIZES)
    for name, size in sizes.items():
        if size > _LARGEST_SIZE_PX:
            raise ValueError(f"its {name} is {size}, more than {_LARGEST_SIZE_PX}")
    return sizes


def _count(configuration: Mapping[str, object], name: str) -> int | None:
    value = configuration.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or value < 1:
        raise ValueError(f"its {name} is {value!r}, not a whole number from 1")
    return value
