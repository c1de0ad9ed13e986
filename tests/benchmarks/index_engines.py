"""Vector databases that run inside a process, as kinds of `index_search`.

Each is asked as its own documentation asks it: scores are dot products, and camera and time are
filtered by the engine's own conditions, with its default index. Vectors go in as 32-bit floats.
"""

import sys
import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from retrieval.types import Where
from tests.benchmarks.index_crowd import SHOTS_OF_A_TRACK, Crowd, K

#: Shots of a call that adds.
AT_ONCE = 1_000
NAME = "shots"


def imported(module: str, packages: str) -> Any:
    """The module; ends the process with what to install, if it is missing."""
    try:
        return import_module(module)
    except ImportError as error:
        sys.exit(f"no {module} here ({error}): 'pip install {packages}', or leave it out")


def disk_mb(folder: Path) -> int:
    return round(sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / 1e6)


class Qdrant:
    """The local mode of `qdrant-client`, in a folder."""

    def __init__(self, crowd: Crowd, report: Callable[[int, int], None]) -> None:
        client = imported("qdrant_client", "qdrant-client")
        self._models = models = client.models
        self._temporary = tempfile.TemporaryDirectory(prefix="descry-qdrant-")
        self.folder = Path(self._temporary.name)
        self._client = client.QdrantClient(path=str(self.folder))
        count, dimension = len(crowd), crowd.dimension
        params = models.VectorParams(size=dimension, distance=models.Distance.DOT)
        self._client.create_collection(NAME, vectors_config=params)
        for begin in range(0, count, AT_ONCE):
            rows = range(begin, min(begin + AT_ONCE, count))
            points = [
                models.PointStruct(
                    id=row,
                    vector=crowd.vectors(row).tolist(),
                    payload={"camera": int(crowd.camera[row]), "at": float(crowd.at[row])},
                )
                for row in rows
            ]
            self._client.upsert(NAME, points)
            report(rows.stop, count)
        self.more = {"disk_mb": disk_mb(self.folder)}

    def search(self, query: Any, where: Where, mask: Any) -> list[int]:
        models, must = self._models, []
        if where.cameras is not None:
            camera = models.MatchValue(value=int(min(where.cameras)[-2:]))
            must.append(models.FieldCondition(key="camera", match=camera))
        if where.since is not None:
            span = models.Range(gte=where.since, lt=where.until)
            must.append(models.FieldCondition(key="at", range=span))
        wanted = models.Filter(must=must) if must else None
        found = self._client.query_points(NAME, query=query, limit=K, query_filter=wanted)
        return [point.id for point in found.points]

    def forget(self, track: int) -> None:
        rows = [track * SHOTS_OF_A_TRACK + n for n in range(SHOTS_OF_A_TRACK)]
        self._client.delete(NAME, self._models.PointIdsList(points=rows))

    def tidy(self) -> None:
        """Nothing: the local mode offers none."""


class Milvus:
    """Milvus Lite, in a file."""

    def __init__(self, crowd: Crowd, report: Callable[[int, int], None]) -> None:
        pymilvus = imported("pymilvus", "pymilvus milvus-lite")
        imported("milvus_lite", "pymilvus milvus-lite")
        self._temporary = tempfile.TemporaryDirectory(prefix="descry-milvus-")
        self.folder = Path(self._temporary.name)
        self._client = client = pymilvus.MilvusClient(str(self.folder / "shots.db"))
        count, dimension = len(crowd), crowd.dimension
        types, schema = pymilvus.DataType, client.create_schema(auto_id=False)
        schema.add_field("row", types.INT64, is_primary=True)
        schema.add_field("vector", types.FLOAT_VECTOR, dim=dimension)
        schema.add_field("camera", types.INT64)
        schema.add_field("at", types.DOUBLE)
        index = client.prepare_index_params()
        index.add_index("vector", index_type="AUTOINDEX", metric_type="IP")
        client.create_collection(NAME, schema=schema, index_params=index)
        for begin in range(0, count, AT_ONCE):
            rows = range(begin, min(begin + AT_ONCE, count))
            client.insert(
                NAME,
                [
                    {
                        "row": row,
                        "vector": crowd.vectors(row).tolist(),
                        "camera": int(crowd.camera[row]),
                        "at": float(crowd.at[row]),
                    }
                    for row in rows
                ],
            )
            report(rows.stop, count)
        client.flush(NAME)
        client.load_collection(NAME)
        self.more = {"disk_mb": disk_mb(self.folder)}

    def search(self, query: Any, where: Where, mask: Any) -> list[int]:
        wanted = []
        if where.cameras is not None:
            wanted.append(f"camera == {int(min(where.cameras)[-2:])}")
        if where.since is not None:
            wanted.append(f"at >= {where.since} and at < {where.until}")
        found = self._client.search(
            NAME, data=[query.tolist()], limit=K, filter=" and ".join(wanted)
        )
        return [hit["row"] for hit in found[0]]

    def forget(self, track: int) -> None:
        rows = [track * SHOTS_OF_A_TRACK + n for n in range(SHOTS_OF_A_TRACK)]
        self._client.delete(NAME, ids=rows)

    def tidy(self) -> None:
        self._client.flush(NAME)
        self._client.compact(NAME)
