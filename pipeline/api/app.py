"""The HTTP face of the query worker; routes ask the service and do nothing themselves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import anyio
from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import JSONResponse

from pipeline.api.access import NEEDS, Access, Need, ways_of
from pipeline.api.asking import Asking
from pipeline.api.audit import AuditChecks, AuditPages, audit_routes
from pipeline.api.audited import check_every_route
from pipeline.api.auditing import Auditing, AuditRules
from pipeline.api.auth import BODY_BYTES, Doorkeeper, Rules
from pipeline.api.cameras import (
    CameraList,
    CameraSwitches,
    LastPicture,
    camera_routes,
    picture_routes,
)
from pipeline.api.cases import Cases, Packs, case_routes, evidence_routes
from pipeline.api.clips import Cut, clip_routes
from pipeline.api.collections import Collections, collection_routes
from pipeline.api.console import console_routes
from pipeline.api.deliveries import Deliveries, delivery_routes
from pipeline.api.door import Door
from pipeline.api.erasures import Erasing, erasure_routes
from pipeline.api.holds import Holds, hold_routes
from pipeline.api.idempotency import Idempotency, KeyRules
from pipeline.api.identity import Identity
from pipeline.api.imports import PIECE, Imports, import_routes
from pipeline.api.installation import Models, System, installation_routes
from pipeline.api.kept_clips import Clips, kept_clip_routes
from pipeline.api.openapi import describe_problems
from pipeline.api.problems import install_problem_handlers
from pipeline.api.queries import query_routes
from pipeline.api.rates import Rates
from pipeline.api.refusals import refusals_in
from pipeline.api.retention import Retention, retention_routes
from pipeline.api.saved import saved_routes
from pipeline.api.sessions import seat_routes, session_routes
from pipeline.api.sheets import Exported, sheet_routes
from pipeline.api.shots import Why, shot_routes
from pipeline.api.sight import refuse_partial
from pipeline.api.sightings import Lists, Service, kept_picture_routes, sighting_routes
from pipeline.api.tracks import KnownTracks, track_routes
from pipeline.api.travel import Travel, travel_routes
from pipeline.api.uncached import Uncached
from pipeline.api.users import token_routes, user_routes
from pipeline.api.watches import Watches, watch_routes
from pipeline.console.pages import Pages
from pipeline.errors import StoreUnavailable
from pipeline.likeness_fields import MOST_LETTERS
from pipeline.store.kept_answers import KeptAnswers
from pipeline.store.uploads import PIECE_BYTES

PROBING_AT_ONCE: Final = 2
"""Threads that ask how it does: whatever keeps the others busy, that is answered."""

#: A search may bring a picture.
LARGE_PATHS = dict.fromkeys(
    ("/api/v1/search", "/api/v1/watches", "/api/v1/watches/test"), BODY_BYTES + MOST_LETTERS
) | {f"/api/v1{PIECE}": PIECE_BYTES}


@dataclass(frozen=True, slots=True)
class Accountable:
    """What answers for what leaves and what stays.

    Attributes:
        cases: keeps hits together.
        packs: makes evidence packs of them.
        clips: keeps clips to be fetched in pieces.
        sheets: gives pictures to be passed on.
        retention: tells what is kept how long.
    """

    cases: Cases
    packs: Packs
    clips: Clips
    sheets: Exported
    retention: Retention


@dataclass(frozen=True, slots=True)
class Backing:
    """What the application answers from.

    Attributes:
        service: searches.
        lists: tracks, cameras, boxes.
        known: tells of one track.
        switches: pause and resume cameras.
        enrolment: adds and removes cameras.
        collections: lists and removes them.
        erasing: erases tracks.
        holds: holds tracks.
        watches: watches for sentences, and tells alerts.
        deliveries: tells which alerts could not be delivered.
        travel: learns and tells travel times between cameras.
        picture: the JPEG behind a media key; None if it is gone.
        last_picture: the newest picture of a live camera.
        imports: takes recordings.
        system: tells how the installation does.
        models: lists weights.
        clip: cuts the clip of a track or shot.
        why: explains a shot for a description.
        accountable: cases, evidence packs, kept clips, retention.
        ping: raises StoreUnavailable if Redis is away.
        metrics: the Prometheus page.
        token: that of the data folder, whose holder may ask everything.
        door: who else may, and what.
        source_url: where the source of this installation is; None for where the project's is.
        audit: where every request is noted before it is answered.
        audit_pages: reads what was noted.
        answers: keeps answers to writes that may be sent again.
        audit_checks: tells whether that is as it was written.
    """

    service: Service
    lists: Lists
    known: KnownTracks
    switches: CameraSwitches
    enrolment: CameraList
    collections: Collections
    erasing: Erasing
    holds: Holds
    watches: Watches
    deliveries: Deliveries
    travel: Travel
    picture: Callable[[str], bytes | None]
    last_picture: LastPicture
    imports: Imports
    system: System
    models: Models
    clip: Cut
    why: Why
    accountable: Accountable
    ping: Callable[[], None]
    metrics: Callable[[], bytes]
    audit: AuditRules
    audit_pages: AuditPages
    answers: KeptAnswers
    audit_checks: AuditChecks
    token: str
    door: Door
    source_url: str | None = None


def build_app(backing: Backing, needs: Mapping[str, Need] = NEEDS) -> FastAPI:
    """The application.

    Args:
        backing: what it answers from.
        needs: what each route needs, `GET /healthz` and so on.

    Raises:
        LookupError: a route is not in `needs`, or a row of it has no route.
    """
    app = FastAPI(
        title="Descry",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        redirect_slashes=False,  # to an address made of whatever `Host` says
    )
    access: list[Access] = []
    # What is added later stands further out: who asks is known before it is noted, and what is
    # answered as before is noted, too.
    app.add_middleware(Idempotency, rules=KeyRules(backing.answers, backing.door.now))
    app.add_middleware(Auditing, rules=backing.audit)
    app.add_middleware(Doorkeeper, rules=_rules(backing, lambda: access[0]))
    app.add_middleware(Uncached)
    install_problem_handlers(app)
    _include(app, backing)
    _include_accounts(app, backing)

    @app.get("/metrics", include_in_schema=False)
    def metrics(asking: Asking) -> Response:
        refuse_partial(asking, "what is measured")
        return Response(backing.metrics(), media_type="text/plain; version=0.0.4; charset=utf-8")

    describe_problems(app)
    access.append(Access(ways_of(app), needs))
    check_every_route(app)
    return app


def _include(app: FastAPI, backing: Backing) -> None:
    """What is seen, asked and told."""
    app.include_router(_health(backing))
    app.include_router(sighting_routes(backing.service, backing.lists), prefix="/api/v1")
    app.include_router(query_routes(), prefix="/api/v1")
    app.include_router(kept_picture_routes(backing.picture, backing.lists), prefix="/api/v1")
    app.include_router(camera_routes(backing.switches, backing.enrolment), prefix="/api/v1")
    app.include_router(collection_routes(backing.collections), prefix="/api/v1")
    app.include_router(erasure_routes(backing.erasing), prefix="/api/v1")
    app.include_router(hold_routes(backing.holds), prefix="/api/v1")
    app.include_router(watch_routes(backing.watches, backing.lists.known), prefix="/api/v1")
    app.include_router(delivery_routes(backing.deliveries), prefix="/api/v1")
    app.include_router(travel_routes(backing.travel), prefix="/api/v1")
    app.include_router(clip_routes(backing.clip), prefix="/api/v1")
    app.include_router(track_routes(backing.known), prefix="/api/v1")
    app.include_router(shot_routes(backing.why), prefix="/api/v1")
    app.include_router(picture_routes(backing.last_picture), prefix="/api/v1")
    app.include_router(import_routes(backing.imports), prefix="/api/v1")
    app.include_router(installation_routes(backing.system, backing.models), prefix="/api/v1")
    app.include_router(console_routes(Pages(), backing.source_url))
    accountable = backing.accountable
    app.include_router(case_routes(accountable.cases), prefix="/api/v1")
    app.include_router(evidence_routes(accountable.packs), prefix="/api/v1")
    app.include_router(kept_clip_routes(accountable.clips), prefix="/api/v1")
    app.include_router(sheet_routes(accountable.sheets), prefix="/api/v1")
    app.include_router(retention_routes(accountable.retention), prefix="/api/v1")


def _include_accounts(app: FastAPI, backing: Backing) -> None:
    """Who is who, what they keep for themselves, and what they did."""
    door = backing.door
    app.include_router(
        session_routes(
            door.signing_in,
            is_behind_tls=door.is_behind_tls,
            reason_required=backing.audit.reason_required,
        ),
        prefix="/api/v1",
    )
    app.include_router(saved_routes(door.saved, door.now), prefix="/api/v1")
    app.include_router(seat_routes(door.signing_in), prefix="/api/v1")
    app.include_router(user_routes(door.desk), prefix="/api/v1")
    app.include_router(token_routes(door.desk), prefix="/api/v1")
    app.include_router(audit_routes(backing.audit_pages, backing.audit_checks), prefix="/api/v1")


def _rules(backing: Backing, access: Callable[[], Access]) -> Rules:
    door = backing.door
    return Rules(
        identity=Identity(backing.token, door.sessions, door.tokens, door.now, door.owners),
        access=access,
        is_set_up=door.is_set_up,
        rates=Rates(door.requests_per_minute, door.monotonic),
        public_url=door.public_url,
        large_paths=LARGE_PATHS,
        refused=refusals_in(backing.audit.audit),
    )


def _health(backing: Backing) -> APIRouter:
    routes = APIRouter()

    threads = anyio.CapacityLimiter(PROBING_AT_ONCE)

    @routes.get("/healthz")
    async def healthz() -> dict[str, str]:
        """The process answers."""
        return {"status": "alive"}

    @routes.get("/readyz")
    async def readyz() -> JSONResponse:
        """The model is loaded, Redis answers, and the index has caught up with the log."""
        try:
            await anyio.to_thread.run_sync(backing.ping, limiter=threads)
            store = True
        except StoreUnavailable:
            store = False
        checks = {"model": True, "store": store, "index": backing.service.is_ready}
        ready = all(checks.values())
        return JSONResponse({"ready": ready, **checks}, status_code=200 if ready else 503)

    return routes
