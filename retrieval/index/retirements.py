"""Which shots were retired: kept on disk with the segments, and looked up by track."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detectors.types import TrackKey
from retrieval.index.columns import track_hash
from retrieval.index.mapped_file import mapped_arrays, write_arrays

#: Sorted by (track, number).
_Pairs = NDArray[np.uint64]
"""(R, 2) `track_hash` of the track, number of the shot."""


class Retirements:
    """Of the tracks in an index, those on disk in one sorted array, those since then beside it.

    Attributes:
        is_changed: whether there is more, or less, than was written last.
    """

    def __init__(self, pairs: _Pairs | None = None) -> None:
        self._pairs = np.empty((0, 2), np.uint64) if pairs is None else pairs
        self._hashes = np.ascontiguousarray(self._pairs[:, 0])
        self._valid = np.ones(len(self._pairs), np.bool_)
        self._new: dict[int, set[int]] = {}
        self.is_changed = False

    @classmethod
    def read(cls, path: Path) -> "Retirements":
        """Those that were written to `path`.

        Raises:
            OSError: it cannot be read.
            ValueError: it is damaged.
        """
        arrays, _ = mapped_arrays(path)
        pairs = arrays.get("retired")
        if pairs is None or pairs.ndim != 2 or pairs.shape[1] != 2:
            raise ValueError(f"'{path.name}' holds no retirements")
        return cls(pairs)

    def __len__(self) -> int:
        return int(np.count_nonzero(self._valid)) + sum(map(len, self._new.values()))

    def holds(self, track: TrackKey, number: int) -> bool:
        """Whether shot `number` of `track` was retired."""
        code = track_hash(track)
        if number in self._new.get(code, ()):
            return True
        first, last = self._slice(code)
        if first == last:
            return False
        at = first + int(np.searchsorted(self._pairs[first:last, 1], np.uint64(number)))
        return at < last and self._pairs[at, 1] == number and bool(self._valid[at])

    def add(self, track: TrackKey, number: int) -> None:
        """Remember one."""
        if not self.holds(track, number):
            self._new.setdefault(track_hash(track), set()).add(number)
            self.is_changed = True

    def forget(self, track: TrackKey) -> None:
        """Forget those of a track."""
        code = track_hash(track)
        first, last = self._slice(code)
        if self._new.pop(code, None) is not None or self._valid[first:last].any():
            self._valid[first:last] = False
            self.is_changed = True

    def only(self, hashes: NDArray[np.uint64]) -> None:
        """Forget those of every track whose hash is none of `hashes`."""
        stays = self._valid & np.isin(self._hashes, hashes)
        here = set(hashes.tolist()) if self._new else set()
        new = {code: some for code, some in self._new.items() if code in here}
        if len(new) < len(self._new) or not np.array_equal(stays, self._valid):
            self._valid, self._new, self.is_changed = stays, new, True

    def write(self, path: Path) -> None:
        """Write what `read` reads, down to the disk.

        Raises:
            OSError: it cannot be written; nothing is forgotten.
        """
        fresh = [(code, number) for code, some in self._new.items() for number in some]
        pairs = np.array(fresh, np.uint64).reshape(len(fresh), 2)
        pairs = np.concatenate([self._pairs[self._valid], pairs])
        pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
        write_arrays(path, {"retired": pairs}, {})

    def _slice(self, code: int) -> tuple[int, int]:
        first = int(self._hashes.searchsorted(np.uint64(code)))
        if first == len(self._hashes) or int(self._hashes[first]) != code:
            return first, first
        return first, int(self._hashes.searchsorted(np.uint64(code), "right"))
