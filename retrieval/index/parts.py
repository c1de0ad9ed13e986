"""What a rolling index searches, as one value: a search sees one state of it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrieval.index.gallery import Gallery
from retrieval.index.segment import Segment


class Parts(NamedTuple):
    """A head in memory and what is sealed; replaced as a whole."""

    head: Gallery
    segments: tuple[Segment, ...]

    def track_hashes(self) -> NDArray[np.uint64]:
        """Of the tracks that can be found, some more than once."""
        sealed = (segment.live_hashes() for segment in self.segments)
        return np.concatenate([self.head.track_hashes(), *sealed])

    def without_gone(self) -> "Parts":
        """The same, less the segments of which nothing is left."""
        return self._replace(segments=tuple(each for each in self.segments if not each.is_gone))

    def merged(self, some: Sequence[Segment], into: Segment | None) -> "Parts":
        """The same, with one segment (None: with nothing) in place of `some`."""
        left: list[Segment] = []
        for segment in self.segments:
            if segment is some[0] and into is not None:
                left.append(into)
            elif segment not in some:
                left.append(segment)
        return self._replace(segments=tuple(left))
