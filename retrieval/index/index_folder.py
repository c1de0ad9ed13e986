"""The files of a rolling index: which there are, and that they are there whole."""

import shutil
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from detectors.types import TrackKey
from retrieval.errors import IndexUnusable
from retrieval.index.codes import Coder
from retrieval.index.columns import Columns
from retrieval.index.manifest import FileEntry, Manifest, SegmentEntry
from retrieval.index.retirements import Retirements
from retrieval.index.scoring import HalfVectors
from retrieval.index.sealing import Group, merge, seal
from retrieval.index.segment import Segment
from retrieval.whole_files import flush

SEGMENTS: Final = "segments"
DAMAGED: Final = "damaged"


class IndexFolder:
    """What the manifest names is kept, and nothing else is.

    Attributes:
        manifest: as it is on disk.
    """

    def __init__(self, folder: Path, model_id: str, dimension: int) -> None:
        self._folder, self._model_id, self._dimension = folder, model_id, dimension
        self.manifest = Manifest(model_id, dimension)
        self._coder = Coder()

    def open(self) -> tuple[list[Segment], Retirements, list[str]]:
        """The segments, the retirements, and what was damaged and is set aside; or begin.

        Where something was damaged the index is incomplete: whoever reads its source from the
        beginning adds what is missing, and nothing twice.

        Raises:
            IndexUnusable: it is of another model, of a newer version, or damaged as a whole.
            OSError: it cannot be written to.
        """
        (self._folder / SEGMENTS).mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder.chmod(0o700)  # whoever made it: these are data about people
        try:
            self.manifest = Manifest.read(self._folder)
        except FileNotFoundError:
            self._begin()
        self._check_model()
        segments: list[Segment] = []
        problems: list[str] = []
        for entry in self.manifest.segments:
            try:
                segments.append(
                    Segment.opened(self._folder, entry, self._model_id, self._dimension)
                )
            except (ValueError, MemoryError) as error:
                problems.append(self._set_aside(entry, error))
        self._coder = Coder(segment.codes for segment in reversed(segments))
        retirements = self._retirements(problems)
        if problems:
            position = self.manifest.position
            self.commit(segments, retirements, position, incomplete=True)
        self.sweep()
        return segments, retirements, problems

    def seal(self, group: Group, columns: Columns, vectors: HalfVectors) -> Segment:
        """Write a segment; it counts once `commit` is given it.

        Raises:
            OSError: it cannot be written.
        """
        name, model_id = self._new_name(), self._model_id
        return seal(self._folder, name, group, columns, vectors, model_id, self._coder)

    def merge(self, segments: Sequence[Segment]) -> Segment | None:
        """Put one in place of several; None where nothing is left of them.

        Raises:
            OSError: it cannot be written; the folder holds what it held.
        """
        merged = merge(self._folder, self._new_name(), segments, self._model_id, self._coder)
        names = [segment.entry.name for segment in segments]
        entries: list[SegmentEntry] = []
        for entry in self.manifest.segments:
            if entry.name == names[0] and merged is not None:
                entries.append(merged.entry)
            elif entry.name not in names:
                entries.append(entry)
        try:
            self.manifest = self._written(entries)
        finally:
            self.sweep()
        return merged

    def commit(
        self,
        segments: Sequence[Segment],
        retirements: Retirements,
        position: str | None,
        *,
        incomplete: bool = False,
    ) -> Retirements:
        """Make these what the folder holds, and forget the rest; the retirements, as written.

        Raises:
            OSError: they cannot be written; the folder holds what it held.
        """
        retired = self.manifest.retired
        try:
            entries = [self._entry(segment) for segment in segments]
            if retirements.is_changed:
                name = f"retired-{self._next():08d}.safetensors"
                retirements.write(self._folder / name)
                retired = FileEntry.of(self._folder, name)
            self.manifest = self._written(
                entries, retired=retired, position=position, incomplete=incomplete
            )
        finally:
            self.sweep()
        for segment, entry in zip(segments, entries, strict=True):
            segment.is_written(entry, removed_only=False)
        if retirements.is_changed and retired is not None:
            with suppress(OSError, ValueError):
                return Retirements.read(self._folder / retired.name)
        retirements.is_changed = False
        return retirements

    def commit_removals(self, segments: Sequence[Segment]) -> None:
        """Write which rows were removed, and nothing else: the checkpoint stays what it is.

        Raises:
            OSError: it cannot be written; the folder holds what it held.
        """
        changed: dict[str, SegmentEntry] = {}
        try:
            for segment in segments:
                if segment.is_removed:
                    entry = segment.write_dead(self._folder, self._next(), removed_only=True)
                    changed[entry.name] = entry
            gone = {segment.entry.name for segment in segments if segment.is_gone}
            entries = [
                changed.get(entry.name, entry)
                for entry in self.manifest.segments
                if entry.name not in gone
            ]
            self.manifest = self._written(entries)
        finally:
            self.sweep()
        for segment in segments:
            if segment.entry.name in changed:
                segment.is_written(changed[segment.entry.name], removed_only=True)

    def forget_retirements(self, tracks: Collection[TrackKey]) -> None:
        """Write the retirements again without those of `tracks`, and delete what was set aside.

        The checkpoint stays what it is.

        Raises:
            OSError: they cannot be written; the folder holds what it held.
        """
        shutil.rmtree(self._folder / DAMAGED, ignore_errors=True)
        if self.manifest.retired is None:
            return
        kept = Retirements.read(self._folder / self.manifest.retired.name)
        for track in tracks:
            kept.forget(track)
        if kept.is_changed:
            name = f"retired-{self._next():08d}.safetensors"
            kept.write(self._folder / name)
            retired = FileEntry.of(self._folder, name)
            self.manifest = self._written(self.manifest.segments, retired=retired)
            self.sweep()

    def clear(self) -> None:
        """Hold nothing.

        Raises:
            OSError: it cannot be written.
        """
        self.manifest = self._written([], retired=None, position=None, incomplete=False)
        self.sweep()

    def sweep(self) -> None:
        """Delete what no manifest names: merged, or never finished."""
        with suppress(OSError, IndexUnusable):
            # The one on disk may be newer than ours, if it could not be flushed.
            named, folders = _named(Manifest.read(self._folder), self.manifest)
            if not self.manifest.incomplete:
                shutil.rmtree(self._folder / DAMAGED, ignore_errors=True)
            for path in [*self._folder.glob("retired-*"), *self._folder.glob(f"{SEGMENTS}/*/*")]:
                if path.relative_to(self._folder).as_posix() not in named:
                    path.unlink(missing_ok=True)
            for path in self._folder.glob(f"{SEGMENTS}/*"):
                if path.relative_to(self._folder).as_posix() not in folders:
                    shutil.rmtree(path, ignore_errors=True)

    def _begin(self) -> None:
        if any((self._folder / SEGMENTS).iterdir()):
            raise IndexUnusable(
                f"'{self._folder}' has segments and no manifest: build the index again with "
                "'descry index rebuild'"
            )
        self.manifest.write(self._folder)

    def _check_model(self) -> None:
        theirs = self.manifest.model_id, self.manifest.dimension
        if theirs != (self._model_id, self._dimension):
            raise IndexUnusable(
                f"'{self._folder}' holds vectors of {theirs[0]}, {theirs[1]} long, and not of "
                f"{self._model_id}: build the index again with 'descry index rebuild'"
            )

    def _retirements(self, problems: list[str]) -> Retirements:
        if self.manifest.retired is None:
            return Retirements()
        problem = self.manifest.retired.problem(self._folder, thorough=True)
        if problem is None:
            try:
                return Retirements.read(self._folder / self.manifest.retired.name)
            except ValueError as error:
                problem = str(error)
        problems.append(f"retirements are lost: {problem}")
        none = Retirements()
        none.is_changed = True
        return none

    def _set_aside(self, entry: SegmentEntry, error: Exception) -> str:
        aside = self._folder / DAMAGED / Path(entry.name).name
        aside.parent.mkdir(exist_ok=True, mode=0o700)
        with suppress(OSError):
            (self._folder / entry.name).replace(aside)
        return (
            f"segment {Path(entry.name).name} ({entry.shots} shots of '{entry.collection}', "
            f"{entry.day}) is damaged and set aside: {error}"
        )

    def _entry(self, segment: Segment) -> SegmentEntry:
        if not segment.is_changed:
            return segment.entry
        return segment.write_dead(self._folder, self._next(), removed_only=False)

    def _written(self, entries: Sequence[SegmentEntry], **more: Any) -> Manifest:
        """A manifest of `entries` and `more`, and else as it is."""
        manifest = replace(self.manifest, segments=tuple(entries), **more)
        flush(self._folder / SEGMENTS)
        manifest.write(self._folder)
        return manifest

    def _new_name(self) -> str:
        return f"{SEGMENTS}/{self._next():08d}"

    def _next(self) -> int:
        self.manifest = replace(self.manifest, serial=self.manifest.serial + 1)
        return self.manifest.serial


def _named(*manifests: Manifest) -> tuple[set[str], set[str]]:
    """The files and the folders of segments that manifests name."""
    entries = [entry for manifest in manifests for entry in manifest.segments]
    files = {file.name for entry in entries for file in entry.all_files()}
    files |= {manifest.retired.name for manifest in manifests if manifest.retired is not None}
    return files, {entry.name for entry in entries}
