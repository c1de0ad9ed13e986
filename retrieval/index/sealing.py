"""Writes segments: of shots that came, and of segments that are merged.

Rows lie by camera, and by when their track began within one. What a search of one camera reads is
then one piece of the file and not a row here and there, which counts where the file is not in
memory, and shots of one track lie together, so that they can share a code.
"""

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from retrieval.index.codes import CODES, ERRORS, Coder
from retrieval.index.columns import Columns, track_hash
from retrieval.index.faiss_flat import FaissHalves
from retrieval.index.manifest import FileEntry, SegmentEntry
from retrieval.index.scoring import HalfVectors, Rows
from retrieval.index.segment import COLUMNS, VECTORS, Segment
from retrieval.types import Sighting
from retrieval.whole_files import flush

MAX_SHOTS: Final = 262_144
"""A segment holds no more, so that one is merged in seconds: 256 MiB of vectors at D = 512."""

Group = tuple[str, str]
"""Collection, and day of capture (UTC), as 2026-05-04."""


def group_of(sighting: Sighting) -> Group:
    """Where a shot belongs."""
    return sighting.collection, day_of(sighting.captured_at)


def day_of(instant: float) -> str:
    """The day of Unix seconds, UTC; of an instant that no calendar has, the nearest that it has."""
    try:
        return datetime.fromtimestamp(instant, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return "0001-01-01" if instant < 0 else "9999-12-31"


def grouped(sightings: Sequence[Sighting]) -> dict[Group, Rows]:
    """The rows of each group, as they are to lie in a segment, at most `MAX_SHOTS` of them."""
    rows: dict[Group, list[int]] = {}
    for row, sighting in enumerate(sightings):
        rows.setdefault(group_of(sighting), []).append(row)
    return {group: _laid_out(sightings, np.array(found)) for group, found in rows.items()}


def _laid_out(sightings: Sequence[Sighting], rows: Rows) -> Rows:
    some = [sightings[row] for row in rows.tolist()]
    cameras: dict[str, int] = {}
    order = lie(
        [cameras.setdefault(one.shot.track.camera_id, len(cameras)) for one in some],
        [track_hash(one.shot.track) for one in some],
        [one.captured_at for one in some],
    )
    laid: Rows = rows[order]
    return laid


def lie(cameras: ArrayLike, tracks: ArrayLike, instants: ArrayLike) -> Rows:
    """In which order N rows are to lie.

    >>> lie([0, 1, 0, 0], [7, 8, 9, 7], [3.0, 2.0, 4.0, 5.0]).tolist()
    [0, 3, 2, 1]
    """
    at = np.asarray(instants, np.float64)
    _, track = np.unique(np.asarray(tracks, np.uint64), return_inverse=True)
    began = np.full(len(at), np.inf)
    np.minimum.at(began, track, at)
    order: Rows = np.lexsort((at, track, began[track], np.asarray(cameras)))
    return order


def seal(
    folder: Path,
    name: str,
    group: Group,
    columns: Columns,
    vectors: HalfVectors,
    model_id: str,
    coder: Coder,
) -> Segment:
    """Write a segment, down to the disk; it counts once a manifest names it.

    Args:
        folder: of the index.
        name: its own, in there; of no segment before.
        group: of all its shots.
        columns: N of them.
        vectors: (N, D) as they are kept.
        model_id: the encoder that made them.
        coder: makes the codes that lie beside the vectors.

    Raises:
        OSError: it cannot be written; nothing is left of it.
    """
    store = FaissHalves.empty(vectors.shape[1])
    store.append(vectors)
    try:
        (folder / name).mkdir(parents=True)
        columns.write(folder / name / COLUMNS)
        store.write(folder / name / VECTORS)
        flush(folder / name / VECTORS)
        written = [COLUMNS, VECTORS]
        codes = coder.codes(vectors, columns.hashes())
        if codes is not None:
            codes.write(folder / name)
            written += [CODES, ERRORS]
        flush(folder / name)
        files = tuple(FileEntry.of(folder, f"{name}/{file}") for file in written)
        seen = columns["captured_at"]
        span = float(seen.min()), float(seen.max())
        entry = SegmentEntry(name, *group, len(columns), *span, store.slack, files)
        try:
            return Segment.opened(folder, entry, model_id, vectors.shape[1])
        except ValueError as error:
            raise OSError(f"'{name}' is not what was written: {error}") from error
    except BaseException:
        shutil.rmtree(folder / name, ignore_errors=True)
        raise


def merge(
    folder: Path, name: str, segments: Sequence[Segment], model_id: str, coder: Coder
) -> Segment | None:
    """One segment of what lives on disk of several of a group; None where that is nothing.

    What died since the last checkpoint lives on disk still, and is found no more than before.

    Raises:
        OSError: it cannot be written; nothing is left of it.
    """
    contents = [segment.contents() for segment in segments]
    if not any(len(rows) for _, rows, _, _ in contents):
        return None
    columns = Columns.joined([(columns, rows) for columns, rows, _, _ in contents])
    order = lie(columns["camera"], columns.hashes(), columns["captured_at"])
    columns = Columns.joined([(columns, order)])
    vectors = _in_order([vectors for _, _, vectors, _ in contents], order)
    entry = segments[0].entry
    group = entry.collection, entry.day
    merged = seal(folder, name, group, columns, vectors, model_id, coder)
    alive = np.concatenate([alive for _, _, _, alive in contents])[order]
    merged.kill(np.flatnonzero(~alive))
    return merged


def _in_order(parts: Sequence[HalfVectors], order: Rows) -> HalfVectors:
    """Row `order[i]` of (N, D) `parts`, one behind the other, as row i; copied once."""
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    laid = np.empty((len(order), parts[0].shape[1]), np.float16)
    start = 0
    for part in parts:
        laid[place[start : start + len(part)]] = part
        start += len(part)
    return laid
