"""The kinds of index that `index_search` compares: what is Descry's, and what FAISS has.

A kind is made of a `Crowd` and a `report(done, of)`, and has `search(query, where, mask)` (the
rows of the ten best), `forget(track)`, `tidy()` (what it offers to be rid of what was forgotten),
`folder` (None if in memory) and `more` (figures of its own). What another engine needs is imported
when one is made. A kind more is a row in `KINDS`.
"""

import atexit
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import faiss
import numpy as np

from detectors.types import TrackKey
from pipeline.clock import SystemClock
from pipeline.store.keys import Keys
from pipeline.store.vector_shards import RedisShards
from retrieval.index.manifest import MANIFEST
from retrieval.index.rolling import RollingIndex
from retrieval.index.vector_sets import VectorSetIndex
from retrieval.types import Where
from tests.benchmarks.index_crowd import MODEL, ROWS_AT_ONCE, SHOTS_OF_A_TRACK, Crowd, K
from tests.benchmarks.index_engines import Milvus, Qdrant, disk_mb
from tests.vector_servers import VectorServer, connected, free_ports

CHECKPOINT_AT = 16_384
AT_ONCE = 512


class CannotForget(Exception):
    """This kind cannot delete at all."""


class Rolling:
    """Descry's."""

    def __init__(
        self, crowd: Crowd, report: Callable[[int, int], None], folder: Path | None = None
    ) -> None:
        """In `folder`, or what lies there already."""
        if folder is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="descry-index-")
            folder = Path(self._temporary.name)
        self.folder = folder
        self._crowd = crowd
        self._made_of = self.folder, MODEL, crowd.dimension
        if not (folder / MANIFEST).exists():
            self._fill(report)
        self.open(crowd.vectors(0))
        if len(self.index) != len(crowd):
            sys.exit(f"'{folder}' has {len(self.index)} shots, not {len(crowd)}: name another")

    def _fill(self, report: Callable[[int, int], None]) -> None:
        crowd, count = self._crowd, len(self._crowd)
        index = RollingIndex(*self._made_of)
        for begin in range(0, count, AT_ONCE):
            index.add([crowd.sighting(row) for row in range(begin, min(begin + AT_ONCE, count))])
            if index.unsaved >= CHECKPOINT_AT:
                index.checkpoint(str(begin))
            report(begin + AT_ONCE, count)
        index.checkpoint(str(count))
        before = 0
        while before != index.segments:  # as a query worker does while nothing comes
            before = index.segments
            index.tidy()

    def open(self, query: Any) -> None:
        began = time.perf_counter()
        self.index = RollingIndex(*self._made_of)
        self.index.search(query, k=K, where=Where(now=0.0))
        self.more = {
            "segments": self.index.segments,
            "first_answer_s": round(time.perf_counter() - began, 3),
            "disk_mb": disk_mb(self.folder),
        }

    def search(self, query: Any, where: Where, mask: Any) -> list[int]:
        found = self.index.search(query, k=K, where=where)
        shots = [shot.sighting.shot for shot in found]
        return [s.track.number * SHOTS_OF_A_TRACK + s.number - 1 for s in shots]

    def forget(self, track: int) -> None:
        camera = self._crowd.camera[track * SHOTS_OF_A_TRACK]
        self.index.remove([TrackKey(f"camera{camera:02d}", "r1", track)])

    def tidy(self) -> None:
        self.index.compact()


class Spread(Rolling):
    """Descry's on a server: vector sets of an hour and a shard."""

    folder = None

    def __init__(self, crowd: Crowd, report: Callable[[int, int], None]) -> None:
        self._crowd = crowd
        count, dimension = len(crowd), crowd.dimension
        self._server = VectorServer(*free_ports(1))
        atexit.register(self._server.stop)
        keys, servers = Keys("benchmark"), connected(self._server, timeout_s=60.0)
        shards = RedisShards(servers, keys.index_shards(MODEL, 2), MODEL, SystemClock())
        self.index: Any = VectorSetIndex(MODEL, dimension, shards)
        for begin in range(0, count, AT_ONCE):
            some = range(begin, min(begin + AT_ONCE, count))
            self.index.add([crowd.sighting(row) for row in some])
            report(some.stop, count)
        self.more = {"memory_mb": round(self._server.memory() / 1e6), "sets": self.index.sets}


class Faiss:
    """An index of FAISS's, whose ids are the places of `_rows`."""

    folder = None
    more: ClassVar[dict[str, Any]] = {"disk_mb": 0}

    def __init__(
        self,
        index: Any,
        parameters: Callable[..., Any],
        crowd: Crowd,
        report: Callable[[int, int], None],
    ) -> None:
        self._index, self._parameters = index, parameters
        for start in range(0, len(crowd), ROWS_AT_ONCE):
            rows = slice(start, start + ROWS_AT_ONCE)
            vectors = crowd.vectors(rows)
            faiss.normalize_L2(vectors)  # their length is what half precision made of 1
            self._index.add(vectors)
            report(min(rows.stop, len(crowd)), len(crowd))
        self._rows = np.arange(len(crowd))

    def search(self, query: Any, where: Where, mask: Any) -> list[int]:
        params = self._parameters()
        if not mask.all():
            bits = np.packbits(mask[self._rows], bitorder="little")
            params = self._parameters(sel=faiss.IDSelectorBitmap(bits))
        _, places = self._index.search(query[None], K, params=params)
        return [int(self._rows[place]) for place in places[0] if place >= 0]

    def forget(self, track: int) -> None:
        if isinstance(self._index, faiss.IndexHNSW):
            raise CannotForget
        places = np.flatnonzero(self._rows // SHOTS_OF_A_TRACK == track)
        self._index.remove_ids(places)
        self._rows = np.delete(self._rows, places)

    def tidy(self) -> None:
        pass


def flat(crowd: Crowd, report: Callable[[int, int], None]) -> Faiss:
    return Faiss(faiss.IndexFlatIP(crowd.dimension), faiss.SearchParameters, crowd, report)


def hnsw(crowd: Crowd, report: Callable[[int, int], None]) -> Faiss:
    index = faiss.IndexHNSWFlat(crowd.dimension, 32, faiss.METRIC_INNER_PRODUCT)
    parameters = partial(faiss.SearchParametersHNSW, efSearch=64)
    return Faiss(index, parameters, crowd, report)


KINDS: dict[str, Callable[..., Any]] = {
    "rolling": Rolling,
    "redis": Spread,
    "flat": flat,
    "hnsw": hnsw,
    "qdrant": Qdrant,
    "milvus": Milvus,
}
