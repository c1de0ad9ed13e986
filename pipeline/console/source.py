"""The source of the running program, as the AGPL asks: where it is, and what is installed."""

import io
import tarfile
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, metadata
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

PACKAGES: Final = ("detectors", "retrieval", "pipeline")
LICENCE: Final = "AGPL-3.0-only"
#: Neither program nor what it is made from: weights and films, which are large.
_LEFT_OUT: Final = (".safetensors", ".mp4", ".pyc", ".pt", ".pth")


def version() -> str:
    """The version that is installed; `unknown` for a checkout that was not."""
    try:
        return str(metadata("descry")["Version"])
    except PackageNotFoundError:
        return "unknown"


def source_address() -> str | None:
    """Where the project says its source is; None for a checkout that was not installed."""
    try:
        named = metadata("descry").get_all("Project-URL") or []
    except PackageNotFoundError:
        return None
    pairs = (str(line).partition(",") for line in named)
    return next((url.strip() for name, _, url in pairs if name.strip() == "Source"), None)


@cache
def source_archive() -> bytes:
    """The program that runs, changes of its operator included, as a `.tar.gz`: a megabyte or so."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        for package in PACKAGES:
            _add(archive, files(package), f"descry/{package}")
        if (licence := _licence()) is not None:
            _add_file(archive, "descry/LICENSE", licence.encode())
    return held.getvalue()


def _licence() -> str | None:
    try:
        return distribution("descry").read_text("licenses/LICENSE")
    except PackageNotFoundError:
        return None


def _add(archive: tarfile.TarFile, folder: Traversable, name: str) -> None:
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        where = f"{name}/{entry.name}"
        if entry.is_dir():
            if entry.name != "__pycache__":
                _add(archive, entry, where)
        elif not entry.name.endswith(_LEFT_OUT):
            _add_file(archive, where, entry.read_bytes())


def _add_file(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    about = tarfile.TarInfo(name)
    about.size, about.mode = len(content), 0o644
    archive.addfile(about, io.BytesIO(content))
