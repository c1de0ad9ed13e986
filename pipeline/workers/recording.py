"""Tells the store what a run saw: in order, and again until the store has heard it."""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from detectors.types import TrackKey
from pipeline.clock import Clock
from pipeline.errors import StoreUnavailable
from pipeline.store.crop_stream import CropStream, Publish
from pipeline.store.tracks import TrackStore
from pipeline.store.wire import PublishedShot
from pipeline.telemetry import Telemetry
from pipeline.workers.following import Step
from pipeline.workers.pictures import Publishing

log = logging.getLogger(__name__)

# How often the track hash of a person in view is refreshed: often enough for "seen 2 s ago".
SEEN_EVERY_S = 1.0

Deed = Callable[[], bool]
"""Something to tell the store; False if there was no room and it must be tried again.

Every deed may be done twice with the same result, since a lost reply looks like a failure.
"""


def done(deed: Callable[[], object]) -> bool:
    """Do something that never lacks room."""
    deed()
    return True


class TakesDeeds(Protocol):
    """What a recorder puts its deeds into."""

    def put(self, deed: Deed, *, is_expendable: bool = False) -> None:
        """Keep a deed until the store has heard it."""
        ...


class Outbox:
    """What the store has not heard yet, in order.

    Redis may be away for a while. A camera keeps a bounded number of deeds and counts what it
    gave up; a recording waits instead, so nothing is given up.
    """

    def __init__(self, *, at_most: int | None) -> None:
        """Start empty.

        Args:
            at_most: deeds kept; None for no bound (the caller waits until it is empty).
        """
        self._deeds: deque[tuple[Deed, bool]] = deque()
        self._at_most = at_most
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._deeds)

    def put(self, deed: Deed, *, is_expendable: bool = False) -> None:
        """Keep a deed; if there are too many, the oldest expendable one goes.

        A shot or a "still there" can be missed. That a run or a track began or ended cannot: it
        would stay half told for ever. Such deeds are few, and are kept beyond the bound.
        """
        if self._at_most is not None and len(self._deeds) >= self._at_most:
            oldest = next((i for i, (_, expendable) in enumerate(self._deeds) if expendable), None)
            if oldest is not None:
                del self._deeds[oldest]
                self.dropped += 1
        self._deeds.append((deed, is_expendable))

    def flush(self) -> bool:
        """Do what can be done; whether nothing is left.

        Raises:
            StoreUnavailable: Redis is away; what is left stays, in order.
        """
        while self._deeds:
            if not self._deeds[0][0]():
                return False
            self._deeds.popleft()
        return True

    def flush_waiting(self, *, clock: Clock, stopped: Callable[[], bool]) -> bool:
        """Do everything, waiting for Redis and for room; False if stopped before that."""
        warned = False
        while not stopped():
            try:
                if self.flush():
                    return True
            except StoreUnavailable as error:
                if not warned:
                    log.warning("%s; waiting for it", error)
                    warned = True
            clock.sleep(0.1)
        return False


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a run's shots and tracks go."""

    crops: CropStream
    tracks: TrackStore
    telemetry: Telemetry


class Recorder:
    """Turns the steps of one run into deeds for the store."""

    def __init__(
        self, destination: Destination, publishing: Publishing, outbox: TakesDeeds, clock: Clock
    ) -> None:
        self._to, self._publishing = destination, publishing
        self._outbox, self._clock = outbox, clock
        self._seen: dict[TrackKey, float] = {}
        self._told_at = clock.monotonic()

    def record(self, step: Step) -> None:
        """Queue what `step` changed; the outbox does it."""
        tracks, publishing = self._to.tracks, self._publishing
        for key, at in step.opened.items():
            deed = partial(
                tracks.open,
                key,
                collection=publishing.collection,
                is_live=publishing.is_live,
                first_seen_at=at,
                imported_at=publishing.imported_at,
                heard_at=self._heard_at(),
            )
            self._put(deed)
        for shot in step.shots:
            message = publishing.message(shot, now=self._clock.now())
            self._outbox.put(partial(self._publish, message), is_expendable=True)
        self._tell_seen(step)
        if step.ended:
            self._put(partial(tracks.end, step.ended))

    def _tell_seen(self, step: Step) -> None:
        self._seen.update(step.seen)
        for key in step.ended:
            self._seen.pop(key, None)
        now = self._clock.monotonic()
        if self._seen and now - self._told_at >= SEEN_EVERY_S:
            self._told_at = now
            seen, self._seen = self._seen, {}
            tell = partial(done, partial(self._to.tracks.seen, seen, self._heard_at()))
            self._outbox.put(tell, is_expendable=True)

    def _heard_at(self) -> float | None:
        """Now, of a live camera: people in view are told by our clock, whatever dates them."""
        return self._clock.now() if self._publishing.is_live else None

    def _publish(self, message: PublishedShot) -> bool:
        camera_id = message.shot.track.camera_id
        outcome = self._to.crops.publish(message)
        if outcome is Publish.FULL:
            if message.is_live:
                self._to.telemetry.shots_dropped.labels(camera_id).inc()
                return True
            return False
        if outcome is Publish.PUBLISHED:
            self._to.telemetry.shots_published.labels(camera_id).inc()
        return True

    def _put(self, deed: Callable[[], object]) -> None:
        self._outbox.put(partial(done, deed))
