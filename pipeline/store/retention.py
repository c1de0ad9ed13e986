"""The one module that forgets: sightings, tracks, pictures, runs, boxes."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import redis

from detectors.types import TrackKey
from pipeline.store.alerts import AlertStore
from pipeline.store.boxes import BoxArchive
from pipeline.store.budget import Budget, Budgets
from pipeline.store.cameras import CameraStore
from pipeline.store.connection import store_errors
from pipeline.store.forget_scripts import FORGET_CROP, FORGET_SHOT, FORGET_TRACK
from pipeline.store.keys import GROUP, Keys
from pipeline.store.lost_shots import forget_lost_shots
from pipeline.store.media import Media
from pipeline.store.runs import RunStore
from pipeline.store.sighting_log import SightingLog
from pipeline.store.stream_scan import Message, StreamScan
from pipeline.store.sweeps import Stopped, Sweep, SweepReport
from pipeline.store.track_record import TrackRecord, decode_track
from pipeline.store.video_sweep import VideoSweep
from pipeline.store.whole_log import WholeLog

log = logging.getLogger(__name__)

#: How long the picture of a replaced shot stays, for a page that still shows it.
_RETIRED_FOR_S = 600.0
#: A `*.tmp` older than this belongs to no living writer.
_LEFTOVER_AFTER_S = 3600.0
_BATCH = 500


@dataclass(frozen=True, slots=True)
class RetentionPolicy:
    """How long things stay; None is for ever.

    Attributes:
        live_s: what a live camera saw, from the instant of capture.
        imports_s: what was imported, from the first import on.
        collections: the same for single collections, by name.
    """

    live_s: float | None
    imports_s: float | None
    collections: Mapping[str, float | None] = field(default_factory=dict)

    def kept_s(self, collection: str) -> float | None:
        """How long what is in `collection` stays, seconds; None for ever."""
        usual = self.live_s if collection == "live" else self.imports_s
        return self.collections.get(collection, usual)

    def expires_at(
        self, collection: str, captured_at: float, imported_at: float | None
    ) -> float | None:
        """The instant from which it must not be found; None for never."""
        kept_s = self.kept_s(collection)
        if kept_s is None:
            return None
        is_live = collection == "live" or imported_at is None
        return (captured_at if is_live or imported_at is None else imported_at) + kept_s


class Retention:
    """Forgets what is past retention, in batches, and may be stopped between them.

    A picture goes before the message that names it, so that a sweep that was killed is
    completed by the next. Nothing is trimmed by length: what is young stays, read or not.
    What is held is copied before anything is forgotten; where it cannot be, nothing is.

    Attributes:
        budget: what collections take, and may take.
    """

    def __init__(
        self,
        client: redis.Redis,
        keys: Keys,
        media: Media,
        boxes: BoxArchive,
        policy: RetentionPolicy,
        *,
        budgets: Budgets = Budgets(),  # noqa: B008
        view_timeout_s: float = 86_400.0,
        video: VideoSweep | None = None,
        keep_held: Callable[[], object] = lambda: None,
        whole: WholeLog | None = None,
    ) -> None:
        self._redis = client
        self._keys = keys
        self._media = media
        self._boxes = boxes
        self._policy = policy
        self._view_timeout_s = view_timeout_s
        self._video, self._keep_held = video, keep_held
        self.budget = Budget(client, keys, media, budgets)
        self._whole = whole or WholeLog(client, keys)
        self._log = SightingLog(client, keys, self._whole)
        self._alerts = AlertStore(client, keys)
        self._cameras = CameraStore(client, keys)
        self._runs = RunStore(client, keys)
        self._scan = StreamScan(client)
        self._forget_shot = client.register_script(FORGET_SHOT)
        self._forget_crop = client.register_script(FORGET_CROP)
        self._forget_track = client.register_script(FORGET_TRACK)

    @store_errors()
    def sweep(self, now: float, stopped: Callable[[], bool] = lambda: False) -> SweepReport:
        """Forget all that has expired by `now` (Unix seconds), then what is over its budget."""

        def expired(collection: str, captured_at: float, imported_at: float | None) -> bool:
            expires_at = self._policy.expires_at(collection, captured_at, imported_at)
            return expires_at is not None and expires_at <= now

        def gone(collection: str, captured_at: float, imported_at: float | None) -> bool:
            is_over = self.budget.is_over(collection, captured_at)
            return is_over or expired(collection, captured_at, imported_at)

        sweep = Sweep(gone, expired, stopped, self.budget.weigh)
        self._keep_held()
        if self._video is not None:
            sweep.report.videos = self._video.sweep(now)
        try:
            self.budget.begin()
            self._forget(sweep)
            while self.budget.settle():
                self._keep_held()
                self._forget(sweep)
            self._forget_retired(sweep, now - _RETIRED_FOR_S)
            self._forget_views(sweep, now - self._view_timeout_s)
            sweep.report.leftovers = self._media.delete_leftovers(now - _LEFTOVER_AFTER_S)
        except Stopped:
            sweep.report.finished = False
        return sweep.report

    @store_errors()
    def remove_collection(
        self, name: str, stopped: Callable[[], bool] = lambda: False
    ) -> SweepReport:
        """Forget a collection, whatever its age; nothing may be importing into it.

        Views that have it in memory learn of it from `SightingLog.removed`.
        """

        def gone(collection: str, _at: float, _imported_at: float | None) -> bool:
            return collection == name

        sweep = Sweep(gone, gone, stopped)
        self._keep_held()
        if self._video is not None and name == "live":
            sweep.report.videos = self._video.erase()
        try:
            self._forget(sweep)
            self._redis.hset(self._keys.removed, name, self._log.end())
            self._redis.hdel(self._keys.collections, name)
            self.budget.forget(name)
        except Stopped:
            sweep.report.finished = False
        return sweep.report

    def _forget(self, sweep: Sweep) -> None:
        self._forget_crops(sweep)
        self._forget_sightings(sweep)
        if self._whole.age(sweep.gone):
            old = [(key, r) for key, r, _ in self._all_tracks(sweep) if r is not None]
            forget_lost_shots(self._redis, self._keys, old, sweep.gone, self._delete_picture)
        self._forget_runs(sweep, self._forget_tracks(sweep))
        # Watches tell of live cameras alone.
        sweep.report.alerts += self._alerts.expire(lambda at: sweep.gone("live", at, None))

    def _forget_crops(self, sweep: Sweep) -> None:
        crops = self._keys.crops
        for batch in self._expired(self._scan.batches(crops, _BATCH), sweep):
            for crop in batch:
                sweep.report.crops += self._forget_crop(keys=[crops], args=[GROUP, crop.entry_id])

    def _forget_sightings(self, sweep: Sweep) -> None:
        sightings = self._keys.sightings
        all_of = self._whole.messages(_BATCH, wanted=partial(self.budget.wants, gone=sweep.gone))
        for batch in self._expired(all_of, sweep, sweep.stays):
            if not batch:
                continue
            for message in batch:
                sweep.report.pictures += self._delete_picture(message.picture)
            with self._whole.lock(), self._redis.pipeline(transaction=False) as pipe:
                for message in batch:
                    if message.shot is None:
                        pipe.xdel(sightings, message.entry_id)
                        continue
                    keys = [sightings, self._keys.track(message.shot.track)]
                    number = str(message.shot.number)
                    self._forget_shot(keys=keys, args=[message.entry_id, number], client=pipe)
                sweep.report.sightings += sum(pipe.execute())
                sweep.report.sightings += self._whole.delete([m.entry_id for m in batch])

    def _expired(
        self,
        batches: Iterable[list[Message]],
        sweep: Sweep,
        stays: Callable[[Message], object] = lambda _: None,
    ) -> Iterator[list[Message]]:
        """What must go, a batch at a time; `stays` hears of the rest."""
        sweep.check()
        for batch in batches:
            must_go: list[Message] = []
            for m in batch:
                is_gone = sweep.gone(m.collection, m.captured_at, m.imported_at)
                (must_go.append if is_gone else stays)(m)
            yield must_go
            sweep.check()

    def _forget_tracks(self, sweep: Sweep) -> set[tuple[str, str]]:
        """The (camera, run) of the tracks that stay."""
        surviving: set[tuple[str, str]] = set()
        for key, record, last in self._all_tracks(sweep):
            if record is None or (
                not record.shots
                and sweep.gone(record.collection, record.last_seen_at, record.imported_at)
            ):
                hashes = [self._keys.track(key), self._keys.tracks(key.camera_id), self._keys.live]
                if self._forget_track(keys=hashes, args=[str(key), last]):
                    sweep.report.tracks += 1
                    continue
            surviving.add((key.camera_id, key.run_id))
        return surviving

    def _all_tracks(self, sweep: Sweep) -> Iterator[tuple[TrackKey, TrackRecord | None, bytes]]:
        for camera_id in self._cameras.known():
            members: Any = self._redis.zrange(self._keys.tracks(camera_id), 0, -1)
            for start in range(0, len(members), _BATCH):
                sweep.check()
                keys = [TrackKey.parse(m.decode()) for m in members[start : start + _BATCH]]
                with self._redis.pipeline(transaction=False) as pipe:
                    for key in keys:
                        pipe.hgetall(self._keys.track(key))
                    found = pipe.execute()
                for key, known in zip(keys, found, strict=True):
                    yield key, decode_track(key, known), known.get(b"last", b"")

    def _forget_runs(self, sweep: Sweep, surviving: set[tuple[str, str]]) -> None:
        for camera_id in self._cameras.known():
            sweep.check()
            for run in self._runs.of_camera(camera_id):
                seen_at = run.started_at if run.watched_until is None else run.watched_until
                ends = sweep.expired if run.state == "reading" else sweep.gone
                is_gone = ends(run.collection, seen_at, run.imported_at)
                if is_gone and (camera_id, run.run_id) not in surviving:
                    self._boxes.delete(camera_id, run.run_id)
                    self._redis.zrem(self._keys.runs(camera_id), run.run_id)
                    self._redis.zrem(self._keys.run_changes(camera_id), run.run_id)
                    self._redis.delete(self._keys.run(camera_id, run.run_id))
                    sweep.report.runs += 1

    def _forget_retired(self, sweep: Sweep, before: float) -> None:
        retired = self._keys.retired
        while True:
            sweep.check()
            pictures: Any = self._redis.zrangebyscore(retired, "-inf", before, 0, _BATCH)
            if not pictures:
                return
            for picture in pictures:
                sweep.report.pictures += self._delete_picture(picture.decode())
            self._redis.zrem(retired, *pictures)

    def _forget_views(self, sweep: Sweep, before: float) -> None:
        silent = [n for n, view in self._log.views().items() if view.heartbeat_at < before]
        if silent:
            sweep.report.views = int(self._redis.hdel(self._keys.views, *silent))
            log.warning("views gave no sign of life and must rebuild: %s", ", ".join(silent))

    def _delete_picture(self, key: str) -> bool:
        try:
            return bool(key) and self._media.delete(key)
        except ValueError as error:
            log.warning("a message names a picture that is none of ours: %s", error)
            return False
