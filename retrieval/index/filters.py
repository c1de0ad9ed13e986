"""Which rows of some columns a search may return: a few array operations."""

from collections.abc import Collection, Iterable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.types import Where

Mask = NDArray[np.bool_]
"""(N,) whether each row is meant."""


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
