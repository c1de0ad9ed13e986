"""Opens what lasts: Redis, pictures, boxes."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import redis

from pipeline.clock import SystemClock
from pipeline.config import Settings
from pipeline.data_folder import DataFolder
from pipeline.errors import ConfigError, StoreUnavailable
from pipeline.store.boxes import BoxArchive
from pipeline.store.budget import Budgets
from pipeline.store.cameras import CameraStore
from pipeline.store.cases import CaseStore
from pipeline.store.connection import connect, store_errors
from pipeline.store.crop_stream import CropStream
from pipeline.store.held import HeldTracks
from pipeline.store.imports import ImportsAtWork
from pipeline.store.keys import Keys
from pipeline.store.log_archive import LogArchive
from pipeline.store.log_mover import LogMover
from pipeline.store.media import FolderMedia
from pipeline.store.model_change import ModelStore
from pipeline.store.retention import Retention, RetentionPolicy
from pipeline.store.ring import RingFolder
from pipeline.store.runs import RunStore
from pipeline.store.server import PrivateRedis
from pipeline.store.sighting_log import SightingLog
from pipeline.store.tracks import TrackStore
from pipeline.store.video_sweep import VideoSweep
from pipeline.store.whole_log import WholeLog
from pipeline.wiring.clip_desks import clip_desk, min_free_bytes, video_keep_s
from pipeline.workers.catalogue import Catalogue
from pipeline.workers.collecting import Collections
from pipeline.workers.held_video import HeldVideo
from pipeline.workers.holding import HoldFolder, Holding

# A view that was silent for a day no longer holds the log back.
VIEW_TIMEOUT_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Stores:
    """Everything a worker may keep things in."""

    client: redis.Redis
    crops: CropStream
    sightings: SightingLog
    models: ModelStore
    tracks: TrackStore
    cameras: CameraStore
    runs: RunStore
    media: FolderMedia
    boxes: BoxArchive
    imports: ImportsAtWork
    ring: RingFolder
    clips: Path
    policy: RetentionPolicy
    retention: Retention
    mover: LogMover | None
    holding: Holding
    cases: CaseStore


def open_folder(settings: Settings) -> DataFolder:
    """The data folder, made if it is missing."""
    return DataFolder.open(
        settings.data_dir,
        runtime_dir=settings.runtime_dir,
        xdg_runtime_dir=os.environ.get("XDG_RUNTIME_DIR"),
    )


def open_stores(settings: Settings, redis_url: str | None = None) -> Stores:
    """Connect to Redis and the data folder.

    Args:
        settings: all of them.
        redis_url: the private Redis; the one of the settings otherwise.

    Raises:
        ConfigError: there is no Redis to connect to, or it turns us away. One that does not
            answer may yet.
    """
    url = redis_url or settings.redis.url
    if url is None:
        raise ConfigError(
            "a worker of its own needs redis.url (DESCRY_REDIS__URL): set it, or use 'descry run'"
        )
    password = settings.redis.password
    private = redis_url is not None
    client = connect(
        url=url,
        unix_socket=None,
        username=None if private else settings.redis.username,
        password=None if private or password is None else password.get_secret_value(),
        timeout_s=settings.redis.timeout_s,
        ca_file=settings.redis.ca_file,
    )
    with suppress(StoreUnavailable), store_errors():
        client.ping()
    folder = open_folder(settings)
    ours = f"unix://{PrivateRedis(folder.path, folder.runtime_dir).socket}"
    return _assemble(settings, client, folder, is_ours=url == ours)


def _assemble(
    settings: Settings, client: redis.Redis, opened: DataFolder, *, is_ours: bool
) -> Stores:
    keys, folder = Keys(settings.redis.namespace), opened.path
    media, boxes = FolderMedia(folder / "media"), BoxArchive(folder / "boxes")
    ring, clips = RingFolder(folder / "ring"), folder / "clips"
    retention = settings.retention
    # Workers elsewhere have no such files: the log of a Redis that others may use stays whole.
    archive = LogArchive(client, keys, opened.sightings) if is_ours else None
    whole = WholeLog(client, keys, archive)
    sightings = SightingLog(client, keys, whole)
    tracks, runs, cameras = (
        TrackStore(client, keys), RunStore(client, keys), CameraStore(client, keys),
    )  # fmt: skip
    desk = clip_desk(
        settings, tracks=tracks, runs=runs, sightings=sightings, cameras=cameras, ring=ring
    )
    held, holds = HeldTracks(client, keys), folder / "holds"
    video = HeldVideo(HoldFolder(holds).clips(), desk, min_free_bytes(settings))
    holding = Holding(held, sightings, media, holds, SystemClock(), video)
    policy = RetentionPolicy(
        live_s=retention.live_s, imports_s=retention.imports_s, collections=retention.collections
    )
    return Stores(
        client=client,
        crops=CropStream(client, keys, max_length=settings.crops.max_length),
        sightings=sightings,
        models=ModelStore(client, keys, whole),
        tracks=tracks,
        cameras=cameras,
        runs=runs,
        media=media,
        boxes=boxes,
        imports=ImportsAtWork(client, keys),
        ring=ring,
        clips=clips,
        policy=policy,
        retention=Retention(
            client,
            keys,
            media,
            boxes,
            policy,
            view_timeout_s=VIEW_TIMEOUT_S,
            video=VideoSweep(ring, video_keep_s(settings), clips, settings.export.keep_s),
            keep_held=holding.refresh,
            budgets=budgets_of(settings),
            whole=whole,
        ),
        mover=None
        if archive is None
        else LogMover(
            client, keys, archive, keep=settings.redis.keep_shots, before_first=opened.refuse_older
        ),
        holding=holding,
        cases=CaseStore(folder / "cases.sqlite"),
    )


def budgets_of(settings: Settings) -> Budgets:
    """How much disk each collection may take."""
    retention = settings.retention
    return Budgets.in_mb(retention.live_mb, retention.imports_mb, retention.collections_mb)


def build_catalogue(settings: Settings, stores: Stores) -> Catalogue:
    """What lists the contents of the stores."""
    zones = {name: list(camera.zones) for name, camera in settings.cameras.items() if camera.zones}
    return Catalogue(stores.cameras, stores.runs, stores.tracks, stores.boxes, SystemClock(), zones)


def build_collections(
    stores: Stores, removed: Callable[[], dict[str, str]] | None = None
) -> Collections:
    """What lists and removes the collections in the stores.

    Args:
        stores: where they are.
        removed: what an index in this process knows to be removed; None if there is none.
    """
    return Collections(
        cameras=stores.cameras,
        runs=stores.runs,
        tracks=stores.tracks,
        imports=stores.imports,
        policy=stores.policy,
        retention=stores.retention,
        clock=SystemClock(),
        removed=removed,
    )
