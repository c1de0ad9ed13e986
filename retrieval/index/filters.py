"""Which rows of some columns a search may return: a few array operations."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from retrieval.types import Where

Mask = NDArray[np.bool_]
"""(N,) whether each row is meant."""


@dataclass(frozen=True, slots=True, eq=False)
class Admitted:
    """Which of N rows are meant: none outside of one stretch of them.

    Attributes:
        of: N.
        first: the row where the stretch begins.
        mask: (M,) which rows of the stretch; not to be written to.
        count: how many.
    """

    of: int
    first: int
    mask: Mask
    count: int

    @classmethod
    def among(cls, mask: Mask) -> Self:
        """The rows that are True in (N,) `mask`."""
        return cls(len(mask), 0, mask, int(np.count_nonzero(mask)))

    @classmethod
    def nobody(cls, of: int) -> Self:
        """None of so many rows."""
        return cls(of, 0, np.zeros(0, np.bool_), 0)

    @property
    def is_all(self) -> bool:
        """Whether every row is meant."""
        return self.count == self.of

    def rows(self) -> NDArray[np.int64]:
        """(count,) of them, rising."""
        if self.count == len(self.mask):
            return np.arange(self.first, self.first + self.count)
        return np.flatnonzero(self.mask) + self.first

    def whole(self) -> Mask:
        """(N,) as a mask of all rows."""
        if len(self.mask) == self.of:
            return self.mask
        mask = np.zeros(self.of, np.bool_)
        mask[self.first : self.first + len(self.mask)] = self.mask
        return mask

    def among_rows(self, rows: NDArray[np.int64]) -> Mask:
        """(R,) whether each of `rows` is meant."""
        if len(self.mask) == self.of:
            return self.mask[rows]
        inside = (rows >= self.first) & (rows < self.first + len(self.mask))
        inside[inside] = self.mask[rows[inside] - self.first]
        return inside

    def narrowed(self) -> Self:
        """The same rows, in a stretch that begins and ends with one of them."""
        if not self.count or self.count == len(self.mask):
            return self
        begin = int(self.mask.argmax())
        end = len(self.mask) - int(self.mask[::-1].argmax())
        return type(self)(self.of, self.first + begin, self.mask[begin:end], self.count)


class Columns(Protocol):
    """(N,) arrays: `captured_at`, `expires_at`, `quality`, and `camera` and `zones` by code."""

    def __getitem__(self, name: str, /) -> NDArray[Any]:
        """One of them."""
        ...


def admits(
    columns: Columns,
    cameras: Iterable[str],
    zones: Iterable[tuple[str, ...]],
    where: Where,
    *,
    is_any_expired: bool = True,
) -> Mask:
    """(N,) whether `where` admits each row, but for its collection and its track.

    Args:
        columns: of the rows.
        cameras: the camera of each code.
        zones: the zones of each code.
        where: what is wanted.
        is_any_expired: whether to look for what has expired.
    """
    expires = columns["expires_at"]
    mask: Mask = expires > where.now if is_any_expired else np.ones(len(expires), np.bool_)
    if where.cameras is not None:
        mask &= among(cameras, where.cameras)[columns["camera"]]
    if where.zones is not None:
        fits = [not where.zones.isdisjoint(some) for some in zones]
        mask &= np.array(fits, np.bool_)[columns["zones"]]
    if where.since is not None:
        mask &= columns["captured_at"] >= where.since
    if where.until is not None:
        mask &= columns["captured_at"] < where.until
    if where.min_quality > 0:
        mask &= columns["quality"] >= where.min_quality
    return mask


def among(names: Iterable[str], wanted: Collection[str]) -> Mask:
    """(C,) whether the name of each code is one of `wanted`; asked for by code."""
    return np.array([name in wanted for name in names], np.bool_)
