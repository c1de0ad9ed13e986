"""What the rest of the system asks of a detector, of a tracker and of a motion gate."""

from collections.abc import Sequence
from typing import Protocol

from detectors.types import Box, Detection, Frame, Glance, TrackerUpdate


class Detector(Protocol):
    """Finds people in frames, of one camera or of several."""

    @property
    def fingerprint(self) -> str:
        """A short digest of the weights and of every setting that changes the answer."""
        ...

    @property
    def batch(self) -> int:
        """How many frames are worth handing over at once; 1 where more only wait for each other."""
        ...

    def detect(
        self, frames: Sequence[Frame], parts: Sequence[Box | None] | None = None
    ) -> list[list[Detection]]:
        """The people of each frame, in the order of `frames`; an empty list for nobody.

        Args:
            frames: of one camera or of several.
            parts: for each frame the part that is worth searching, in pixels of it; None for all
                of it. A detector that is no faster for that may search more.
        """
        ...


class Tracker(Protocol):
    """Follows people through one run of one camera.

    No number is used twice in a run, and no two open tracks share one.
    """

    @property
    def fingerprint(self) -> str:
        """A short digest of every setting that changes the answer."""
        ...

    @property
    def is_quiet(self) -> bool:
        """Whether no track is open, not even an unconfirmed or a lost one.

        A quiet tracker is a fresh one that counts from `next_number`: a reader may stop
        here and go on later with the same result.
        """
        ...

    @property
    def next_number(self) -> int:
        """The number the next confirmed track gets."""
        ...

    @property
    def expected(self) -> tuple[Box, ...]:
        """Where every open track is believed to be, an unconfirmed or a lost one too."""
        ...

    def update(self, frame: Frame, detections: Sequence[Detection]) -> TrackerUpdate:
        """Associate `detections` with tracks; `frame`s come in order of capture."""
        ...

    def finish(self) -> tuple[int, ...]:
        """End every open track; the numbers of the confirmed ones."""
        ...


class MotionGate(Protocol):
    """Says which frames of one run of one camera deserve the detector.

    It is shown every frame, and knows nothing of tracks: whoever follows somebody looks at every
    frame. The same frames give the same answers, and an answer depends on a bounded stretch of
    them: a fresh gate that was shown all frames from `needs_from` on goes on like this one.
    """

    @property
    def fingerprint(self) -> str:
        """A short digest of every setting that changes the answer."""
        ...

    @property
    def needs_from(self) -> int:
        """The first frame number whose picture later answers may depend on; 0 for none."""
        ...

    def watch(self, frame: Frame) -> Glance:
        """Take in the next frame: whether it deserves the detector, and where something moves."""
        ...
