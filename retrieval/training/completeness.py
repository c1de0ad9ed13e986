"""Whether the pictures that a data set lists are on the disk."""

import os
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from retrieval.errors import DatasetUnusable
from retrieval.training.samples import SampleTable

Report = Callable[[float, float | None], None]
"""Told how many are done, and of how many where that is known."""

_REPORT_EVERY = 10_000  # pictures
_NAMED = 3  # missing pictures that the message names


def check_complete(title: str, tables: Collection[SampleTable], report: Report) -> None:
    """Refuse a data set with missing pictures.

    Folders are listed, each once; asking for five million files one by one takes a network disk
    hours. No picture is opened.

    Args:
        title: what messages call the data set.
        tables: its splits, which have the same root.
        report: told the pictures looked for, and their number.

    Raises:
        DatasetUnusable: some are missing; the message counts them and names the first.
    """
    total = sum(table.images for table in tables)
    present: dict[str, frozenset[str]] = {}
    missing, first = 0, []
    for done, (root, path) in enumerate(_listed(tables), 1):
        folder, _, name = path.rpartition("/")
        if folder not in present:
            present[folder] = _files_in(root / folder)
        if name not in present[folder]:
            missing += 1
            first += [path] if missing <= _NAMED else []
        if done % _REPORT_EVERY == 0 or done == total:
            report(done, total)
    if missing:
        is_or_are = "is" if missing == 1 else "are"
        raise DatasetUnusable(
            f"{title}: {missing:,} of {total:,} pictures {is_or_are} missing below {root}, the "
            f"first: {', '.join(first)}; complete the download"
        )


def _listed(tables: Collection[SampleTable]) -> Iterator[tuple[Path, str]]:
    return ((table.root, path) for table in tables for path in table.image_paths)


def _is_file(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link that leads round in a circle, say: no picture
        return False


def _files_in(folder: Path) -> frozenset[str]:
    """Names of the files in `folder`, links to files among them; none where it is no folder."""
    try:
        with os.scandir(folder) as listed:
            return frozenset(entry.name for entry in listed if _is_file(entry))
    except (FileNotFoundError, NotADirectoryError):
        return frozenset()
    except OSError as error:
        raise DatasetUnusable(f"{folder}: not readable: {error.strerror or error}") from error
