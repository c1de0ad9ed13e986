"""What each collection holds, and the end of one."""

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from pipeline.answers import CollectionAnswer, RemovedAnswer
from pipeline.clock import Clock
from pipeline.errors import ConfigError, NotFound, StoreUnavailable
from pipeline.instants import format_instant
from pipeline.store.cameras import CameraStore
from pipeline.store.imports import ImportsAtWork
from pipeline.store.retention import Retention, RetentionPolicy
from pipeline.store.runs import RunRecord, RunStore
from pipeline.store.track_record import TrackCursor, TrackRecord
from pipeline.store.tracks import TrackStore

LIVE = "live"
TRACKS_AT_ONCE = 1000
# The index hears of it at its next look at the log, a moment later.
FORGOTTEN_WITHIN_S = 10.0


@dataclass(slots=True)
class _Contents:
    runs: list[RunRecord] = field(default_factory=list)
    tracks: int = 0
    shots: int = 0


@dataclass(frozen=True, slots=True)
class Collections:
    """Lists collections and removes them.

    Attributes:
        removed: what the index of this process knows to be removed; None where there is none.
    """

    cameras: CameraStore
    runs: RunStore
    tracks: TrackStore
    imports: ImportsAtWork
    policy: RetentionPolicy
    retention: Retention
    clock: Clock
    removed: Callable[[], dict[str, str]] | None = None

    def collections(self, among: Collection[str] | None = None) -> list[CollectionAnswer]:
        """Every collection, by name; what is told of it is of all cameras, or of those `among`.

        A collection without anything of those is left out.
        """
        known = self.cameras.known()
        cameras = known if among is None else [name for name in known if name in among]
        names = self.runs.collections() if among is None else ()
        contents = {name: _Contents() for name in names}
        for camera in cameras:
            for run in self.runs.of_camera(camera):
                contents.setdefault(run.collection, _Contents()).runs.append(run)
        for track in self.every_track(among):
            into = contents.setdefault(track.collection, _Contents())
            into.tracks, into.shots = into.tracks + 1, into.shots + track.shots
        weights = self.retention.budget.weights()
        return [self._answer(name, contents[name], weights.get(name)) for name in sorted(contents)]

    def remove_collection(self, name: str) -> RemovedAnswer:
        """Forget a collection: its pictures, tracks, runs and all that can be found of it.

        Raises:
            ConfigError: it is what cameras see, or it is being filled.
            NotFound: there is none of that name.
            StoreUnavailable: Redis went away on the way; removing it again goes on.
        """
        if name == LIVE:
            raise ConfigError(
                f"{LIVE!r} is what cameras see: it ages by retention.live_s, and is not removed"
            )
        known = self.runs.collections()
        if name not in known:
            raise NotFound(f"no collection {name!r}; known: {', '.join(sorted(known)) or 'none'}")
        self.imports.close(name)
        try:
            if self.imports.count(name, self.clock.now()):
                raise ConfigError(
                    f"{name!r} is being imported into: stop that, or wait for its end"
                )
            report = self.retention.remove_collection(name, self._keep_closed(name))
            self._wait_for_index(name)
        finally:
            self.imports.open(name)
        return RemovedAnswer(
            collection=name,
            tracks=report.tracks,
            shots=report.sightings + report.crops,
            pictures=report.pictures,
            runs=report.runs,
        )

    def _keep_closed(self, name: str) -> Callable[[], bool]:
        """To be asked now and then whether to stop: never, and no import may begin until then."""

        def stopped() -> bool:
            self.imports.close(name)
            return False

        return stopped

    def _wait_for_index(self, name: str) -> None:
        deadline = self.clock.monotonic() + FORGOTTEN_WITHIN_S
        while self.removed is not None and name not in self.removed():
            if self.clock.monotonic() > deadline:
                raise StoreUnavailable(
                    f"{name!r} is removed, but the index has not heard of it yet: search later"
                )
            time.sleep(0.02)

    def every_track(self, among: Collection[str] | None = None) -> Iterator[TrackRecord]:
        """All that are known, of all cameras or of those `among`, by first sight."""
        after: TrackCursor | None = None
        while page := self.tracks.list(None, after=after, count=TRACKS_AT_ONCE, among=among):
            yield from page
            after = TrackCursor.after(page[-1])

    def _answer(self, name: str, contents: _Contents, weight: int | None) -> CollectionAnswer:
        runs = contents.runs
        first = min((run.started_at for run in runs), default=None)
        last = max((run.watched_until or run.started_at for run in runs), default=None)
        return CollectionAnswer(
            collection=name,
            cameras=sorted({run.camera_id for run in runs}),
            runs=len(runs),
            tracks=contents.tracks,
            shots=contents.shots,
            kept_s=self.policy.kept_s(name),
            bytes=weight,
            budget_bytes=self.retention.budget.budgets.of(name),
            first_captured_at=None if first is None else format_instant(first),
            last_captured_at=None if last is None else format_instant(last),
        )
