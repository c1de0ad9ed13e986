"""The weights that come with Descry: what there is, and whether a file still is what it was.

They lie in `bundled/` beside this file, with a model card each and a `models.yaml` that
`make street-weights` writes. Without that file there are none.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from retrieval.errors import WeightsError, WeightsUnusable
from retrieval.weights.manifest import Entry, digest_of, known_models, read_manifest

FOLDER = Path(__file__).parent / "bundled"
MANIFEST = "models.yaml"

REINSTALL = (
    "install Descry again: make clean && rm -rf .venv && make install, from a fresh checkout"
)


class Verified(NamedTuple):
    """Whether an installed file still is what was installed."""

    name: str
    is_ok: bool
    detail: str


def models_in(folder: Path) -> dict[str, Entry]:
    """The models that lie in a folder of bundled weights, by name; none where there is no list.

    Raises:
        WeightsError: the list is damaged, or holds models without a file or digest. It is no
            `WeightsUnusable`: nobody but us writes it.
    """
    path = folder / MANIFEST
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise WeightsError(f"{path}: cannot be read; {REINSTALL}") from error
    try:
        models = read_manifest(text, str(path))[0]
    except WeightsUnusable as error:
        raise WeightsError(f"{path}: damaged; {REINSTALL}") from error
    if not models:
        raise WeightsError(f"{path}: lists nothing; {REINSTALL}")
    for entry in models.values():
        if not (entry.bundled and entry.file and entry.sha256):
            raise WeightsError(f"{path}: {entry.name} has no file or digest; {REINSTALL}")
    return models


@lru_cache(maxsize=1)
def catalogue() -> Mapping[str, Entry]:
    """Every model that this version knows of, by name: those to fetch and those it brings."""
    return {**known_models(), **models_in(FOLDER)}


def bundled_path(entry: Entry, folder: Path = FOLDER) -> Path:
    """The file of a bundled model, read once to see that it is whole.

    Raises:
        WeightsError: missing or damaged; the message names file and digests. It is no
            `WeightsUnusable`: nothing that was typed or set is wrong.
    """
    path = folder / str(entry.file)
    check_whole(path, entry.sha256, f"bundled model {entry.name!r}", REINSTALL)
    return path


def check_whole(path: Path, sha256: str | None, whose: str, next_step: str) -> None:
    """Read a file once to see that it is what it was.

    Args:
        path: the file.
        sha256: what it was.
        whose: the model that it belongs to, as the message calls it.
        next_step: what to do if it is not whole.

    Raises:
        WeightsError: missing, unreadable or damaged.
    """
    try:
        found = digest_of(path)
    except FileNotFoundError as error:
        raise WeightsError(f"{whose}: {path} is gone; {next_step}") from error
    except OSError as error:
        raise WeightsError(
            f"{whose}: {path} cannot be read ({error.strerror}); {next_step}"
        ) from error
    if found != sha256:
        raise WeightsError(
            f"{whose}: {path} is damaged: sha256 is {found}, expected {sha256}; {next_step}"
        )


def verified(entry: Entry, path: Path) -> Verified:
    """Read the file of a model again, and compare its digest with the one that is known."""
    if not path.is_file():
        return Verified(entry.name, False, f"{path} is gone")
    digest = digest_of(path)
    if digest != entry.sha256:
        return Verified(entry.name, False, f"sha256 is {digest}, expected {entry.sha256}")
    return Verified(entry.name, True, f"sha256 {digest}")


def copy_of(path: Path, models: Iterable[Entry]) -> Entry | None:
    """The one of `models` whose file `path` is, or is a copy of; None if it is none's.

    The file is read only where its size fits: weights are large, and most are nobody's copy.
    """
    try:
        size = path.stat().st_size
        fitting = [e for e in models if e.sha256 is not None and e.size in (None, size)]
        digest = digest_of(path) if fitting else None
    except OSError:  # whoever loads it says so
        return None
    return next((entry for entry in fitting if entry.sha256 == digest), None)
