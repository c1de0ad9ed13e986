"""The HTTP face of the query worker; routes ask the service and do nothing themselves."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import APIRouter, FastAPI, HTTPException, Query, Response
from fastapi.responses import JSONResponse

from pipeline.answers import CameraAnswer, SearchAnswer, SearchRequest, TracksAnswer
from pipeline.api.audit import AuditPages, audit_routes
from pipeline.api.audited import check_every_route
from pipeline.api.auditing import Auditing, AuditRules
from pipeline.api.auth import BODY_BYTES, Doorkeeper
from pipeline.api.cameras import CameraList, CameraSwitches, camera_routes
from pipeline.api.clips import Cut, clip_routes
from pipeline.api.collections import Collections, collection_routes
from pipeline.api.deliveries import Deliveries, delivery_routes
from pipeline.api.erasures import Erasing, erasure_routes
from pipeline.api.holds import Holds, hold_routes
from pipeline.api.problems import install_problem_handlers
from pipeline.api.queries import query_routes
from pipeline.api.shots import Why, shot_routes
from pipeline.api.travel import Travel, travel_routes
from pipeline.api.watches import Watches, watch_routes
from pipeline.errors import StoreUnavailable
from pipeline.likeness_fields import MOST_LETTERS


class Service(Protocol):
    """What the routes ask (`pipeline.workers.service.SearchService`)."""

    @property
    def is_ready(self) -> bool:
        """Whether the index has caught up with the log."""
        ...

    def search(self, request: SearchRequest) -> SearchAnswer:
        """The tracks that fit best."""
        ...


class Lists(Protocol):
    """What the routes list (`pipeline.workers.catalogue.Catalogue`)."""

    def tracks(
        self, camera: str | None, *, zone: str | None, after: str | None, count: int
    ) -> TracksAnswer:
        """A page of tracks."""
        ...

    def cameras(self, camera: str | None) -> list[CameraAnswer]:
        """Every camera, or one."""
        ...

    def boxes(self, camera: str, run: str | None) -> str:
        """The MOTChallenge rows of a run; of the only one if None."""
        ...


OPEN_PATHS = frozenset({"/healthz", "/readyz"})
#: A search may bring a picture.
LARGE_PATHS = dict.fromkeys(
    ("/api/v1/search", "/api/v1/watches", "/api/v1/watches/test"), BODY_BYTES + MOST_LETTERS
)


@dataclass(frozen=True, slots=True)
class Backing:
    """What the application answers from.

    Attributes:
        service: searches.
        lists: tracks, cameras, boxes.
        switches: pause and resume cameras.
        enrolment: adds and removes cameras.
        collections: lists and removes them.
        erasing: erases tracks.
        holds: holds tracks.
        watches: watches for sentences, and tells alerts.
        deliveries: tells which alerts could not be delivered.
        travel: learns and tells travel times between cameras.
        picture: the JPEG behind a media key; None if it is gone.
        clip: cuts the clip of a track or shot.
        why: explains a shot for a description.
        ping: raises StoreUnavailable if Redis is away.
        metrics: the Prometheus page.
        audit: where every request is noted before it is answered.
        audit_pages: reads what was noted.
        token: who may ask.
    """

    service: Service
    lists: Lists
    switches: CameraSwitches
    enrolment: CameraList
    collections: Collections
    erasing: Erasing
    holds: Holds
    watches: Watches
    deliveries: Deliveries
    travel: Travel
    picture: Callable[[str], bytes | None]
    clip: Cut
    why: Why
    ping: Callable[[], None]
    metrics: Callable[[], bytes]
    audit: AuditRules
    audit_pages: AuditPages
    token: str


def build_app(backing: Backing) -> FastAPI:
    """The application: `/healthz` and `/readyz` for anybody, the rest for the token's holder."""
    app = FastAPI(title="Descry", docs_url=None, redoc_url=None, openapi_url="/api/v1/openapi.json")
    # What is added later stands further out: who asks is known before it is noted.
    app.add_middleware(Auditing, rules=backing.audit)
    app.add_middleware(
        Doorkeeper, token=backing.token, open_paths=OPEN_PATHS, large_paths=LARGE_PATHS
    )
    install_problem_handlers(app)
    app.include_router(_health(backing))
    app.include_router(_search(backing), prefix="/api/v1")
    app.include_router(query_routes(), prefix="/api/v1")
    app.include_router(_pictures(backing), prefix="/api/v1")
    app.include_router(camera_routes(backing.switches, backing.enrolment), prefix="/api/v1")
    app.include_router(collection_routes(backing.collections), prefix="/api/v1")
    app.include_router(erasure_routes(backing.erasing), prefix="/api/v1")
    app.include_router(hold_routes(backing.holds), prefix="/api/v1")
    app.include_router(watch_routes(backing.watches), prefix="/api/v1")
    app.include_router(delivery_routes(backing.deliveries), prefix="/api/v1")
    app.include_router(travel_routes(backing.travel), prefix="/api/v1")
    app.include_router(clip_routes(backing.clip), prefix="/api/v1")
    app.include_router(shot_routes(backing.why), prefix="/api/v1")
    app.include_router(audit_routes(backing.audit_pages), prefix="/api/v1")

    @app.get("/metrics", include_in_schema=False)
    def metrics() -> Response:
        return Response(backing.metrics(), media_type="text/plain; version=0.0.4; charset=utf-8")

    check_every_route(app)
    return app


def _health(backing: Backing) -> APIRouter:
    routes = APIRouter()

    @routes.get("/healthz")
    def healthz() -> dict[str, str]:
        """The process answers."""
        return {"status": "alive"}

    @routes.get("/readyz")
    def readyz() -> JSONResponse:
        """The model is loaded, Redis answers, and the index has caught up with the log."""
        try:
            backing.ping()
            store = True
        except StoreUnavailable:
            store = False
        checks = {"model": True, "store": store, "index": backing.service.is_ready}
        ready = all(checks.values())
        return JSONResponse({"ready": ready, **checks}, status_code=200 if ready else 503)

    return routes


def _search(backing: Backing) -> APIRouter:
    routes = APIRouter()

    @routes.post("/search")
    def search(request: SearchRequest) -> SearchAnswer:
        """The tracks that look most like the description, best first.

        A POST, so that no description of a person lands in an access log.
        """
        return backing.service.search(request)

    @routes.get("/tracks")
    def tracks(
        camera: str | None = None,
        zone: str | None = None,
        after: str | None = None,
        count: Annotated[int, Query(ge=1, le=1000)] = 200,
    ) -> TracksAnswer:
        """Tracks by first sight, a page at a time; pages of one zone are shorter than `count`."""
        return backing.lists.tracks(camera, zone=zone, after=after, count=count)

    @routes.get("/cameras")
    def cameras(camera: str | None = None) -> list[CameraAnswer]:
        """Cameras and their runs."""
        return backing.lists.cameras(camera)

    return routes


def _pictures(backing: Backing) -> APIRouter:
    routes = APIRouter()

    @routes.get("/pictures/{key:path}")
    def picture(key: str) -> Response:
        """The JPEG of a kept shot."""
        data = backing.picture(key)
        if data is None:
            raise HTTPException(404, "no such picture: it was replaced or has expired")
        return Response(data, media_type="image/jpeg", headers={"Cache-Control": "private"})

    @routes.get("/cameras/{camera}/boxes")
    def boxes(camera: str, run: str | None = None) -> Response:
        """Every tracked box of a run read with `--keep-boxes`, as MOTChallenge rows."""
        return Response(backing.lists.boxes(camera, run), media_type="text/csv")

    return routes
