"""The embed worker: crops in, sightings out."""

import logging
import random
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import cv2
import numpy as np

from detectors.quality import is_colourless
from detectors.types import Image
from pipeline.clock import Clock
from pipeline.errors import OtherModel, StoreFull, StoreUnavailable
from pipeline.instants import LATEST_AT
from pipeline.retry import Backoff
from pipeline.store.crop_stream import CropStream, TakenCrop
from pipeline.store.media import Media, picture_key
from pipeline.store.sighting_log import SightingLog
from pipeline.store.wire import LoggedSighting
from pipeline.telemetry import Telemetry
from retrieval.errors import WeightsUnusable
from retrieval.ports import Encoder
from retrieval.types import Vector

log = logging.getLogger(__name__)

# A crop held this long without a sign of life belonged to a worker that died.
RECLAIM_AFTER_S = 15.0
# What tops up a batch is new: a crop that may have killed its worker comes alone.
NEVER_S = 1e9


@dataclass(frozen=True, slots=True)
class Embedding:
    """What the embed worker works with."""

    encoder: Encoder
    crops: CropStream
    sightings: SightingLog
    media: Media
    telemetry: Telemetry
    clock: Clock


class EmbedWorker:
    """Takes crops of a consumer group, encodes them in batches, settles them.

    A crop is acknowledged only in the same step that writes its sighting, so a worker killed at
    any instant leaves it to be taken again.
    """

    def __init__(self, parts: Embedding, *, name: str, batch: int, max_wait_s: float) -> None:
        """Give it its neighbours.

        Args:
            parts: what it works with.
            name: this consumer, unique in its group.
            batch: the most crops encoded at once.
            max_wait_s: how long a crop may wait for others to share its batch.
        """
        self._parts, self._name = parts, name
        self._batch, self._max_wait_s = batch, max_wait_s
        self._in_hand: list[tuple[TakenCrop, LoggedSighting]] = []
        self._resumed = False
        self._has_encoded = False

    def run(self, stop: threading.Event) -> None:
        """Work until `stop`, or until another model is in use; what was in hand is taken again.

        Waits while Redis is away or the disk is full.
        """
        backoff = Backoff(0.2, 5.0, random.Random())
        away = False
        while not stop.is_set():
            try:
                self.work_once(block_s=0.5)
                if away:
                    log.info("the store is back")
                away = False
                backoff.reset()
            except OtherModel as error:
                log.info("%s", error)
                break
            except (StoreUnavailable, StoreFull) as error:
                self._parts.telemetry.store_unavailable.inc()
                if not away:
                    log.warning("%s; crops wait until it is mended", error)
                away = True
                self._resumed = False  # what was taken and not told of is taken up at once
                stop.wait(backoff.next_wait_s())
        with suppress(StoreUnavailable):
            self._parts.crops.leave(self._name)

    def work_once(self, *, block_s: float) -> int:
        """Embed one batch, or settle the one that could not be settled; how many were.

        A batch that was encoded stays in hand until it is settled. Handing it back would have it
        delivered again and again while the disk is full, and put aside as if it were damaged.

        Raises:
            OtherModel: another model is in use by now; what was embedded with ours waits for it.
        """
        self._parts.crops.ensure_group()
        if not self._in_hand:
            taken = self._gather(block_s)
            self._in_hand = self._embed(taken)
        if not self._in_hand:
            return 0
        self._parts.crops.touch(self._name, [crop.entry_id for crop, _ in self._in_hand])
        for crop, sighting in self._in_hand:
            self._parts.media.write(sighting.picture, crop.shot.jpeg)
        settled = self._parts.sightings.settle(self._in_hand)
        for picture in settled.erased:
            self._parts.media.delete(picture)
        self._in_hand = []
        embedded = self._parts.telemetry.shots_embedded.labels(self._parts.encoder.model_id)
        embedded.inc(settled.sightings)
        if settled.refused:
            raise OtherModel(f"{self._parts.encoder.model_id} is not the model in use any more")
        return settled.sightings

    def _gather(self, block_s: float) -> list[TakenCrop]:
        """Wait for the first crop, then a moment for others to share the batch."""
        crops, clock = self._parts.crops, self._parts.clock
        if not self._resumed:
            # What this name held when its last process was killed; nobody else has the name.
            mine = crops.resume(self._name, count=1)
            self._resumed = not mine
            return mine
        taken = self._take(self._batch, block_s)
        if taken and taken[0].deliveries > 1:
            return taken  # perhaps it killed its worker: it must not take others along
        deadline = clock.monotonic() + self._max_wait_s
        while taken and len(taken) < self._batch:
            left_s = deadline - clock.monotonic()
            if left_s <= 0.001 or crops.length() <= len(taken):
                break
            taken += self._take(self._batch - len(taken), left_s, reclaim_after_s=NEVER_S)
        return taken

    def _take(
        self, count: int, block_s: float, *, reclaim_after_s: float = RECLAIM_AFTER_S
    ) -> list[TakenCrop]:
        return self._parts.crops.take(
            self._name, count=count, block_s=block_s, reclaim_idle_s=reclaim_after_s
        )

    def _embed(self, taken: Sequence[TakenCrop]) -> list[tuple[TakenCrop, LoggedSighting]]:
        pictures: list[Image] = []
        readable: list[TakenCrop] = []
        for crop in taken:
            picture = decode_jpeg(crop.shot.jpeg)
            if picture is None:
                self._parts.crops.discard(crop.entry_id, "its picture is damaged")
                continue
            if not 0 <= crop.shot.captured_at <= LATEST_AT:
                self._parts.crops.discard(crop.entry_id, "its instant is none")
                continue
            pictures.append(picture)
            readable.append(crop)
        if not readable:
            return []
        with self._parts.telemetry.embed_batch_s.time():
            vectors = self._encode(pictures)
        now = self._parts.clock.now()
        model_id = self._parts.encoder.model_id
        pairs = []
        for crop, vector, picture in zip(readable, vectors, pictures, strict=True):
            if vector is None:
                self._parts.crops.discard(crop.entry_id, "its vector is no number")
                continue
            sighting = sighting_of(crop, vector, model_id=model_id, now=now)
            pairs.append((crop, replace(sighting, is_grey=is_colourless(picture))))
        return pairs

    def _encode(self, pictures: Sequence[Image]) -> list[Vector | None]:
        """A vector for each picture; None for one that the model cannot take.

        Raises:
            WeightsUnusable: it takes none of several: the fault is the model's.
        """
        encode = self._parts.encoder.encode_images
        try:
            vectors = list(encode(pictures))
        except WeightsUnusable as error:
            if len(pictures) == 1:
                if not self._has_encoded:
                    raise  # perhaps no picture pleases this model: lose none to it
                log.warning("a picture could not be encoded: %s", error)
                return [None]
            one_by_one = [self._encode_alone(picture) for picture in pictures]
            if all(vector is None for vector in one_by_one):
                raise
            return one_by_one
        self._has_encoded = True
        return list(vectors)

    def _encode_alone(self, picture: Image) -> Vector | None:
        try:
            vector: Vector = self._parts.encoder.encode_images([picture])[0]
        except WeightsUnusable:
            return None
        self._has_encoded = True
        return vector


def decode_jpeg(data: bytes) -> Image | None:
    """The picture as (H, W, 3) RGB; None if the bytes are no picture."""
    if not data:
        return None
    bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if bgr is None:
        return None
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB).astype(np.uint8)


def sighting_of(
    crop: TakenCrop, vector: np.ndarray, *, model_id: str, now: float
) -> LoggedSighting:
    """What the log keeps of a crop and its vector (D,)."""
    shot = crop.shot
    return LoggedSighting(
        shot=shot.shot,
        collection=shot.collection,
        captured_at=shot.captured_at,
        vector=vector,
        model_id=model_id,
        box=shot.box,
        frame_width=shot.frame_width,
        frame_height=shot.frame_height,
        quality=shot.quality.overall,
        picture=picture_key(shot.shot, shot.captured_at),
        replaces=shot.replaces,
        imported_at=shot.imported_at,
        time_source=shot.time_source,
        is_live=shot.is_live,
        published_at=shot.published_at,
        zones=shot.zones,
        embedded_at=now,
        picture_bytes=len(shot.jpeg),
    )
