"""What `descry index` does to the indexes of a data folder, while no query worker has them."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.config import Settings
from pipeline.errors import FolderInUse, NotFound
from pipeline.telemetry import Telemetry
from pipeline.wiring.gallery import LOCK, LOCK_WITHIN_S, build_view, index_folder, lock_folder
from pipeline.wiring.models import encoder_in_use
from pipeline.wiring.spread_index import rebuild_spread
from pipeline.wiring.stores import Stores
from retrieval.index.inspection import SegmentReport
from retrieval.index.inspection import problems as problems_of
from retrieval.index.inspection import report as report_of
from retrieval.index.manifest import MANIFEST, Manifest
from retrieval.index.rolling import RollingIndex

Progress = Callable[[int, int], None]
"""Is told how much is done, and how much there is."""


def index_folders(data_folder: Path) -> list[Path]:
    """The index of each model that has one.

    Raises:
        NotFound: none has.
    """
    found = sorted(path.parent for path in data_folder.glob("index/*/segments"))
    if not found:
        raise NotFound(
            f"'{data_folder}' holds no index yet: 'descry run' and 'descry search' make it"
        )
    return found


def report(folder: Path) -> tuple[Manifest, list[SegmentReport]]:
    """What an index holds, by its last checkpoint.

    Raises:
        IndexUnusable: it is of a newer version, or damaged as a whole.
    """
    _check(folder)
    return report_of(folder)


def problems(folder: Path, progress: Progress) -> Iterator[str]:
    """Read every byte of an index; a line for each file that is not what was written.

    Raises:
        IndexUnusable: it is of a newer version, or damaged as a whole.
    """
    _check(folder)
    return problems_of(folder, progress)


def log_problems(stores: Stores) -> tuple[int, Iterator[str]]:
    """How many files the log has, and a line for each that is not what was written."""
    archive = stores.sightings.whole.archive
    if archive is None:
        return 0, iter(())
    return len(archive.catalogue.now().chunks), archive.problems()


def compact(folder: Path) -> RollingIndex:
    """Merge what can be merged and drop what is dead.

    Raises:
        FolderInUse: a query worker has it, and merges by itself.
        IndexUnusable: it is of a newer version, or damaged as a whole.
    """
    _check(folder)
    with _ours(folder):
        manifest = Manifest.read(folder)
        index = RollingIndex(folder, manifest.model_id, manifest.dimension)
        index.compact()
        return index


def rebuild(settings: Settings, stores: Stores, data_folder: Path, progress: Progress) -> int:
    """Read the log again from its beginning into a new index; how many shots it holds.

    Raises:
        FolderInUse: a query worker has the old one.
        WeightsError: the encoder cannot be used.
        StoreUnavailable: Redis is away.
    """
    encoder = encoder_in_use(settings, stores.models.in_use())
    if settings.index.kind == "redis":
        return rebuild_spread(settings, stores, encoder, progress)
    folder = index_folder(data_folder, encoder.model_id)
    with _ours(folder):
        for path in folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != LOCK:
                path.unlink()
        index = RollingIndex(folder, encoder.model_id, encoder.dimension)
        view = build_view(stores, index, index, encoder.model_id, Telemetry())
        while not view.state.caught_up:
            view.follow_once(block_s=0)
            progress(view.state.messages, max(stores.sightings.length(), view.state.messages))
        view.leave()
        return len(index)


def _check(folder: Path) -> None:
    if not (folder / MANIFEST).exists():
        raise NotFound(
            f"'{folder}' has no {MANIFEST}: build the index again with 'descry index rebuild'"
        )


@contextmanager
def _ours(folder: Path) -> Iterator[None]:
    descriptor = lock_folder(folder, LOCK_WITHIN_S)
    if descriptor is None:
        raise FolderInUse(
            f"a query worker has the index '{folder}', and merges it by itself: to do more, stop "
            "'descry run' first"
        )
    try:
        yield
    finally:
        os.close(descriptor)
