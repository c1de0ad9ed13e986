"""Data sets of people and their descriptions: found on disk, read, and checked for gaps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from retrieval.errors import DatasetUnusable, PlanRefused
from retrieval.training.annotations import read_entries
from retrieval.training.completeness import Report, check_complete
from retrieval.training.gathering import SPLITS, Gathering
from retrieval.training.layouts import LAYOUTS, Entry, EntryFault, Layout, Split, parse_ours
from retrieval.training.samples import SampleTable

#: What `open_dataset` opens: four published layouts and our own.
NAMES = (*LAYOUTS, "jsonl")

_REPORT_EVERY = 10_000  # entries


def ignore(_done: float, _total: float | None) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class PersonDataset:
    """A data set whose every picture is there."""

    name: str
    root: Path
    splits: Mapping[Split, SampleTable]

    def split(self, name: Split) -> SampleTable:
        """The table of one split.

        Raises:
            DatasetUnusable: there is none; the message names those there are.
        """
        if name in self.splits:
            return self.splits[name]
        present = " and ".join(split for split in SPLITS if split in self.splits)
        raise DatasetUnusable(f"{self.name} has no {name} split; it has {present}")


def open_dataset(name: str, root: Path, *, report: Report = ignore) -> PersonDataset:
    """Read the annotations of a data set and check that its pictures are there.

    Every caption is a sample, every picture of a split in its gallery. Identities of train run
    from 0 to classes − 1, in the order of the published numbers; WebPerson has one a caption. No
    picture is opened.

    Args:
        name: one of `NAMES`.
        root: the data set's folder or the one that it lies in; for "jsonl" the file too.
        report: told the entries read, then the pictures checked and their number.

    Raises:
        PlanRefused: no data set of that name is known.
        DatasetUnusable: incomplete, contradictory, or of another layout.
    """
    if name not in NAMES:
        raise PlanRefused(f"no data set {name!r}; it is one of {', '.join(NAMES)}")
    if not root.exists():
        raise DatasetUnusable(f"{root}: no such file or folder; name where {name} lies")
    if name == "jsonl":
        file = _find_ours(root)
        title, folder = file.name, file.parent
        tables = _gather(file, _parse_named, folder, report=report)
    else:
        layout = LAYOUTS[name]
        file = _find_published(layout, root)
        title, folder = layout.title, file.parent
        tables = _gather(
            file,
            layout.parse,
            folder / layout.pictures,
            by_caption=layout.by_caption,
            restarts=layout.restarts,
            report=report,
        )
    check_complete(title, tables.values(), report)
    return PersonDataset(name, folder, tables)


def open_pairs(images: Path, captions: Path, *, report: Report = ignore) -> SampleTable:
    """Pictures of our own with captions, as one table whatever splits are said.

    Args:
        images: the folder that paths are below.
        captions: a `.jsonl` file of objects as `parse_ours` reads them, or a list of them in JSON.
            Where identities are missing, each picture is its own.
        report: as for `open_dataset`.

    Raises:
        DatasetUnusable: incomplete, contradictory, or of another layout.
    """
    if not images.is_dir():
        raise DatasetUnusable(f"{images}: no such folder; name the one with the pictures")
    tables = _gather(captions, _parse_pair, images, report=report)
    check_complete(captions.name, tables.values(), report)
    return tables["test"]


def _parse_named(entry: object) -> Entry:
    parsed = parse_ours(entry)
    if parsed.identity is None:
        raise EntryFault("no field 'identity'")
    return parsed


def _parse_pair(entry: object) -> Entry:
    return replace(parse_ours(entry), split="test")


def _find_published(layout: Layout, root: Path) -> Path:
    """The annotation file below `root`."""
    folder = root / layout.title if (root / layout.title).is_dir() else root
    for name in layout.annotations:
        if (folder / name).is_file():
            return folder / name
    others = sorted(folder.glob("*.json")) if layout.by_caption else []
    if len(others) == 1:
        return others[0]
    raise DatasetUnusable(
        f"{layout.title}: no file {folder / layout.annotations[0]}; name the folder of "
        f"{layout.title} or the one above it"
    )


def _find_ours(root: Path) -> Path:
    if root.is_file():
        return root
    files = sorted(root.glob("*.jsonl"))
    if len(files) != 1:
        raise DatasetUnusable(
            f"{root}: {len(files)} .jsonl files; name one, as {root}/people.jsonl"
        )
    return files[0]


def _gather(
    file: Path,
    parse: Callable[[object], Entry],
    pictures: Path,
    *,
    by_caption: bool = False,
    restarts: bool = False,
    report: Report,
) -> dict[Split, SampleTable]:
    gathering = Gathering(file, by_caption=by_caption, restarts=restarts)
    for number, (place, stored) in enumerate(read_entries(file), 1):
        try:
            gathering.add(parse(stored))
        except EntryFault as error:
            raise DatasetUnusable(f"{file}: {place}: {error}") from error
        if number % _REPORT_EVERY == 0:
            report(number, None)
    return gathering.tables(pictures)
