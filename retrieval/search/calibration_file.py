"""A calibration as one small file beside the weights it belongs to."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from retrieval.errors import WeightsUnusable
from retrieval.search.calibration import Calibration, Law
from retrieval.whole_files import written_whole

#: One key holds all that is said: several would be written in an order that changes the digest.
METADATA_KEY = "descry"
BACKGROUND = "background"
FORMAT = 2

#: A file larger than this is no calibration: 8,192 people of 512 numbers in half precision.
MOST_BYTES = 9_000_000
MOST_PEOPLE = 8192

#: Half precision may leave a vector of length 1 this much longer.
LENGTH_TOLERANCE = 0.01


def save_calibration(calibration: Calibration, path: Path) -> None:
    """Write safetensors, whole or not at all, the background in half precision.

    Raises:
        ValueError: it has no background, so there is nothing to keep.
        OSError: the disk is full, or the folder not ours to write to.
    """
    if calibration.background is None:
        raise ValueError("a calibration without a background is not kept in a file")
    said = {
        "format": FORMAT,
        "model_id": calibration.model_id,
        "law": asdict(calibration.law),
        "presence": asdict(calibration.presence),
        "threshold": calibration.threshold,
        "false_alarms": calibration.false_alarms,
        "fitted_on": calibration.fitted_on,
    }
    _write(path, np.ascontiguousarray(calibration.background, np.float16), said)


def read_calibration(path: Path, *, model_id: str, dimension: int) -> Calibration:
    """What `save_calibration` wrote.

    Args:
        path: the file.
        model_id: the encoder it must belong to.
        dimension: D, the length of that encoder's vectors.

    Raises:
        WeightsUnusable: it is missing, damaged, or of another encoder.
    """
    people, said = _read(path)
    try:
        calibration = Calibration(
            model_id=_text(said, "model_id"),
            background=_background(people),
            law=Law(**said["law"]),
            presence=Law(**said["presence"]),
            threshold=_share(said, "threshold"),
            false_alarms=_share(said, "false_alarms"),
            fitted_on=_count(said, "fitted_on"),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path, error) from error
    if calibration.model_id != model_id or people.shape[1] != dimension:
        raise WeightsUnusable(
            f"{path}: is the calibration of {calibration.model_id} ({people.shape[1]} numbers a "
            f"vector), not of {model_id} ({dimension}); take the two files of one release"
        )
    return calibration


def carry_calibration(path: Path, to: Path, model_id: str) -> None:
    """Write the calibration in `path` to `to`, as that of the same weights under another name.

    Raises:
        WeightsUnusable: `path` is missing or damaged.
        OSError: `to` cannot be written.
    """
    people, said = _read(path)
    _write(to, people, {**said, "model_id": model_id})


def _write(path: Path, people: NDArray[np.float16], said: dict[str, Any]) -> None:
    head = {METADATA_KEY: json.dumps(said, sort_keys=True)}
    try:
        with written_whole(path) as part:
            save_file({BACKGROUND: people}, part, head)
    except SafetensorError as error:
        raise OSError(f"cannot write {path}: {error}") from error


def _read(path: Path) -> tuple[NDArray[Any], dict[str, Any]]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise _damaged(path, f"more than {MOST_BYTES:,} bytes")
        with safe_open(path, framework="numpy") as file:
            said = json.loads((file.metadata() or {})[METADATA_KEY])
            people: NDArray[Any] = file.get_tensor(BACKGROUND)
    except FileNotFoundError as error:
        raise WeightsUnusable(f"{path}: no such file; install Descry again") from error
    except (SafetensorError, OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise _damaged(path, error) from error
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise _damaged(path, f"not of format {FORMAT}, which this version reads")
    return people, said


def _background(people: NDArray[Any]) -> NDArray[np.float32]:
    if people.dtype != np.float16 or people.ndim != 2:
        raise ValueError(f"background is {people.dtype} of shape {people.shape}")
    if not 1 <= len(people) <= MOST_PEOPLE:
        raise ValueError(f"background of {len(people)} people, not 1 to {MOST_PEOPLE:,}")
    vectors = people.astype(np.float32)
    longest = float(np.linalg.norm(vectors, axis=1).max())
    if not longest <= 1 + LENGTH_TOLERANCE:  # no number fails too
        raise ValueError(f"a background vector has length {longest:.3f}, more than 1")
    return vectors


def _text(said: dict[str, Any], name: str) -> str:
    if not isinstance(value := said[name], str):
        raise TypeError(f"{name} is {value!r}, not a text")
    return value


def _share(said: dict[str, Any], name: str) -> float:
    value = said[name]
    if not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(f"{name} is {value!r}, not 0 to 1")
    return float(value)


def _count(said: dict[str, Any], name: str) -> int:
    value = said[name]
    if not isinstance(value, int) or value < 1:
        raise ValueError(f"{name} is {value!r}, not a number from 1")
    return value


def _damaged(path: Path, what: object) -> WeightsUnusable:
    reason = " ".join(str(what).split())
    return WeightsUnusable(f"{path}: damaged, or no calibration; install Descry again ({reason})")
