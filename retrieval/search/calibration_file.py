"""A calibration as one small file beside the weights it belongs to."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from retrieval.errors import WeightsUnusable
from retrieval.search.background import Strangers
from retrieval.search.calibration import Calibration, Law, QueryKind, QueryLaws
from retrieval.search.evidence_law import ROUGH_LAWS, EvidenceLaws
from retrieval.search.person_links import ROUGH_LINKS, LinkLaw
from retrieval.whole_files import written_whole

#: One key holds all that is said: several would be written in an order that changes the digest.
METADATA_KEY = "descry"
BACKGROUND, OWNER = "background", "owner"

#: Of format 2 the background is one vector a person, the mean of a few shots; of 3, the shots.
FORMAT = 3
_OF_MEANS = 2

#: A file larger than this is no calibration: 8,192 shots of 512 numbers in half precision.
MOST_BYTES = 9_000_000
MOST_SHOTS = 8192

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
    if calibration.evidence.is_fitted:
        said["evidence"] = calibration.evidence.to_mapping()
    if calibration.links.is_fitted:
        said["links"] = calibration.links.to_mapping()
    if calibration.others:
        said["others"] = {
            kind.value: laws.to_mapping() for kind, laws in calibration.others.items()
        }
    people = calibration.background
    tensors: dict[str, NDArray[Any]] = {
        BACKGROUND: np.ascontiguousarray(people.shots, np.float16),
        OWNER: np.ascontiguousarray(people.owner, np.int32),
    }
    _write(path, tensors, said)


def read_calibration(path: Path, *, model_id: str, dimension: int) -> Calibration:
    """What `save_calibration` wrote.

    Args:
        path: the file.
        model_id: the encoder it must belong to.
        dimension: D, the length of that encoder's vectors.

    Raises:
        WeightsUnusable: it is missing, damaged, or of another encoder.
    """
    tensors, said = _read(path)
    try:
        people = _background(tensors, said["format"])
        calibration = Calibration(
            model_id=_text(said, "model_id"),
            background=people,
            law=Law(**said["law"]),
            presence=Law(**said["presence"]),
            threshold=_share(said, "threshold"),
            false_alarms=_share(said, "false_alarms"),
            fitted_on=_count(said, "fitted_on"),
            evidence=EvidenceLaws.from_mapping(said["evidence"])
            if "evidence" in said
            else ROUGH_LAWS,
            links=LinkLaw.from_mapping(said["links"]) if "links" in said else ROUGH_LINKS,
            others={
                QueryKind(kind): QueryLaws.from_mapping(laws)
                for kind, laws in said.get("others", {}).items()
                if kind in set(QueryKind)  # a later version may know more
            },
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(path, error) from error
    found = people.shots.shape[1]
    if calibration.model_id != model_id or found != dimension:
        raise WeightsUnusable(
            f"{path}: is the calibration of {calibration.model_id} ({found} numbers a "
            f"vector), not of {model_id} ({dimension}); take the two files of one release"
        )
    return calibration


def carry_calibration(path: Path, to: Path, model_id: str) -> None:
    """Write the calibration in `path` to `to`, as that of the same weights under another name.

    Raises:
        WeightsUnusable: `path` is missing or damaged.
        OSError: `to` cannot be written.
    """
    tensors, said = _read(path)
    _write(to, tensors, {**said, "model_id": model_id})


def _write(path: Path, tensors: Mapping[str, NDArray[Any]], said: dict[str, Any]) -> None:
    head = {METADATA_KEY: json.dumps(said, sort_keys=True)}
    try:
        with written_whole(path) as part:
            save_file(dict(tensors), part, head)
    except SafetensorError as error:
        raise OSError(f"cannot write {path}: {error}") from error


def _read(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise _damaged(path, f"more than {MOST_BYTES:,} bytes")
        with safe_open(path, framework="numpy") as file:
            said = json.loads((file.metadata() or {})[METADATA_KEY])
            names = [BACKGROUND, OWNER] if OWNER in file.keys() else [BACKGROUND]  # noqa: SIM118
            tensors = {name: file.get_tensor(name) for name in names}
    except FileNotFoundError as error:
        raise WeightsUnusable(f"{path}: no such file; install Descry again") from error
    except (SafetensorError, OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise _damaged(path, error) from error
    if not isinstance(said, dict) or said.get("format") not in (_OF_MEANS, FORMAT):
        raise _damaged(path, f"not of format {_OF_MEANS} or {FORMAT}, which this version reads")
    return tensors, said


def _background(tensors: Mapping[str, NDArray[Any]], file_format: int) -> Strangers:
    shots = tensors[BACKGROUND]
    if shots.dtype != np.float16 or shots.ndim != 2:
        raise ValueError(f"background is {shots.dtype} of shape {shots.shape}")
    if not 1 <= len(shots) <= MOST_SHOTS:
        raise ValueError(f"background of {len(shots)} shots, not 1 to {MOST_SHOTS:,}")
    vectors = shots.astype(np.float32)
    longest = float(np.linalg.norm(vectors, axis=1).max())
    if not longest <= 1 + LENGTH_TOLERANCE:  # no number fails too
        raise ValueError(f"a background vector has length {longest:.3f}, more than 1")
    if file_format == _OF_MEANS:
        return Strangers.of_one_shot(vectors)
    return Strangers(vectors, _owner(tensors[OWNER], len(shots)))


def _owner(owner: NDArray[Any], shots: int) -> NDArray[np.int64]:
    if owner.dtype != np.int32 or owner.shape != (shots,):
        raise ValueError(f"owner is {owner.dtype} of shape {owner.shape}, for {shots} shots")
    people = np.unique(owner)
    if not np.array_equal(people, np.arange(len(people))):
        raise ValueError("people are not numbered from 0 without a gap")
    return owner.astype(np.int64)


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
