"""What the rest of the system asks of an encoder and of an index."""

from collections.abc import Collection, Sequence
from typing import Protocol, runtime_checkable

from detectors.types import Image, TrackKey
from retrieval.types import (
    NO_FLOORS,
    Floors,
    Relevance,
    ScoredShot,
    Sighting,
    TrackSample,
    Vector,
    Vectors,
    Where,
)


class Encoder(Protocol):
    """Puts pictures of people and sentences into one space."""

    @property
    def model_id(self) -> str:
        """Name and digest of the weights: vectors of different ids never mix."""
        ...

    @property
    def is_trained(self) -> bool:
        """Whether its ranking means anything."""
        ...

    @property
    def dimension(self) -> int:
        """D, the length of a vector."""
        ...

    def encode_images(self, pictures: Sequence[Image]) -> Vectors:
        """(N, D) float32 of length 1, in the order of `pictures` (RGB, any size)."""
        ...

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """(N, D) float32 of length 1, in the order of `texts`."""
        ...


@runtime_checkable
class Explainer(Protocol):
    """An encoder that can say why a picture and a sentence match."""

    def explain(self, pictures: Sequence[Image], texts: Sequence[str]) -> list[Relevance]:
        """Which words and which parts of the picture support each of N matches, in order.

        Raises:
            WeightsUnusable: the model is not made of towers that can be looked into.
        """
        ...


class Index(Protocol):
    """The gallery of one model.

    It finds what was added and never what was retired, removed or has expired; adding twice is
    adding once; a shot that was retired before it arrived stays retired; it agrees with
    exhaustive search on the best `k`.
    """

    def __len__(self) -> int:
        """How many shots can be found."""
        ...

    def add(self, sightings: Sequence[Sighting]) -> int:
        """Take sightings in, retiring what they replace; how many were new.

        Raises:
            ModelMismatch: a vector of another model or length; nothing was added.
        """
        ...

    def remove(self, tracks: Collection[TrackKey]) -> int:
        """Forget every shot of `tracks`; how many shots went."""
        ...

    def remove_collection(self, name: str) -> int:
        """Forget every shot of a collection; how many shots went."""
        ...

    def expire(self, now: float, floors: Floors = NO_FLOORS) -> int:
        """Forget what has expired by `now`, or lies at or below its floor; how many shots went."""
        ...

    def search(self, query: Vector, *, k: int, where: Where) -> list[ScoredShot]:
        """The `k` best admitted shots, by falling score; fewer if fewer are admitted."""
        ...

    def score_tracks(
        self, query: Vector, tracks: Collection[TrackKey], *, where: Where
    ) -> list[ScoredShot]:
        """Every admitted shot of `tracks`, by falling score."""
        ...

    def sample_tracks(
        self, query: Vector, *, at_most: int, best_of: int, where: Where
    ) -> TrackSample:
        """What `at_most` admitted tracks score, or all if there are no more.

        Drawn evenly over the order they came in, the same each time. A track scores the mean of
        its `best_of` highest shots.
        """
        ...


class DurableIndex(Index, Protocol):
    """An index that is there again after a restart, as it was at its last checkpoint.

    What is removed stays removed, checkpoint or not: the log may not tell it again.
    """

    @property
    def position(self) -> str | None:
        """What the last checkpoint was made with; None before the first."""
        ...

    @property
    def is_incomplete(self) -> bool:
        """Whether something was damaged, and all must be added again, until the next checkpoint."""
        ...

    @property
    def unsaved(self) -> int:
        """How many shots came or expired since the last checkpoint; more where a removal failed."""
        ...

    def checkpoint(self, position: str) -> None:
        """Make all that was added last, and note how far its source was read.

        Raises:
            OSError: the disk is full, say; the last checkpoint stands, and nothing is forgotten.
        """
        ...

    def erase(self, tracks: Collection[TrackKey]) -> int:
        """Forget `tracks` as `remove` does, and leave no byte of them on disk; how many shots went.

        Raises:
            OSError: the disk is full, say; what was removed by then stays so. Erase again.
        """
        ...

    def tidy(self) -> None:
        """Do a little of what makes searches cheaper, if nothing came since the last checkpoint."""
        ...

    def clear(self) -> None:
        """Forget everything, for good: position and all."""
        ...


class SharedIndex(DurableIndex, Protocol):
    """An index on servers, in parts, that several processes search and one of them fills.

    Searches do without parts that are away. Orders raise `IndexBehind` where a part has lost
    something, or another process fills it: all since `position` must be added again.
    """

    def begin(self) -> None:
        """Become the one who fills it, in place of whoever was."""
        ...

    def part_of(self, camera_id: str) -> str:
        """The name of the part that has a camera's shots."""
        ...

    def missing(self) -> list[str]:
        """Parts that did not answer this thread in full since it asked last, in order."""
        ...
