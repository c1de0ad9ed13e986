"""What the steps of the recipe were made from, so that none is done twice."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import DescryError
from pipeline.files import write_whole

MADE_FROM = "made-from.txt"
"""Beside a training that goes on where it was stopped: the digest of its inputs."""

Inputs = Mapping[str, object]
"""Plain values that decide a step's result: amounts, and digests of files."""


class Record:
    """The file that says which steps are done, and from what."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def is_done(self, step: str, inputs: Inputs, outputs: Iterable[Path]) -> bool:
        """Whether a step was done from these inputs and what it made is still there."""
        return self._read().get(step, {}).get("inputs") == digest_of_values(inputs) and all(
            path.exists() for path in outputs
        )

    def note(self, step: str, inputs: Inputs, took_s: float) -> None:
        """Remember that a step is done."""
        steps = self._read()
        steps[step] = {"inputs": digest_of_values(inputs), "took_s": round(took_s, 1)}
        write_whole(self._path, json.dumps(steps, indent=1) + "\n")

    def took_s(self) -> dict[str, float]:
        """Seconds that each step took, as far as they are known."""
        return {name: float(step["took_s"]) for name, step in self._read().items()}

    def _read(self) -> dict[str, Any]:
        try:
            steps = json.loads(self._path.read_bytes())
        except (FileNotFoundError, ValueError):  # cut short: the steps look for themselves
            return {}
        return steps if isinstance(steps, dict) else {}


def claim(folder: Path, inputs: Inputs) -> None:
    """Make the folder of a training, or see that it was begun from the same inputs.

    Raises:
        DescryError: it was begun from others; going on would mix the two.
    """
    folder.mkdir(parents=True, exist_ok=True)
    note, wanted = folder / MADE_FROM, digest_of_values(inputs)
    if not note.exists():
        write_whole(note, wanted)
    elif note.read_text("utf-8") != wanted:
        raise DescryError(
            f"{folder} was trained with other pictures, first weights, seed or epochs: remove it "
            "to train anew, or choose another --out"
        )


def digest_of_values(values: Inputs) -> str:
    """SHA-256 over plain values, in hexadecimal."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()


def digest_of_file(path: Path) -> str | None:
    """SHA-256 of a file, in hexadecimal; None where there is none."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
