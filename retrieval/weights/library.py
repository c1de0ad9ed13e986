"""The folder of models on this machine: what is in it, how it gets in and out."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from retrieval.errors import WeightsError, WeightsUnknown, WeightsUnusable
from retrieval.weights import bundle, intake
from retrieval.weights.bundle import Verified
from retrieval.weights.copies import CarryCalibration, copied_from, known_as, with_calibration
from retrieval.weights.download import Progress, disk_trouble, fetch
from retrieval.weights.installed import InstalledList
from retrieval.weights.manifest import (
    UNTRAINED,
    Entry,
    Kind,
    check_model_name,
    digest_of,
    how_to_install,
)

log = logging.getLogger(__name__)


class ModelLibrary:
    """Models by name: those this version knows of, and those installed in `folder`.

    `folder`/models.yaml lists what is installed, with the digest of each file, and the digests
    of addresses that were accepted when first fetched: a later fetch must give the same.
    """

    def __init__(
        self,
        folder: Path,
        *,
        check_detector: Callable[[Path], None] = intake.accept_any,
        carry_calibration: CarryCalibration | None = None,
        catalogue: Mapping[str, Entry] | None = None,
        bundled: Path = bundle.FOLDER,
    ) -> None:
        """The models in `folder`.

        Args:
            folder: made when the first model is installed.
            check_detector: raises on a file that is no detector; it sees each before it is kept.
            carry_calibration: writes the calibration of a bundled encoder for a copy of it; None
                leaves copies without.
            catalogue: the models to offer; None for those this version knows of and brings.
            bundled: the folder of those that it brings.
        """
        self.folder = folder
        self._list = InstalledList(folder)
        self.catalogue = bundle.catalogue() if catalogue is None else catalogue
        self._bundled = bundled
        self._check_detector = check_detector
        self._carry_calibration = carry_calibration

    def entries(self) -> list[Entry]:
        """Every model known, by name; an installed one says its file, size and digest."""
        return [entry for _, entry in sorted(({**self.catalogue, **self._list.models()}).items())]

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
        """Whether `name` can be used now: its file is here or bundled, or it needs none."""
        entry = self.find(name)
        return name.startswith(UNTRAINED) or entry.bundled or name in self._list.models()

    def installed(self, kind: Kind | None = None) -> list[Entry]:
        """The models whose files are in the folder, by name; of one kind, or of both."""
        entries = [entry for _, entry in sorted(self._list.models().items())]
        return [entry for entry in entries if kind is None or entry.kind == kind]

    def bundled(self, kind: Kind) -> list[Entry]:
        """The models of a kind that came with Descry, by name."""
        return [e for _, e in sorted(self.catalogue.items()) if e.bundled and e.kind == kind]

    def only_encoder(self) -> str:
        """The name of the one encoder that is installed, else of the one that came with Descry.

        Raises:
            WeightsUnknown: there is none, or a choice to make.
        """
        installed, brought = self.installed("encoder"), self.bundled("encoder")
        names = [entry.name for entry in installed or brought]
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
            WeightsError: a bundled one that is damaged or gone.
        """
        entry = self.find(name)
        if entry.name.startswith(UNTRAINED):
            raise WeightsUnusable(f"model {name!r} has no file: its weights are drawn")
        if entry.bundled:
            return bundle.bundled_path(entry, self._bundled)
        if name not in self._list.models():
            raise WeightsUnusable(f"model {name!r} is not installed; {how_to_install(entry)}")
        path = self._path(entry)
        if not path.is_file():
            raise WeightsUnusable(
                f"model {name!r}: {path} is gone; run: descry models remove {name}, "
                f"then {how_to_install(entry)}"
            )
        return path

    def calibration_path(self, name: str) -> Path | None:
        """The file that says what the scores of a usable model mean; None for one without.

        Raises:
            WeightsError: as `path_of`; or its digest is known, and it is damaged or gone.
        """
        entry = self.find(name)
        if entry.calibration is None:
            return None
        path = self.path_of(name).with_name(entry.calibration)
        if entry.calibration_sha256 is not None:
            step = bundle.REINSTALL if entry.bundled else "take the two files of one release"
            bundle.check_whole(path, entry.calibration_sha256, f"calibration of {name!r}", step)
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
        kind = kind or ("detector" if intake.looks_like_a_detector(file) else "encoder")
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
        self._list.make_folder()
        fetched = self.folder / f".{name}.fetched"
        known = entry.sha256 or self._list.digests().get(entry.address)
        try:
            digest = fetch(
                entry.address, fetched,
                sha256=known, progress=progress, confirm_digest=confirm_digest,
            )  # fmt: skip
            installed = self._install(entry, fetched, None)
        finally:
            fetched.unlink(missing_ok=True)
        with self._list.changing() as (_, digests):
            digests[entry.address] = digest
        return installed

    def verify(self, name: str | None = None) -> list[Verified]:
        """Read installed and bundled files again and compare digests; of all, or of `name`."""
        brought = {e.name: e for e in self.catalogue.values() if e.bundled}
        present = {**self._list.models(), **brought}
        if name is not None and name not in present:
            self.path_of(name)  # raises, with the command that installs it
        chosen = [present[name]] if name is not None else list(present.values())
        return [self._verify(entry) for entry in chosen]

    def remove(self, name: str) -> None:
        """Delete an installed model; its address keeps the digest that was accepted.

        Raises:
            WeightsUnknown: it is not installed.
            WeightsUnusable: it came with Descry.
        """
        if name in self.catalogue and self.catalogue[name].bundled:
            raise WeightsUnusable(
                f"model {name!r} came with Descry and stays; an installed one is used before it"
            )
        with self._list.changing() as (installed, _):
            if name not in installed:
                raise WeightsUnknown(f"model {name!r} is not installed; see: descry models list")
            entry = installed.pop(name)
            self._path(entry).unlink(missing_ok=True)
            if entry.calibration is not None:
                (self.folder / entry.calibration).unlink(missing_ok=True)
        log.info("model %r: removed", name)

    def _install(self, entry: Entry, source: Path, text_heads: int | None) -> Entry:
        self._list.make_folder()
        path = self.folder / f"{entry.name}{intake.suffix_for(entry.kind, source)}"
        try:
            if entry.kind == "encoder":
                intake.convert(source, path, text_heads)
            else:
                intake.copy_detector(source, path, self._check_detector)
            path.chmod(0o600)
            size, sha256 = path.stat().st_size, digest_of(path)
            installed = replace(entry, file=path.name, size=size, sha256=sha256)
            installed = self._as_copied(intake.labelled(installed, path), source)
        except OSError as error:
            path.unlink(missing_ok=True)
            raise WeightsUnusable(disk_trouble(path, error)) from error
        with self._list.changing() as (entries, _):
            entries[entry.name] = installed
        log.info("model %r: installed, sha256 %s", entry.name, installed.sha256)
        return installed

    def _as_copied(self, entry: Entry, source: Path) -> Entry:
        """`entry` with what is known of the bundled model that `source` is a copy of, if any."""
        copied = copied_from(source, [e for e in self.catalogue.values() if e.bundled])
        if copied is None:
            return entry
        entry, carry = known_as(entry, copied), self._carry_calibration
        try:
            calibration = self.calibration_path(copied.name)
            if carry is None or calibration is None or entry.kind != "encoder":
                return entry
            original = self.path_of(copied.name)
            return with_calibration(entry, original, calibration, self.folder, carry)
        except WeightsError as error:
            log.warning("model %r: its scores are judged roughly: %s", entry.name, error)
            return entry

    def _check_free(self, name: str) -> None:
        try:
            check_model_name(name)
        except ValueError as error:
            raise WeightsUnusable(str(error)) from error
        if name.startswith(UNTRAINED):
            raise WeightsUnusable(
                f"{name!r} names a model without trained weights; choose another name"
            )
        if name in self.catalogue and self.catalogue[name].bundled:
            raise WeightsUnusable(f"model {name!r} came with Descry; choose another name")
        if name in self._list.models():
            raise WeightsUnusable(
                f"model {name!r} is installed already; run first: descry models remove {name}"
            )

    def _verify(self, entry: Entry) -> Verified:
        found = bundle.verified(entry, self._path(entry))
        try:
            if found.is_ok:
                self.calibration_path(entry.name)
        except WeightsError as error:
            return Verified(entry.name, False, str(error))
        return found

    def _path(self, entry: Entry) -> Path:
        if entry.bundled:
            return self._bundled / str(entry.file)
        return self.folder / (entry.file or f"{entry.name}{intake.suffix_for(entry.kind)}")
