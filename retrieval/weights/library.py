"""The folder of models on this machine: what is in it, how it gets in and out."""

import fcntl
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from retrieval.errors import WeightsUnknown, WeightsUnusable
from retrieval.weights.download import Progress, disk_trouble, fetch
from retrieval.weights.intake import convert, copy_detector, looks_like_a_detector
from retrieval.weights.manifest import (
    UNTRAINED,
    Entry,
    Kind,
    bundled_manifest,
    check_model_name,
    digest_of,
    read_manifest,
    write_manifest,
)

log = logging.getLogger(__name__)

_SUFFIX_OF: Mapping[Kind, str] = {"encoder": ".safetensors", "detector": ".pt"}


class Verified(NamedTuple):
    """Whether an installed file still is what was installed."""

    name: str
    is_ok: bool
    detail: str


def accept_any(_path: Path) -> None:
    """Find nothing wrong with a file."""


class ModelLibrary:
    """Models by name: those this version knows of, and those installed in `folder`.

    `folder`/models.yaml lists what is installed, with the digest of each file, and the digests
    of addresses that were accepted when first fetched: a later fetch must give the same.
    """

    def __init__(
        self,
        folder: Path,
        *,
        check_detector: Callable[[Path], None] = accept_any,
        catalogue: Mapping[str, Entry] | None = None,
    ) -> None:
        """The models in `folder`.

        Args:
            folder: made when the first model is installed.
            check_detector: raises on a file that is no detector; it sees each before it is kept.
            catalogue: the models to offer; None for those this version knows of.
        """
        self.folder = folder
        self.catalogue = bundled_manifest() if catalogue is None else catalogue
        self._check_detector = check_detector

    def entries(self) -> list[Entry]:
        """Every model known, by name; an installed one says its file, size and digest."""
        return [entry for _, entry in sorted(({**self.catalogue, **self._installed()}).items())]

    def find(self, name: str) -> Entry:
        """The model called `name`.

        Raises:
            WeightsUnknown: there is none; the message names the nearest.
        """
        known = {entry.name: entry for entry in self.entries()}
        if name in known:
            return known[name]
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "see: descry models list"
        raise WeightsUnknown(f"no model {name!r}; {hint}")

    def is_installed(self, name: str) -> bool:
        """Whether `name` can be used now: its file is here, or it needs none."""
        return self.find(name).name.startswith(UNTRAINED) or name in self._installed()

    def installed(self, kind: Kind | None = None) -> list[Entry]:
        """The models whose files are in the folder, by name; of one kind, or of both."""
        entries = [entry for _, entry in sorted(self._installed().items())]
        return [entry for entry in entries if kind is None or entry.kind == kind]

    def only_encoder(self) -> str:
        """The name of the one encoder that is installed.

        Raises:
            WeightsUnknown: there is none, or a choice to make.
        """
        names = [entry.name for entry in self.installed("encoder")]
        if len(names) == 1:
            return names[0]
        raise WeightsUnknown(
            f"several encoders are installed: name one of {', '.join(names)} with --model"
            if names
            else "no encoder is installed: see 'descry models list', or try the machinery "
            "without, with --model untrained-small"
        )

    def path_of(self, name: str) -> Path:
        """The file of an installed model.

        Raises:
            WeightsUnknown: no model of that name.
            WeightsUnusable: not installed; the message says how to.
        """
        entry = self.find(name)
        if entry.name.startswith(UNTRAINED):
            raise WeightsUnusable(f"model {name!r} has no file: its weights are drawn")
        if name not in self._installed():
            raise WeightsUnusable(f"model {name!r} is not installed; {how_to_install(entry)}")
        path = self._path(entry)
        if not path.is_file():
            raise WeightsUnusable(
                f"model {name!r}: {path} is gone; run: descry models remove {name}, "
                f"then {how_to_install(entry)}"
            )
        return path

    def import_file(
        self, file: Path, name: str, *, kind: Kind | None = None, text_heads: int | None = None
    ) -> Entry:
        """Take a model from a file: an encoder is rewritten as safetensors, a detector copied.

        Args:
            file: a checkpoint; it is left as it is.
            name: what to call it; one of the list takes that entry's licence and source.
            kind: None looks whether it is a detector of ultralytics.
            text_heads: of the text tower, where they are not width / 64.

        Raises:
            WeightsUnusable: no usable checkpoint, a bad name, or the name is taken.
        """
        self._check_free(name)
        if not file.is_file():
            raise WeightsUnusable(f"{file}: no such file; check the path")
        kind = kind or ("detector" if looks_like_a_detector(file) else "encoder")
        template = self.catalogue.get(name) or Entry(
            name=name, kind=kind, licence="not stated", source=f"imported from {file.name}"
        )
        return self._install(replace(template, kind=kind), file, text_heads)

    def pull(
        self, name: str, *, progress: Progress, confirm_digest: Callable[[str], bool]
    ) -> Entry:
        """Fetch a model that has a direct address, check it, and install it.

        Args:
            name: one of `entries`.
            progress: told the bytes so far and the total where it is known.
            confirm_digest: whether to trust this digest, asked where we know none; what it
                accepts is recorded, and asked no more.

        Raises:
            WeightsUnknown: no model of that name.
            WeightsUnusable: no direct address, a wrong digest, or no model.
            WeightsUnreachable: the address did not answer.
        """
        entry = self.catalogue.get(name) or self.find(name)
        if entry.address is None:
            raise WeightsUnusable(f"model {name!r} cannot be pulled; {how_to_install(entry)}")
        self._check_free(name)
        self._make_folder()
        fetched = self.folder / f".{name}.fetched"
        known = entry.sha256 or self._accepted().get(entry.address)
        try:
            digest = fetch(
                entry.address, fetched,
                sha256=known, progress=progress, confirm_digest=confirm_digest,
            )  # fmt: skip
            installed = self._install(entry, fetched, None)
        finally:
            fetched.unlink(missing_ok=True)
        with self._changing() as (_, digests):
            digests[entry.address] = digest
        return installed

    def verify(self, name: str | None = None) -> list[Verified]:
        """Read the installed files again and compare their digests; of all, or of `name`."""
        if name is not None:
            self.path_of(name)
        installed = self._installed()
        chosen = [installed[name]] if name is not None else list(installed.values())
        return [self._verify(entry) for entry in chosen]

    def remove(self, name: str) -> None:
        """Delete an installed model; its address keeps the digest that was accepted.

        Raises:
            WeightsUnknown: it is not installed.
        """
        with self._changing() as (installed, _):
            if name not in installed:
                raise WeightsUnknown(f"model {name!r} is not installed; see: descry models list")
            self._path(installed.pop(name)).unlink(missing_ok=True)
        log.info("model %r: removed", name)

    def _install(self, entry: Entry, source: Path, text_heads: int | None) -> Entry:
        self._make_folder()
        path = self.folder / f"{entry.name}{_SUFFIX_OF[entry.kind]}"
        try:
            if entry.kind == "encoder":
                convert(source, path, text_heads)
            else:
                copy_detector(source, path, self._check_detector)
        except OSError as error:
            path.unlink(missing_ok=True)
            raise WeightsUnusable(disk_trouble(path, error)) from error
        path.chmod(0o600)
        installed = replace(entry, file=path.name, size=path.stat().st_size, sha256=digest_of(path))
        with self._changing() as (entries, _):
            entries[entry.name] = installed
        log.info("model %r: installed, sha256 %s", entry.name, installed.sha256)
        return installed

    def _check_free(self, name: str) -> None:
        try:
            check_model_name(name)
        except ValueError as error:
            raise WeightsUnusable(str(error)) from error
        if name.startswith(UNTRAINED):
            raise WeightsUnusable(
                f"{name!r} names a model without trained weights; choose another name"
            )
        if name in self._installed():
            raise WeightsUnusable(
                f"model {name!r} is installed already; run first: descry models remove {name}"
            )

    def _verify(self, entry: Entry) -> Verified:
        path = self._path(entry)
        if not path.is_file():
            return Verified(entry.name, False, f"{path} is gone")
        digest = digest_of(path)
        if digest != entry.sha256:
            return Verified(entry.name, False, f"sha256 is {digest}, expected {entry.sha256}")
        return Verified(entry.name, True, f"sha256 {digest}")

    def _path(self, entry: Entry) -> Path:
        return self.folder / (entry.file or f"{entry.name}{_SUFFIX_OF[entry.kind]}")

    def _make_folder(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder.chmod(0o700)  # mkdir's mode passes through the umask

    @property
    def _manifest(self) -> Path:
        return self.folder / "models.yaml"

    def _read(self) -> tuple[dict[str, Entry], dict[str, str]]:
        try:
            text = self._manifest.read_text("utf-8")
        except FileNotFoundError:
            return {}, {}
        except (OSError, UnicodeDecodeError) as error:
            raise WeightsUnusable(f"{self._manifest}: cannot be read: {error}") from error
        return read_manifest(text, str(self._manifest))

    def _installed(self) -> dict[str, Entry]:
        return self._read()[0]

    def _accepted(self) -> dict[str, str]:
        return self._read()[1]

    @contextmanager
    def _changing(self) -> Iterator[tuple[dict[str, Entry], dict[str, str]]]:
        """Change the manifest, one process at a time; it is replaced whole or stays."""
        self._make_folder()
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            entries, digests = self._read()
            yield entries, digests
            part = self.folder / ".models.yaml.part"
            with part.open("w", encoding="utf-8") as file:
                file.write(write_manifest(entries, digests))
                file.flush()
                os.fsync(file.fileno())
            part.chmod(0o600)
            part.replace(self._manifest)


def how_to_install(entry: Entry) -> str:
    """The next step for a model that is not here."""
    if entry.address is not None:
        return f"run: descry models pull {entry.name}"
    return (
        f"get the file from {entry.source}, then run: descry models import FILE --name {entry.name}"
    )
