"""Builds the query worker: index, view, service, HTTP."""

from functools import partial
from pathlib import Path

from pipeline.api.app import Backing, build_app
from pipeline.clock import SystemClock
from pipeline.config import Settings
from pipeline.errors import ConfigError, NotFound
from pipeline.store.connection import store_errors
from pipeline.store.media import FolderMedia
from pipeline.telemetry import Telemetry
from pipeline.wiring.models import build_encoder, build_index
from pipeline.wiring.settings import token_file
from pipeline.wiring.stores import Stores, build_catalogue, open_folder
from pipeline.workers.query import QueryWorker, bind_tcp, bind_unix
from pipeline.workers.service import SearchService
from pipeline.workers.view import LogView


def build_query_worker(settings: Settings, stores: Stores, api_socket: Path | None) -> QueryWorker:
    """The query worker of the settings.

    Raises:
        ConfigError: it has nowhere to listen.
        WeightsError: the encoder cannot be used.
    """
    if api_socket is None and settings.api.port is None:
        raise ConfigError("a query worker of its own needs api.port (DESCRY_API__PORT) or --socket")
    clock, telemetry = SystemClock(), Telemetry()
    encoder = build_encoder(settings)
    index = build_index(settings, encoder)
    view = LogView(
        stores.sightings,
        index,
        model_id=encoder.model_id,
        policy=stores.policy,
        clock=clock,
        telemetry=telemetry,
    )
    catalogue = build_catalogue(stores)
    service = SearchService(
        encoder=encoder,
        index=index,
        view=view,
        catalogue=catalogue,
        clock=clock,
        telemetry=telemetry,
        best_of=settings.search.best_of,
    )

    @store_errors()
    def ping() -> None:
        stores.client.ping()

    backing = Backing(
        service=service,
        lists=catalogue,
        picture=partial(_picture, stores.media),
        ping=ping,
        metrics=telemetry.render,
        token=_token(settings),
    )
    listeners = [bind_unix(api_socket)] if api_socket is not None else []
    if settings.api.port is not None:
        listeners.append(bind_tcp(settings.api.host, settings.api.port))
    return QueryWorker(
        app=build_app(backing),
        listeners=listeners,
        view=view,
        retention=stores.retention,
        now=clock.now,
        sweep_s=settings.retention.sweep_s,
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
