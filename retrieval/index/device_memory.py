"""Vectors in the memory of a GPU, scored by one masked matrix product."""

import threading
from collections import deque
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from retrieval.index.filters import Mask
from retrieval.index.scoring import HalfVectors, Rows
from retrieval.types import Vector

#: By how much a product of halves on a GPU and the cosine differ at most, of vectors of length 1:
#: the query and the sum are each rounded to 11 bits.
HALF_ROUNDING: Final = 2 * 2.0**-11
#: Rows of a block: as many as a segment holds at most. At D = 512 a block is 256 MiB.
BLOCK_ROWS: Final = 262_144
_BYTES: Final = 2


class DeviceFull(Exception):
    """The budget is used up, or the device has no room; nothing changed."""


class Place(NamedTuple):
    """Rows of a block, from `begin` on."""

    block: int
    begin: int
    rows: int


class DeviceMemory:
    """(N, D) halves in blocks on one device; safe with any number of threads.

    A place is for one owner until it is given back. Giving back takes no lock, so that a
    finaliser may do it.
    """

    def __init__(
        self, device: str, dimension: int, budget: int, block_rows: int = BLOCK_ROWS
    ) -> None:
        """Take nothing yet.

        Args:
            device: as torch names it.
            dimension: D.
            budget: bytes that are taken at most.
            block_rows: rows that are taken at once, and that a place has at most.
        """
        self.device = torch.device(device)
        self._dimension, self._block_rows = dimension, block_rows
        self._left = budget // (_BYTES * dimension)
        self._blocks: list[torch.Tensor] = []
        self._taken: list[list[Place]] = []
        self._freed: deque[Place] = deque()
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """Bytes that are taken."""
        return sum(len(block) for block in self._blocks) * self._dimension * _BYTES

    def take(self, rows: int) -> Place:
        """A place for so many rows, at most those of a block.

        Raises:
            DeviceFull: there is none.
        """
        with self._lock:
            while self._freed:
                place = self._freed.popleft()
                self._taken[place.block].remove(place)
            for number, block in enumerate(self._blocks):
                begin = _gap(self._taken[number], rows, len(block))
                if begin is not None:
                    return self._take(Place(number, begin, rows))
            self._add_block(rows)
            return self._take(Place(len(self._blocks) - 1, 0, rows))

    def give_back(self, place: Place) -> None:
        """Let others have a place."""
        self._freed.append(place)

    def write(self, place: Place, offset: int, vectors: HalfVectors) -> None:
        """Copy (M, D) to the device, `offset` rows into a place."""
        begin = place.begin + offset
        with self._lock:
            block = self._blocks[place.block]
            block[begin : begin + len(vectors)] = torch.from_numpy(vectors).to(self.device)

    def best(
        self, query: Vector, admitted: list[tuple[Place, Mask]], fetch: int
    ) -> tuple[Rows, NDArray[np.float32]]:
        """The `fetch` best of what is admitted, by falling score; fewer if there are fewer.

        Args:
            query: (D,) of length 1.
            admitted: places, and (N,) which of their rows.
            fetch: 1 or more.

        Returns:
            (M,) rows, counted through the places one behind the other, and (M,) scores, each
            within `HALF_ROUNDING` of the product.
        """
        with self._lock, torch.inference_mode():
            blocks = sorted({place.block for place, _ in admitted})
            products = self._products(query, blocks)
            mask = np.zeros(len(products), np.bool_)
            starts = np.cumsum([0, *(len(self._blocks[number]) for number in blocks)])
            begins = [int(starts[blocks.index(p.block)]) + p.begin for p, _ in admitted]
            for begin, (place, rows) in zip(begins, admitted, strict=True):
                mask[begin : begin + place.rows] = rows
            count = min(fetch, int(np.count_nonzero(mask)))
            excluded = torch.from_numpy(~mask).to(self.device)
            scores, found = products.masked_fill_(excluded, -torch.inf).topk(count)
        return _counted(found.cpu().numpy(), begins, admitted), scores.cpu().numpy()

    def _products(self, query: Vector, blocks: list[int]) -> torch.Tensor:
        """(N,) in single precision."""
        asked = torch.from_numpy(query).to(self.device)
        if self.device.type == "cpu":  # where halves are added up in halves
            return torch.cat([self._blocks[number].float() @ asked for number in blocks])
        return torch.cat([self._blocks[number] @ asked.half() for number in blocks]).float()

    def _take(self, place: Place) -> Place:
        self._taken[place.block].append(place)
        return place

    def _add_block(self, rows: int) -> None:
        size = min(self._block_rows, self._left)
        if rows > size:
            raise DeviceFull("the budget is used up")
        try:
            block = torch.zeros((size, self._dimension), dtype=torch.half, device=self.device)
        except torch.OutOfMemoryError as error:
            self._left = 0
            raise DeviceFull("the device has no room left") from error
        self._left -= size
        self._blocks.append(block)
        self._taken.append([])


def _gap(taken: list[Place], rows: int, size: int) -> int | None:
    """Where so many rows are free in a row; None if nowhere."""
    begin = 0
    for place in sorted(taken, key=lambda place: place.begin):
        if place.begin - begin >= rows:
            return begin
        begin = place.begin + place.rows
    return begin if size - begin >= rows else None


def _counted(
    found: NDArray[np.int64], begins: list[int], admitted: list[tuple[Place, Any]]
) -> Rows:
    """Rows of joined blocks, as rows of the places one behind the other."""
    order = np.argsort(begins)
    firsts = np.array(begins)[order]
    starts = np.cumsum([0, *(place.rows for place, _ in admitted)])[:-1][order]
    at = np.searchsorted(firsts, found, side="right") - 1
    return np.asarray(found - firsts[at] + starts[at], np.int64)
