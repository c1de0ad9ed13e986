"""Builds the query worker: index, view, service, HTTP."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from fastapi import FastAPI

from pipeline.api.app import Backing, build_app
from pipeline.api.auditing import AuditRules
from pipeline.clock import SystemClock
from pipeline.config import Settings
from pipeline.errors import ConfigError, NotFound
from pipeline.same_ground import read_same_ground
from pipeline.store.audit_log import AuditLog
from pipeline.store.audit_reading import AuditReader
from pipeline.store.cameras import CameraStatus, CameraStore
from pipeline.store.connection import store_errors
from pipeline.store.crop_stream import CropStream
from pipeline.store.kept_answers import FOLDER, KeptAnswers
from pipeline.store.last_picture import last_picture
from pipeline.store.media import FolderMedia
from pipeline.store.runs import RunRecord, RunStore
from pipeline.store.sighting_log import SightingLog
from pipeline.store_figures import CameraFigures, StoreFigures
from pipeline.telemetry import ScrapePage, Telemetry
from pipeline.wiring.accountable import build_accountable
from pipeline.wiring.accounts import build_door, open_accounts, tls_files, warn_of_open_doors
from pipeline.wiring.auditing import build_audit_checking, note_settings, open_audit
from pipeline.wiring.casework import build_vouchers
from pipeline.wiring.delivering import build_delivery_desk, delivery_figures
from pipeline.wiring.enrolment import build_enrolment
from pipeline.wiring.erasing import build_erasing
from pipeline.wiring.exporting import clip_cutter
from pipeline.wiring.importing import build_importing
from pipeline.wiring.installation import build_models, build_system
from pipeline.wiring.journeys import build_sequences, build_travelling
from pipeline.wiring.lineage import Lineage
from pipeline.wiring.people import PeopleOnDemand
from pipeline.wiring.settings import token_file
from pipeline.wiring.standing import build_watching
from pipeline.wiring.stores import Stores, build_catalogue, build_collections, open_folder
from pipeline.workers.catalogue import LIVE_WITHIN_S, Catalogue
from pipeline.workers.erasing import Erasing
from pipeline.workers.explaining import Explaining
from pipeline.workers.grouping import Grouping
from pipeline.workers.liking import Liking
from pipeline.workers.listening import Servers, bind_tcp, bind_unix
from pipeline.workers.query import QueryWorker
from pipeline.workers.service import SearchService
from pipeline.workers.succession import Succession
from pipeline.workers.travelling import Travelling
from pipeline.workers.vouching import VouchedSearch
from pipeline.workers.watch_desk import WatchDesk

log = logging.getLogger(__name__)


def build_query_worker(settings: Settings, stores: Stores, api_socket: Path | None) -> QueryWorker:
    """The query worker of the settings.

    Raises:
        ConfigError: it has nowhere to listen.
        WeightsError: the encoder cannot be used.
        IndexUnusable: the index on disk cannot be used.
    """
    if api_socket is None and settings.api.port is None:
        raise ConfigError("a query worker of its own needs api.port (DESCRY_API__PORT) or --socket")
    clock, telemetry = SystemClock(), Telemetry()
    lineage = Lineage(settings, stores, telemetry)
    first = lineage.first()
    catalogue, find_people = build_catalogue(settings, stores), PeopleOnDemand(settings)
    sharing = read_same_ground(settings.search.same_ground)
    sequences = build_sequences(settings, stores, catalogue, sharing)
    service = SearchService(
        encoder=first.encoder,
        index=first.index,
        view=first.view,
        catalogue=catalogue,
        clock=clock,
        telemetry=telemetry,
        best_of=settings.search.best_of,
        trust=first.trust,
        liking=Liking(find_people, best_of=settings.search.best_of),
        grouping=Grouping(
            best_of=settings.search.best_of,
            sharing=sharing,
        ),
        sequences=sequences,
        parts=first.parts,
        scenes=first.scenes,
    )

    succession = Succession(first, lineage.estate(service.serve))
    erasing = build_erasing(settings, stores, succession.erased)
    watching = build_watching(
        settings, stores, catalogue, telemetry, lambda: service.engine, find_people
    )
    travel = build_travelling(settings, stores, lambda: service.engine)
    folder = open_folder(settings)
    audit = open_audit(settings, folder)
    note_settings(settings, folder, audit)
    backing = _backing(
        settings, stores, catalogue, service, telemetry, erasing, watching.desk, travel, audit
    )
    return QueryWorker(
        servers=_servers(settings, build_app(backing), api_socket),
        view=succession,
        watches=watching,
        retention=stores.retention,
        erasing=erasing,
        now=clock.now,
        sweep_s=settings.retention.sweep_s,
        also_sweep=(lambda: backing.answers.sweep(clock.now()), backing.imports.sweep),
        audit=audit,
        learn_travel=travel.learn,
        move_log=(lambda: None) if stores.mover is None else stores.mover.move,
    )


def _servers(settings: Settings, app: FastAPI, api_socket: Path | None) -> Servers:
    tls = tls_files(settings)
    listeners = [bind_unix(api_socket)] if api_socket is not None else []
    if settings.api.port is not None:
        warn_of_open_doors(settings.api.host, is_encrypted=tls is not None)
        listeners.append(bind_tcp(settings.api.host, settings.api.port))
        port = listeners[-1].getsockname()[1]
        log.info("the API and the console are at %s, port %d", settings.api.host, port)
    return Servers(app, listeners, tls, settings.api.trusted_proxies)


def _backing(
    settings: Settings,
    stores: Stores,
    catalogue: Catalogue,
    service: SearchService,
    telemetry: Telemetry,
    erasing: Erasing,
    desk: WatchDesk,
    travel: Travelling,
    audit: AuditLog,
) -> Backing:
    """What the application answers from."""
    now = SystemClock().now

    @store_errors()
    def ping() -> None:
        stores.client.ping()

    deliveries = delivery_figures(settings, stores)

    def figures() -> StoreFigures:
        known = read_figures(stores.crops, stores.sightings, stores.cameras, stores.runs, now=now())
        weights = stores.retention.budget.weights()
        return replace(known, collection_bytes=weights, deliveries=deliveries())

    return Backing(
        service=VouchedSearch(service, build_vouchers(settings)),
        lists=catalogue,
        known=catalogue,
        switches=catalogue,
        enrolment=build_enrolment(settings, stores, catalogue),
        collections=build_collections(stores, lambda: service.removed),
        erasing=erasing,
        holds=stores.holding,
        watches=desk,
        travel=travel,
        deliveries=build_delivery_desk(settings, stores),
        picture=partial(_picture, stores.media),
        last_picture=partial(last_picture, stores.ring),
        imports=build_importing(settings, stores),
        system=build_system(settings, telemetry, figures),
        models=build_models(settings, lambda: service.engine.encoder.model_id),
        clip=clip_cutter(settings, stores),
        why=Explaining(lambda: service.engine, partial(_picture, stores.media), SystemClock()).why,
        accountable=build_accountable(settings, stores, audit),
        ping=ping,
        metrics=ScrapePage(telemetry, figures).render,
        audit=AuditRules(audit, reason_required=settings.audit.reason_required),
        audit_pages=AuditReader(audit.folder),
        answers=KeptAnswers(open_folder(settings).path / FOLDER),
        audit_checks=build_audit_checking(settings, open_folder(settings)),
        token=_token(settings),
        source_url=settings.api.source_url,
        door=build_door(settings, open_accounts(settings.data_dir)),
    )


def read_figures(
    crops: CropStream, sightings: SightingLog, cameras: CameraStore, runs: RunStore, *, now: float
) -> StoreFigures:
    """What the workers left in the store, for the metrics.

    Raises:
        StoreUnavailable: Redis is away.
    """
    return StoreFigures(
        crops_pending=crops.length(),
        crop_age_s=crops.oldest_age_s(now),
        crops_damaged=crops.damaged(),
        sightings=sightings.length(),
        sightings_in_files=sightings.whole.in_files(),
        cameras=[
            _camera_figures(status, runs.of_camera(status.camera_id), now)
            for status in map(cameras.status, cameras.known())
            if status is not None
        ],
    )


def _camera_figures(status: CameraStatus, runs: Sequence[RunRecord], now: float) -> CameraFigures:
    # A worker that was killed cannot say that its camera is no longer watched.
    watched_until = max(
        (
            (run.watched_until or run.started_at) - run.clock_ahead_s
            for run in runs
            if run.kind == "live"
        ),
        default=float("-inf"),
    )
    is_up = status.state == "live" and now - watched_until < LIVE_WITHIN_S
    return CameraFigures(
        status.camera_id,
        is_up if status.kind == "rtsp" else None,
        frames_read=sum(run.frames_read for run in runs),
        frames_dropped=sum(run.frames_dropped for run in runs),
        frames_skipped=sum(run.frames_skipped for run in runs),
        tracks=sum(run.tracks for run in runs),
        shots=sum(run.shots_published for run in runs),
        outages=sum(run.kind == "live" and run.state == "broken" for run in runs),
        rates=status.rates if status.kind == "rtsp" else {},
    )


def _token(settings: Settings) -> str:
    if settings.api.token_file is None:
        return open_folder(settings).token()
    try:
        return token_file(settings).read_text().strip()
    except OSError as error:
        raise ConfigError(
            f"cannot read the token {token_file(settings)} ({error.strerror}): set api.token_file"
        ) from error


def _picture(media: FolderMedia, key: str) -> bytes | None:
    try:
        return media.read(key)
    except (NotFound, ValueError):  # gone, or a path that would leave the folder
        return None
