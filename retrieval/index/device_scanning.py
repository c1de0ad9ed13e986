"""Looks through sealed segments on a GPU where they have been brought there, exactly."""

import logging
import weakref
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import numpy as np

from retrieval.index.proposing import Part
from retrieval.index.scanning import best_in
from retrieval.index.segment import Segment
from retrieval.index.vectors import Candidates
from retrieval.types import ScoredShot, Vector, Where

if TYPE_CHECKING:
    from retrieval.index.device_memory import DeviceMemory, Place

log = logging.getLogger(__name__)

#: Smaller segments are merged soon, and are scanned sooner than a GPU is asked.
WORTH_BRINGING: Final = 2_048
_SPARE: Final = 32
_AT_ONCE: Final = 16_384


class DeviceScan:
    """`best_in` with segments in the memory of a device, which come there as they are searched.

    The device proposes with the error of its halves, and vectors score what may be among the best,
    so the answer is that of the CPU. What does not fit the budget is searched on the CPU, and all
    is once the device fails.
    """

    def __init__(
        self, memory: "DeviceMemory", slack: float, worth_bringing: int = WORTH_BRINGING
    ) -> None:
        """Nothing is on the device yet.

        Args:
            memory: where segments go.
            slack: by how much a product there and one of vectors differ at most.
            worth_bringing: shots of the smallest segment that goes there.
        """
        self._memory, self._slack, self._worth_bringing = memory, slack, worth_bringing
        self._places: weakref.WeakKeyDictionary[Segment, Place] = weakref.WeakKeyDictionary()
        self._asked: weakref.WeakSet[Segment] = weakref.WeakSet()
        self._bringing = ThreadPoolExecutor(1, thread_name_prefix="to-device")
        self._is_broken = False

    def __call__(
        self, segments: Sequence[Segment], query: Vector, *, k: int, where: Where
    ) -> list[ScoredShot]:
        """As `best_in`."""
        if not self._is_broken:
            for segment in segments:
                self._bring(segment)
        return best_in(segments, query, k=k, where=where, ahead=self._found)

    def settle(self) -> None:
        """Wait until what was searched by now is on the device, or does not fit there."""
        self._bringing.submit(lambda: None).result()

    @property
    def brought(self) -> int:
        """How many segments are on the device."""
        return len(self._places)

    def _bring(self, segment: Segment) -> None:
        if segment.entry.shots >= self._worth_bringing and segment not in self._asked:
            self._asked.add(segment)
            self._bringing.submit(self._copy, weakref.ref(segment))

    def _copy(self, wanted: "weakref.ref[Segment]") -> None:
        from retrieval.index.device_memory import DeviceFull

        segment = wanted()
        if segment is None or self._is_broken:
            return
        try:
            place = self._memory.take(segment.entry.shots)
            weakref.finalize(segment, self._memory.give_back, place)
            for offset in range(0, place.rows, _AT_ONCE):
                rows = np.arange(offset, min(offset + _AT_ONCE, place.rows))
                self._memory.write(place, offset, segment.kept(rows))
        except DeviceFull as error:
            log.info("index: segment %s stays off the GPU: %s", segment.entry.name, error)
        except RuntimeError as error:  # as torch says that a device failed
            self._break(error)
        else:
            self._places[segment] = place

    def _found(
        self, parts: Sequence[Part], query: Vector, k: int
    ) -> tuple[list[tuple[Segment, Candidates]], list[Part]]:
        """What the device proposes, and the parts that it does not hold."""
        here = [(part, place) for part in parts if (place := self._places.get(part.segment))]
        if not here or self._is_broken:
            return [], list(parts)
        try:
            found = self._proposed(here, query, k)
        except RuntimeError as error:
            self._break(error)
            return [], list(parts)
        held = {id(part) for part, _ in here}
        return found, [part for part in parts if id(part) not in held]

    def _proposed(
        self, here: "list[tuple[Part, Place]]", query: Vector, k: int
    ) -> list[tuple[Segment, Candidates]]:
        admitted = [(place, part.admitted.whole()) for part, place in here]
        total = sum(part.count for part, _ in here)
        slack = 2 * (self._slack + max(part.segment.slack for part, _ in here))
        fetch = k + _SPARE
        while True:
            rows, scores = self._memory.best(query, admitted, fetch)
            if fetch >= total or scores[-1] < scores[k - 1] - slack:
                break
            fetch *= 2
        starts = np.cumsum([0, *(place.rows for _, place in here)])
        found = []
        for (part, _), begin, end in zip(here, starts[:-1], starts[1:], strict=True):
            own = rows[(rows >= begin) & (rows < end)] - begin
            if len(own):
                found.append((part.segment, Candidates(own, part.segment.products(query, own))))
        return found

    def _break(self, error: Exception) -> None:
        self._is_broken = True
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        log.warning("index: the GPU failed (%s); searches go on, on the CPU", first)
