"""Weighs the messages of the log, and remembers what its files weigh."""

from array import array
from collections import defaultdict
from typing import Any

import numpy as np

from pipeline.store.log_chunk import Chunk
from pipeline.store.positions import position_order
from pipeline.store.stream_scan import Message
from pipeline.store.weights import blocks_of, bytes_of


class Scale:
    """The shots of one collection: a few numbers for each, so that a million fit in memory."""

    def __init__(self) -> None:
        # Capture, bytes without the picture, bytes of the picture, a hash of its name.
        self.columns: list[array[Any]] = [array(kind) for kind in "dqqq"]

    def put(self, message: Message, picture_bytes: int) -> None:
        """Count a message, and its picture."""
        row = bytes_of(message), blocks_of(picture_bytes), hash(message.picture)
        for column, value in zip(self.columns, (message.captured_at, *row), strict=True):
            column.append(value)

    def join(self, other: "Scale") -> None:
        """Put what another has as well."""
        for column, more in zip(self.columns, other.columns, strict=True):
            column.extend(more)

    def weigh(self, budget: int | None) -> tuple[int, float | None]:
        """Bytes of all, and the last capture that must go for the rest to fit; None if all fits.

        A picture that several messages name, as after a change of the model, counts once.
        """
        captured = np.array(self.columns[0])  # (N,)
        taken, pictures, named = (np.array(column) for column in self.columns[1:])  # (N,)
        _, first = np.unique(named, return_index=True)
        taken[first] += pictures[first]
        order = np.argsort(-captured, kind="stable")
        sums = np.cumsum(taken[order])  # (N,) the youngest first
        over = 0 if budget is None else int(np.searchsorted(sums, budget, side="right"))
        floor = None if budget is None or over == len(sums) else float(captured[order][over])
        return int(sums[-1]), floor


Scales = defaultdict[str, Scale]


class FileScales:
    """What files of the log weigh. They never change, so each is read once by a process.

    Four numbers of 8 bytes are kept of each message: 32 MB of a million.
    """

    def __init__(self) -> None:
        self._known: dict[str, Scales] = {}
        self._open: tuple[Chunk, Scales] | None = None
        self._seen: set[str] = set()

    def begin(self) -> None:
        """Begin a sweep; what the last one did not meet is no more."""
        self._open = None
        self._known = {name: self._known[name] for name in self._seen & self._known.keys()}
        self._seen.clear()

    def of(self, chunk: Chunk) -> Scales | None:
        """What is known of a file, by collection."""
        self.close()
        self._seen.add(chunk.name)
        return self._known.get(chunk.name)

    def open(self, chunk: Chunk) -> None:
        """The messages of a file come next, all of them."""
        self.close()
        self._open = chunk, defaultdict(Scale)

    def opened(self, message: Message) -> Scales | None:
        """Those of the open file, if the message is of it."""
        if self._open is None or position_order(message.entry_id) > self._open[0].last:
            return None
        return self._open[1]

    def close(self) -> None:
        """All messages of the open file have come."""
        if self._open is not None:
            chunk, scales = self._open
            self._known[chunk.name], self._open = scales, None
            self._seen.add(chunk.name)
