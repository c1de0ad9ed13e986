"""The weights that come with Descry: what there is, and whether a file still is what it was.

They lie in `bundled/` beside this file, with a model card each and a `models.yaml` that
`make street-weights` writes. Without that file there are none.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from retrieval.errors import WeightsError, WeightsUnusable
from retrieval.weights.manifest import Entry, digest_of, known_models, read_manifest

FOLDER = Path(__file__).parent / "bundled"
MANIFEST = "models.yaml"

REINSTALL = (
    "install Descry again: make clean && rm -rf .venv && make install, from a fresh checkout"
)


def models_in(folder: Path) -> dict[str, Entry]:
    """The models that lie in a folder of bundled weights, by name; none where there is no list.

    Raises:
        WeightsUnusable: the list is damaged, or holds models without a file or digest.
    """
    path = folder / MANIFEST
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise WeightsUnusable(f"{path}: cannot be read; {REINSTALL}") from error
    models = read_manifest(text, str(path))[0]
    for entry in models.values():
        if not (entry.bundled and entry.file and entry.sha256):
            raise WeightsUnusable(f"{path}: {entry.name} has no file or digest; {REINSTALL}")
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
    try:
        found = digest_of(path)
    except FileNotFoundError as error:
        raise WeightsError(f"bundled model {entry.name!r}: {path} is gone; {REINSTALL}") from error
    except OSError as error:
        raise WeightsError(
            f"bundled model {entry.name!r}: {path} cannot be read ({error.strerror}); {REINSTALL}"
        ) from error
    if found != entry.sha256:
        raise WeightsError(
            f"bundled model {entry.name!r}: {path} is damaged: sha256 is {found}, expected "
            f"{entry.sha256}; {REINSTALL}"
        )
    return path
