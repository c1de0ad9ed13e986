"""The list of models: what each is, where it comes from, and the digest that proves it."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import yaml

from retrieval.errors import WeightsUnusable
from retrieval.gadms.configuration import PRESETS

Kind = Literal["encoder", "detector"]

#: Models of such names have no file: their weights are drawn, and their ranking means nothing.
UNTRAINED = "untrained-"

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One model.

    Attributes:
        name: what people call it.
        kind: `encoder` or `detector`.
        licence: of the weights, as far as it is known.
        source: where they come from, for a person.
        configuration: preset of an encoder; None where the file says it.
        file: its name in the folder of models; None for a model without one.
        size: bytes; None where it is not known.
        sha256: of the file as it is fetched or, once installed, of the file in the folder; None
            where nobody told us.
        address: direct URL; None where a person must fetch it.
        note: what to know before relying on it.
        bundled: whether it comes with Descry: it is always there, and cannot be removed.
        synthetic: whether it learnt on rendered people only.
        calibration: name of the file beside it that says what its scores mean; None without.
        calibration_sha256: of that file; None where nobody told us.
    """

    name: str
    kind: Kind
    licence: str
    source: str
    configuration: str | None = None
    file: str | None = None
    size: int | None = None
    sha256: str | None = None
    address: str | None = None
    note: str | None = None
    bundled: bool = False
    synthetic: bool = False
    calibration: str | None = None
    calibration_sha256: str | None = None

    def __post_init__(self) -> None:
        check_model_name(self.name)
        if self.kind not in ("encoder", "detector"):
            raise ValueError(f"model {self.name!r}: kind {self.kind!r} is not encoder or detector")
        _check_plain(self.name, self.file, self.calibration)
        if not {self.bundled, self.synthetic} <= {True, False}:
            raise ValueError(f"model {self.name!r}: bundled or synthetic is not true or false")
        _check_digests(self.name, sha256=self.sha256, calibration_sha256=self.calibration_sha256)
        if self.calibration_sha256 is not None and self.calibration is None:
            raise ValueError(f"model {self.name!r}: calibration_sha256 without a calibration")
        if self.size is not None and (not isinstance(self.size, int) or self.size < 0):
            raise ValueError(f"model {self.name!r}: size {self.size!r} is not a number of bytes")
        if self.configuration is not None and self.configuration not in PRESETS:
            raise ValueError(
                f"model {self.name!r}: no configuration {self.configuration!r}; "
                f"there are {', '.join(PRESETS)}"
            )

    def to_mapping(self) -> dict[str, Any]:
        """Plain values, for a file."""
        return asdict(self)


def _check_plain(model: str, *files: object) -> None:
    for file in files:
        if file is None:
            continue
        if not isinstance(file, str) or Path(file).name != file or file[:1] == ".":
            raise ValueError(f"model {model!r}: file {file!r} is not a plain file name")


def _check_digests(model: str, **digests: object) -> None:
    for name, digest in digests.items():
        if digest is None:
            continue
        if not isinstance(digest, str) or not _SHA256.fullmatch(digest):
            raise ValueError(f"model {model!r}: {name} is not 64 hexadecimal digits")


def check_model_name(name: object) -> str:
    """Return `name` if it may name a model: it is also a file's name and a word on the shell.

    Raises:
        ValueError: it may not.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(
            f"{name!r} cannot name a model: use 1 to 64 of a-z, 0-9, '-', '_' and '.', "
            "starting with a letter or digit"
        )
    return name


def how_to_install(entry: Entry) -> str:
    """The next step for a model that is not here."""
    if entry.address is not None:
        return f"run: descry models pull {entry.name}"
    return (
        f"get the file from {entry.source}, then run: descry models import FILE --name {entry.name}"
    )


def read_manifest(text: str, where: str) -> tuple[dict[str, Entry], dict[str, str]]:
    """Models by name, and digests by address, from the YAML of a manifest.

    Raises:
        WeightsUnusable: it is no manifest; the message names `where`.
    """
    try:
        content = yaml.safe_load(text) or {}
        entries = [_entry(values) for values in content.get("models") or []]
        digests = {str(address): str(digest) for address, digest in _pairs(content, "digests")}
    except (
        yaml.YAMLError, AttributeError, TypeError, ValueError, RecursionError
    ) as error:  # fmt: skip
        reason = " ".join(str(error).split())
        raise WeightsUnusable(f"{where}: not a list of models, mend or remove it: {reason}") from (
            error
        )
    return {entry.name: entry for entry in entries}, digests


def write_manifest(entries: Mapping[str, Entry], digests: Mapping[str, str]) -> str:
    """The YAML that `read_manifest` reads back."""
    models = [
        {
            key: value
            for key, value in entry.to_mapping().items()
            if value is not None and value is not False
        }
        for _, entry in sorted(entries.items())
    ]
    return yaml.safe_dump(
        {"models": models, "digests": dict(sorted(digests.items()))},
        sort_keys=False, allow_unicode=True,
    )  # fmt: skip


@lru_cache(maxsize=1)
def known_models() -> Mapping[str, Entry]:
    """The models to be had elsewhere that this version knows of, by name."""
    text = resources.files("retrieval.weights").joinpath("models.yaml").read_text("utf-8")
    return read_manifest(text, "the bundled models.yaml")[0]


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _entry(values: Mapping[str, Any]) -> Entry:
    known = {field.name for field in fields(Entry)}
    if unknown := sorted(set(values) - known):
        raise ValueError(f"unknown entry {unknown[0]!r} of model {values.get('name')!r}")
    return Entry(**values)


def _pairs(content: Mapping[str, Any], key: str) -> list[tuple[object, object]]:
    return list((content.get(key) or {}).items())
