"""Logs kept shots again, with the vectors of another model: what a change of model is made of."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from detectors.types import Image, ShotId
from pipeline.clock import Clock
from pipeline.errors import NotFound
from pipeline.store.crop_stream import CropStream
from pipeline.store.media import Media
from pipeline.store.model_change import ModelStore
from pipeline.store.sighting_log import START, SightingLog, position_order
from pipeline.store.wire import LoggedSighting
from pipeline.workers.embed import decode_jpeg
from retrieval.errors import WeightsUnusable
from retrieval.ports import Encoder
from retrieval.types import Vector

log = logging.getLogger(__name__)

READ_AT_ONCE: Final = 256
BATCH: Final = 16
GIVES_WAY_S: Final = 1.0
"""While crops of cameras wait, each batch waits so long at most: it goes on, and it comes last."""


@dataclass(frozen=True, slots=True)
class CopyParts:
    """What copying works with; `stopped` is asked between batches."""

    encoder: Encoder
    models: ModelStore
    sightings: SightingLog
    crops: CropStream
    media: Media
    clock: Clock
    stopped: Callable[[], bool]


@dataclass(slots=True)
class Copied:
    """What is known of the copies.

    Attributes:
        logged: shots that the log holds with the new model.
        missing: kept shots whose picture cannot be read.
        retired: what a shot replaced that is not kept any more and has no copy.
    """

    logged: set[ShotId] = field(default_factory=set)
    missing: set[ShotId] = field(default_factory=set)
    retired: dict[ShotId, int] = field(default_factory=dict)

    def heir_of(self, sighting: LoggedSighting) -> int | None:
        """What the copy of a shot retires: what it replaced, or whose copy that one replaced.

        Of 1, 2, 3, each of which replaced the one before, 2 has no copy if it was retired before
        its turn; then 3 must retire the copy of 1.
        """
        track, number = sighting.shot.track, sighting.replaces
        while number is not None and ShotId(track, number) not in self.logged:
            if ShotId(track, number) not in self.retired:
                break
            number = self.retired[ShotId(track, number)]
        return number


class Copier:
    """Reads the log behind a position and copies what is kept; what was copied is known again.

    The log says what was done, so a copier that was killed begins with what there is.
    """

    def __init__(self, parts: CopyParts) -> None:
        self._parts, self._position = parts, START
        self._has_encoded = False
        self.copied = Copied()
        self.copied.logged = {
            each.shot
            for each in parts.models.copies.scan()
            if each.shot is not None and each.model_id == parts.encoder.model_id
        }

    @property
    def position(self) -> str:
        """How far the log was dealt with."""
        return self._position

    def count(self) -> int:
        """How many shots are kept now, by what the log holds of any model."""
        shots = {each.shot for each in self._parts.models.copies.scan() if each.shot is not None}
        return sum(self._kept(sorted(shots, key=str)))

    def copy_some(self) -> bool:
        """Deal with the next messages; False where the log has no more.

        Raises:
            StoreUnavailable: Redis is away, or its disk is full; calling again goes on.
            WeightsUnusable: the model takes no picture.
        """
        page = self._parts.sightings.page(self._position, count=READ_AT_ONCE)
        mine = self._parts.encoder.model_id
        self.copied.logged |= {s.shot for _, s in page.sightings if s.model_id == mine}
        others = [
            sighting
            for _, sighting in page.sightings
            if sighting.model_id != mine and sighting.shot not in self.copied.logged
        ]
        is_kept = self._parts.models.copies.kept([sighting.shot for sighting in others])
        kept: list[LoggedSighting] = []
        for sighting, is_there in zip(others, is_kept, strict=True):
            if is_there:
                kept.append(sighting)
            else:
                self._retire(sighting)
        for start in range(0, len(kept), BATCH):
            if self._parts.stopped():
                return True
            self._copy(kept[start : start + BATCH])
        self._position = page.last
        return page.is_full

    def copy_until(self, cut: str) -> None:
        """Deal with everything up to a position of the log, or until it is stopped."""
        while not self._parts.stopped() and position_order(self._position) < position_order(cut):
            if not self.copy_some() and not self._parts.stopped():
                break

    def survey(self) -> tuple[list[ShotId], dict[str, tuple[int, int]]]:
        """Kept shots that have a picture and no copy; and how many there are, and have one.

        The counts are by collection. Both are of one look at the log.
        """
        mine = self._parts.encoder.model_id
        where: dict[ShotId, str] = {}
        copies: set[ShotId] = set()
        for each in self._parts.models.copies.scan():
            if each.shot is not None:
                where[each.shot] = each.collection
                if each.model_id == mine:
                    copies.add(each.shot)
        shots = sorted(where.keys() - self.copied.missing, key=str)
        lacking: list[ShotId] = []
        counts: dict[str, tuple[int, int]] = {}
        for shot, is_kept in zip(shots, self._kept(shots), strict=True):
            if is_kept:
                kept, copied = counts.get(where[shot], (0, 0))
                counts[where[shot]] = kept + 1, copied + (shot in copies)
                if shot not in copies:
                    lacking.append(shot)
        return lacking, counts

    def _kept(self, shots: Sequence[ShotId]) -> list[bool]:
        kept: list[bool] = []
        for start in range(0, len(shots), 1000):
            kept += self._parts.models.copies.kept(shots[start : start + 1000])
        return kept

    def _copy(self, some: Sequence[LoggedSighting]) -> None:
        pairs = list(self._encoded(some))
        now, mine = self._parts.clock.now(), self._parts.encoder.model_id
        copies = [
            replace(
                sighting,
                vector=vector,
                model_id=mine,
                embedded_at=now,
                replaces=self.copied.heir_of(sighting),
                is_copy=True,
            )
            for sighting, vector in pairs
        ]
        for copy, was_kept in zip(copies, self._parts.models.copies.append(copies), strict=True):
            if was_kept:
                self.copied.logged.add(copy.shot)
            else:
                self._retire(copy)
        self._give_way()

    def drop_retired(self) -> None:
        """Forget of the missing what is not kept any more."""
        missing = sorted(self.copied.missing, key=str)
        is_kept = self._kept(missing)
        self.copied.missing = {s for s, kept in zip(missing, is_kept, strict=True) if kept}

    def _miss(self, sighting: LoggedSighting) -> None:
        self.copied.missing.add(sighting.shot)
        self._retire(sighting)  # whoever replaces it retires what it replaced

    def _retire(self, sighting: LoggedSighting) -> None:
        if sighting.replaces is not None:
            self.copied.retired[sighting.shot] = sighting.replaces

    def _readable(
        self, sightings: Sequence[LoggedSighting]
    ) -> Iterator[tuple[LoggedSighting, Image]]:
        for sighting in sightings:
            try:
                picture = decode_jpeg(self._parts.media.read(sighting.picture))
            except (NotFound, ValueError, OSError) as error:
                log.debug("shot %s: %s", sighting.shot, error)
                picture = None
            if picture is None:
                self._miss(sighting)
            else:
                yield sighting, picture

    def _encoded(
        self, sightings: Sequence[LoggedSighting]
    ) -> Iterator[tuple[LoggedSighting, Vector]]:
        pairs = list(self._readable(sightings))
        if not pairs:
            return
        encode = self._parts.encoder.encode_images
        try:
            vectors = list(encode([picture for _, picture in pairs]))
        except WeightsUnusable:
            if not self._has_encoded:
                raise  # perhaps no picture pleases this model: that is not the pictures' fault
            yield from self._one_by_one(pairs)
            return
        self._has_encoded = True
        yield from zip([sighting for sighting, _ in pairs], vectors, strict=True)

    def _one_by_one(
        self, pairs: Sequence[tuple[LoggedSighting, Image]]
    ) -> Iterator[tuple[LoggedSighting, Vector]]:
        for sighting, picture in pairs:
            try:
                yield sighting, self._parts.encoder.encode_images([picture])[0]
            except WeightsUnusable:
                self._miss(sighting)

    def _give_way(self) -> None:
        until = self._parts.clock.monotonic() + GIVES_WAY_S
        while (
            self._parts.clock.monotonic() < until
            and not self._parts.stopped()
            and self._parts.crops.length()
        ):
            self._parts.clock.sleep(0.05)
