"""By which bytes a track is known in an index on disk: what a search for them must not find."""

from collections.abc import Collection
from pathlib import Path

from detectors.types import TrackKey
from retrieval.index.columns import Columns, track_hash
from retrieval.index.faiss_flat import FaissHalves
from retrieval.index.manifest import Manifest
from retrieval.index.segment import COLUMNS, VECTORS

#: A segment may be merged away while it is looked at; so many times in a row it is not.
_ATTEMPTS = 20


def hash_bytes(track: TrackKey) -> bytes:
    """The 8 bytes of its hash, as the columns of a segment and the retirements hold it."""
    return track_hash(track).to_bytes(8, "little")


def vectors_of(folder: Path, tracks: Collection[TrackKey]) -> list[bytes]:
    """The vector of every shot of `tracks` in an index, dead ones as well, as the file holds it.

    Whoever has the index open may go on meanwhile.

    Raises:
        IndexUnusable: it is of a newer version, or damaged as a whole.
        OSError: it cannot be read.
    """
    for attempt in range(_ATTEMPTS):
        found: list[bytes] = []
        try:
            for entry in Manifest.read(folder).segments:
                rows = Columns.mapped(folder / entry.name / COLUMNS).rows_of(tracks)
                if len(rows):
                    store = FaissHalves.mapped(folder / entry.name / VECTORS, entry.slack)
                    found += [vector.tobytes() for vector in store.kept(rows)]
        except FileNotFoundError:
            if attempt == _ATTEMPTS - 1:
                raise
        else:
            break
    return found
