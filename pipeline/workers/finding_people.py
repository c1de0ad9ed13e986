"""Who is in the pictures of an export, by a detector that is loaded when it is first needed."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from detectors.errors import DetectorError
from detectors.ports import Detector
from detectors.types import Box, Detection, Frame
from pipeline.workers.likely_person import People

log = logging.getLogger(__name__)

FAINT: Final = 0.1
"""Less certain boxes are hidden all the same, but are nobody whom the person is taken for."""


@dataclass(slots=True)
class PeopleFinder:
    """Looks for people; one call at a time goes through the detector.

    Attributes:
        detector: loads it.
    """

    detector: Callable[[], Detector]
    _loaded: Detector | None = None
    _turn: threading.Lock = field(default_factory=threading.Lock)

    @property
    def batch(self) -> int:
        """Frames that it looks at in one go."""
        return self._ready().batch

    def find(self, frames: Sequence[Frame]) -> list[People | None]:
        """Everybody in each frame, as shares of it; None where the detector failed."""
        detector = self._ready()
        try:
            with self._turn:
                found = detector.detect(frames)
        except (DetectorError, RuntimeError, ValueError, MemoryError) as error:
            log.warning(
                "export: the detector failed, %d frames are hidden (%s)", len(frames), error
            )
            return [None] * len(frames)
        return [_people(frame, seen) for frame, seen in zip(frames, found, strict=True)]

    def _ready(self) -> Detector:
        with self._turn:
            if self._loaded is None:
                self._loaded = self.detector()
            return self._loaded


def _people(frame: Frame, seen: Sequence[Detection]) -> People:
    def boxes(*, faint: bool) -> tuple[Box, ...]:
        return tuple(
            Box(
                each.box.x1 / frame.width,
                each.box.y1 / frame.height,
                each.box.x2 / frame.width,
                each.box.y2 / frame.height,
            )
            for each in seen
            if (each.confidence < FAINT) is faint
        )

    return People(boxes(faint=False), boxes(faint=True))
