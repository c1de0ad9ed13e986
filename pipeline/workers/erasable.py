"""Every place that keeps something of a track, and so is to be asked when one is erased."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from detectors.types import TrackKey
from pipeline.store.boxes import BoxArchive
from pipeline.store.cases import CaseStore
from pipeline.store.erased import ErasedTracks
from pipeline.store.forgetting import Forgetting
from pipeline.store.held_clips import HeldClips
from pipeline.store.media import FolderMedia
from pipeline.store.ring import RingFolder
from pipeline.store.runs import RunStore
from pipeline.store.tracks import TrackStore


class Indexes(Protocol):
    """The indexes of the data folder, whoever has them open."""

    def erase(self, tracks: Collection[TrackKey]) -> None:
        """Have every index find `tracks` no more, and then hold no byte of them.

        Raises:
            StoreUnavailable: an index has not heard of it in time.
            OSError: one cannot be written.
        """
        ...

    def vectors(self, tracks: Collection[TrackKey]) -> list[bytes]:
        """Their vectors in all of them, as they lie there."""
        ...

    def hashes(self, tracks: Collection[TrackKey]) -> list[bytes]:
        """What else they are known by there."""
        ...


@dataclass(frozen=True, slots=True)
class Erasable:
    """Where tracks are kept.

    Attributes:
        tracks, runs, marks, forgetting: in Redis.
        media, boxes, ring, clips, logs, cases, held: in the data folder.
        indexes: likewise.
        folder: the data folder.
        forget_words: lets go of answers that were kept to be given again, and of searches that
            users saved and that name one of the tracks.
        elsewhere: what to tell of that which lies elsewhere, and is not searched.
    """

    tracks: TrackStore
    runs: RunStore
    marks: ErasedTracks
    forgetting: Forgetting
    media: FolderMedia
    boxes: BoxArchive
    ring: RingFolder
    clips: Path
    logs: Path
    cases: CaseStore
    held: HeldClips
    indexes: Indexes
    folder: Path
    forget_words: Callable[[Collection[TrackKey]], None] = lambda _tracks: None
    elsewhere: tuple[str, ...] = ()
