"""What a sealed segment knows of its shots besides their vectors, in arrays on disk."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from detectors.types import Box, ShotId, TrackKey
from retrieval.index.mapped_file import mapped_arrays, write_arrays
from retrieval.index.scoring import Rows
from retrieval.types import Hidden, Sighting, Vector

Names = list[Any]

#: Columns that hold codes, and so need the names beside them.
_NAMED = ("camera", "run", "zones")
#: Columns that are joined as they are.
_PLAIN = (
    "track", "number", "replaces", "hidden", "captured_at", "expires_at", "quality", "box"
)  # fmt: skip
_NEVER = np.inf
_NOTHING = 0
"""Shots count from 1: this one is replaced by none."""


@lru_cache(1 << 16)
def track_hash(track: TrackKey) -> int:
    """64 bits of a track's name: of a thousand million tracks two are alike once in 37 indexes."""
    digest = hashlib.blake2b(str(track).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


class Columns:
    """N shots of one collection, by row; no object is made of one before it is asked for.

    Arrays: `camera`, `run` and `zones` by code, `track` and `number`, `captured_at`, `expires_at`
    (+inf for never), `quality`, `replaces` (0 for none), `hidden` (`Hidden`), `box` (N, 4),
    `picture_end` (where its key ends in `pictures`, UTF-8), and `hash`, sorted, with the row of
    each in `hash_row`.
    """

    def __init__(self, arrays: dict[str, NDArray[Any]], names: dict[str, Names]) -> None:
        self._arrays = arrays
        self.cameras: list[str] = names["camera"]
        self.runs: list[str] = names["run"]
        self.zones: list[tuple[str, ...]] = [tuple(some) for some in names["zones"]]

    def __len__(self) -> int:
        return len(self._arrays["number"])

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self._arrays[name]

    @classmethod
    def of(cls, sightings: Sequence[Sighting]) -> Self:
        """Of `sightings`, in their order."""
        codes: dict[str, dict[Any, int]] = {name: {} for name in _NAMED}
        rows = [
            (
                codes["camera"].setdefault(s.shot.track.camera_id, len(codes["camera"])),
                codes["run"].setdefault(s.shot.track.run_id, len(codes["run"])),
                codes["zones"].setdefault(s.zones, len(codes["zones"])),
                s.shot.track.number,
                s.shot.number,
                _NOTHING if s.replaces is None else s.replaces,
                int(s.hidden),
            )
            for s in sightings
        ]
        whole = np.array(rows, np.int64).reshape(len(rows), 7)
        kept = [
            (s.captured_at, _NEVER if s.expires_at is None else s.expires_at, s.quality, *s.box)
            for s in sightings
        ]
        real = np.array(kept, np.float64).reshape(len(kept), 7)
        pictures = [s.picture.encode() for s in sightings]
        arrays: dict[str, NDArray[Any]] = {
            "camera": whole[:, 0].astype(np.int32),
            "run": whole[:, 1].astype(np.int32),
            "zones": whole[:, 2].astype(np.int32),
            "track": whole[:, 3],
            "number": whole[:, 4],
            "replaces": whole[:, 5],
            "hidden": whole[:, 6].astype(np.uint8),
            "captured_at": real[:, 0],
            "expires_at": real[:, 1],
            "quality": real[:, 2],
            "box": real[:, 3:],
            "picture_end": np.cumsum([len(key) for key in pictures], dtype=np.int64),
            "pictures": np.frombuffer(b"".join(pictures), np.uint8),
            **_by_hash([track_hash(s.shot.track) for s in sightings]),
        }
        return cls(arrays, {name: list(codes[name]) for name in _NAMED})

    @classmethod
    def joined(cls, parts: Sequence[tuple["Columns", Rows]]) -> Self:
        """Of some rows of each of `parts`, in their order."""
        names: dict[str, Names] = {}
        arrays: dict[str, NDArray[Any]] = {}
        for name in _NAMED:
            codes: dict[Any, int] = {}
            of_part = [
                np.array([codes.setdefault(each, len(codes)) for each in some], np.int32)
                for some in (columns.named(name) for columns, _ in parts)
            ]
            coded = [
                new[columns[name][rows]]
                for new, (columns, rows) in zip(of_part, parts, strict=True)
            ]
            arrays[name], names[name] = np.concatenate(coded), list(codes)
        for name in _PLAIN:
            arrays[name] = np.concatenate([columns[name][rows] for columns, rows in parts])
        keys = [columns._pictures(rows) for columns, rows in parts]  # noqa: SLF001  # of our own
        arrays["picture_end"] = np.cumsum(np.concatenate([lengths for _, lengths in keys]))
        arrays["pictures"] = np.concatenate([text for text, _ in keys])
        arrays |= _by_hash(np.concatenate([columns.hashes()[rows] for columns, rows in parts]))
        return cls(arrays, names)

    @classmethod
    def mapped(cls, path: Path) -> Self:
        """Those that were written to `path`.

        Raises:
            OSError: it cannot be read.
            ValueError: it is damaged.
        """
        arrays, metadata = mapped_arrays(path)
        try:
            # Segments that were sealed before it was noted do not have this one.
            arrays.setdefault("hidden", np.zeros(len(arrays["number"]), np.uint8))
            names = {name: json.loads(metadata[name]) for name in _NAMED}
            _check(arrays, names)
        except (LookupError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"'{path.name}' lacks something ({error!r})") from error
        return cls(arrays, names)

    def write(self, path: Path) -> None:
        """Write them, down to the disk.

        Raises:
            OSError: they cannot be written.
        """
        write_arrays(path, self._arrays, {name: json.dumps(self.named(name)) for name in _NAMED})

    def named(self, column: str) -> Names:
        """The name of each code of `column`."""
        names: dict[str, Names] = {"camera": self.cameras, "run": self.runs, "zones": self.zones}
        return names[column]

    def bounds(self, column: str) -> tuple[float, float]:
        """The least and the greatest of `column`."""
        return float(self[column].min()), float(self[column].max())

    def hashes(self) -> NDArray[np.uint64]:
        """(N,) `track_hash` by row."""
        found = np.empty(len(self), np.uint64)
        found[self["hash_row"]] = self["hash"]
        return found

    def stretch(self, cameras: Collection[str] | None) -> tuple[slice, bool]:
        """Rows outside of which there is none of `cameras`, and whether all in it are theirs.

        All of them, of None.
        """
        if cameras is None:
            return slice(0, len(self)), True
        found = [self._stretches[name] for name in cameras if name in self._stretches]
        if not found:
            return slice(0, 0), True
        here = slice(min(first for first, _, _ in found), max(last for _, last, _ in found))
        return here, sum(rows for _, _, rows in found) == here.stop - here.start

    @cached_property
    def _stretches(self) -> dict[str, tuple[int, int, int]]:
        """Of each camera its first row, the one behind its last, and how many rows it has."""
        of = self["camera"]
        starts = np.concatenate([[0], np.flatnonzero(of[1:] != of[:-1]) + 1])
        ends = np.append(starts[1:], len(of))
        first, last = np.full(len(self.cameras), len(of)), np.zeros(len(self.cameras), np.int64)
        np.minimum.at(first, of[starts], starts)
        np.maximum.at(last, of[starts], ends)
        rows = np.bincount(of, minlength=len(self.cameras))
        told = zip(first.tolist(), last.tolist(), rows.tolist(), strict=True)
        return dict(zip(self.cameras, told, strict=True))

    def track(self, row: int) -> TrackKey:
        """Whose shot it is."""
        camera, run = self.cameras[self["camera"][row]], self.runs[self["run"][row]]
        return TrackKey(camera, run, int(self["track"][row]))

    def rows_of(self, tracks: Collection[TrackKey]) -> Rows:
        """Every row of `tracks`."""
        hashes = np.fromiter(map(track_hash, tracks), np.uint64, len(tracks))
        first = np.searchsorted(self["hash"], hashes)
        last = np.searchsorted(self["hash"], hashes, "right")
        found = [self["hash_row"][a:b] for a, b in zip(first, last, strict=True) if a < b]
        if not found:
            return np.empty(0, np.int64)
        wanted = set(tracks)  # two tracks may share a hash
        rows = np.sort(np.concatenate(found)).tolist()
        return np.array([row for row in rows if self.track(row) in wanted], np.int64)

    def sighting(self, row: int, vector: Vector, collection: str, model_id: str) -> Sighting:
        """What went in, with the rest of it."""
        expires_at, replaces = float(self["expires_at"][row]), int(self["replaces"][row])
        return Sighting(
            shot=ShotId(self.track(row), int(self["number"][row])),
            collection=collection,
            captured_at=float(self["captured_at"][row]),
            vector=vector,
            model_id=model_id,
            box=Box(*self["box"][row].tolist()),
            quality=float(self["quality"][row]),
            picture=self._picture(row),
            replaces=None if replaces == _NOTHING else replaces,
            expires_at=None if expires_at == _NEVER else expires_at,
            zones=self.zones[self["zones"][row]],
            hidden=Hidden(int(self["hidden"][row])),
        )

    def _picture(self, row: int) -> str:
        begin = self["picture_end"][row - 1] if row else 0
        return self["pictures"][begin : self["picture_end"][row]].tobytes().decode()

    def _pictures(self, rows: Rows) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """The keys of `rows` one behind the other, and (M,) how long each is."""
        ends = self["picture_end"]
        lengths = np.diff(ends, prepend=0)[rows]
        starts = ends[rows] - lengths
        shift = np.repeat(starts - (np.cumsum(lengths) - lengths), lengths)
        return self["pictures"][np.arange(len(shift)) + shift], lengths


def _check(arrays: Mapping[str, NDArray[Any]], names: Mapping[str, Names]) -> None:
    """See that what points elsewhere points at something: else a search would fail, not opening.

    Raises:
        ValueError: it does not.
        LookupError: an array is missing.
        TypeError: a name is none.
    """
    count = len(arrays["number"])
    bounds = {name: len(names[name]) for name in _NAMED} | {"hash_row": count}
    ends = arrays["picture_end"]
    lengths = {len(array) for name, array in arrays.items() if name != "pictures"}
    if lengths != {count} or arrays["box"].shape != (count, 4):
        raise ValueError("its columns are of several lengths")
    if any(arrays[name].min() < 0 or arrays[name].max() >= end for name, end in bounds.items()):
        raise ValueError("it names what it does not have")
    if ends[-1] != len(arrays["pictures"]) or np.diff(ends, prepend=0).min() < 0:
        raise ValueError("its names of pictures are damaged")


def _by_hash(hashes: Iterable[int] | NDArray[np.uint64]) -> dict[str, NDArray[Any]]:
    by_row = np.array(hashes, np.uint64)
    rows = np.argsort(by_row, kind="stable").astype(np.int64)
    return {"hash": by_row[rows], "hash_row": rows}
