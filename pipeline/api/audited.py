"""Which routes are audited, and which need not be and why: every route has a row here.

A route without one is found when the application is built (`check_every_route`), and a request that
reaches one all the same is refused.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import compile_path
from starlette.types import Scope

from pipeline.console.pages import ALONE, PAGES


@dataclass(frozen=True, slots=True)
class Audited:
    """A route whose requests are noted before they are answered.

    Attributes:
        what: its name in the audit.
        body: fields of the JSON body that are noted; no pictures, no passwords. A description, a
            reason and a case are taken from there as well only where they are named.
        changes: whether it changes something: then it is noted before that as well.
        needs_reason: whether `audit.reason_required` is about it.
        or_shown: whether it needs none where whoever asks was shown the track that its path names
            for a reason.
    """

    what: str
    body: tuple[str, ...] = ()
    changes: bool = False
    needs_reason: bool = False
    or_shown: bool = False


@dataclass(frozen=True, slots=True)
class NotAudited:
    """A route that shows nobody and changes nothing."""

    because: str


Row = Audited | NotAudited

_LIKENESS = ("text", "like", "box", "picture")
_WHERE = ("cameras", "zones", "since", "until")
_GROUNDS = ("reason", "case")
_SEARCH = (
    *_LIKENESS, *_WHERE, "collections", "limit", "live", "min_quality", "more_like", "less_like",
    "answers", "then", *_GROUNDS,
)  # fmt: skip
_WATCH = (
    *_LIKENESS, *_WHERE, "name", "hours", "timezone", "false_alarms", "cooldown_s", "webhook",
    "mqtt", *_GROUNDS,
)  # fmt: skip
_USER = ("role", "cameras", "all_cameras", "new_password", "state")
_TOKEN = ("name", "role", "cameras", "expires_s")
_IMPORT = ("upload", "path", "camera", "collection", "start", "keep_boxes")
_ITEM = ("hit", "text", "score", "probability", "evidence", "model")
_PAGE = NotAudited("a page as it is for everybody; what it shows is asked for by other routes")
_FIGURES = NotAudited("figures about the installation, of nobody")

ROUTES: Final[Mapping[str, Row]] = {
    "GET /healthz": NotAudited("says that the process is alive"),
    "GET /readyz": NotAudited("says that searches are answered"),
    "GET /metrics": _FIGURES,
    "GET /api/v1/openapi.json": NotAudited("describes the routes"),
    "HEAD /api/v1/openapi.json": NotAudited("describes the routes"),
    "POST /api/v1/search": Audited("search", _SEARCH, needs_reason=True),
    "POST /api/v1/queries/check": NotAudited("reads the words alone; nothing seen is asked for"),
    "GET /api/v1/searches": NotAudited("somebody's own words and filters; nobody is shown"),
    "PUT /api/v1/searches": Audited("search-save", ("name", "search"), changes=True),
    "DELETE /api/v1/searches/{number}": Audited("search-forget", changes=True),
    "GET /api/v1/tracks": Audited("tracks", needs_reason=True),
    "GET /api/v1/tracks/{key:path}/clip": Audited("clip", needs_reason=True),
    "GET /api/v1/pictures/{key:path}": Audited("picture", needs_reason=True, or_shown=True),
    "POST /api/v1/shots/{shot:path}/why": Audited("why", ("text", *_GROUNDS), needs_reason=True),
    "GET /api/v1/cameras": NotAudited("what is watched and how it does; no track, no picture"),
    "GET /api/v1/cameras/{camera}/boxes": Audited("boxes", needs_reason=True),
    "GET /api/v1/tracks/{key:path}/boxes": Audited("boxes", needs_reason=True),
    # Behind the longer ones.
    "GET /api/v1/tracks/{key:path}": Audited("track", needs_reason=True, or_shown=True),
    # Addresses of cameras hold passwords, so none of their settings are noted.
    "PUT /api/v1/cameras/{camera}": Audited("camera-add", changes=True),
    "DELETE /api/v1/cameras/{camera}": Audited("camera-remove", changes=True),
    "POST /api/v1/cameras/{camera}/pause": Audited("camera-pause", changes=True),
    "POST /api/v1/cameras/{camera}/resume": Audited("camera-resume", changes=True),
    "GET /api/v1/collections": _FIGURES,
    "DELETE /api/v1/collections/{name}": Audited("collection-remove", changes=True),
    "POST /api/v1/erasures": Audited(
        "erasure", ("tracks", *_GROUNDS), changes=True, needs_reason=True
    ),
    "GET /api/v1/erasures": NotAudited("how far an erasure is; it names no track"),
    "GET /api/v1/holds": Audited("holds"),
    "PUT /api/v1/holds/{track:path}": Audited("hold", changes=True),
    "DELETE /api/v1/holds/{track:path}": Audited("hold-release", changes=True, needs_reason=True),
    "POST /api/v1/watches": Audited("watch", _WATCH, changes=True, needs_reason=True),
    "POST /api/v1/watches/test": Audited("watch-test", (*_WATCH, "limit"), needs_reason=True),
    "GET /api/v1/watches": Audited("watches"),
    "DELETE /api/v1/watches/{watch_id}": Audited("watch-remove", changes=True),
    "GET /api/v1/alerts": Audited("alerts"),
    "GET /api/v1/alerts/stream": Audited("alerts-stream"),
    "GET /api/v1/alerts/undelivered": Audited("alerts-undelivered"),
    "POST /api/v1/alerts/undelivered/resend": Audited(
        "alerts-resend", ("ids", *_GROUNDS), changes=True, needs_reason=True
    ),
    "GET /api/v1/travel": NotAudited("counts of how long people took, of nobody in particular"),
    "POST /api/v1/travel/learn": Audited("travel-learn", changes=True),
    "GET /api/v1/audit": Audited("audit"),
    "POST /api/v1/audit/search": Audited(
        "audit", ("who", "what", "since", "until", "track", "of_case", "words", "after", "count")
    ),
    "POST /api/v1/audit/check": Audited("audit-check"),
    "POST /api/v1/session": Audited("sign-in", ("name",)),
    "GET /api/v1/session": NotAudited("says to somebody who they are"),
    "DELETE /api/v1/session": Audited("sign-out"),
    "POST /api/v1/session/password": Audited("password-change", changes=True),
    "GET /api/v1/sessions": NotAudited("says to somebody where they are signed in"),
    "DELETE /api/v1/sessions": Audited("sign-out-others", changes=True),
    "GET /api/v1/users": Audited("users"),
    "POST /api/v1/users": Audited("user-add", ("name", "role", "cameras"), changes=True),
    "PATCH /api/v1/users/{name}": Audited("user-change", _USER, changes=True),
    "DELETE /api/v1/users/{name}": Audited("user-remove", changes=True),
    "GET /api/v1/tokens": Audited("tokens"),
    "POST /api/v1/tokens": Audited("token-create", _TOKEN, changes=True),
    "DELETE /api/v1/tokens/{token_id}": Audited("token-revoke", changes=True),
    "GET /api/v1/cases": Audited("cases"),
    "POST /api/v1/cases": Audited("case-open", ("id", "title"), changes=True),
    "GET /api/v1/cases/{case}": Audited("case"),
    "PATCH /api/v1/cases/{case}": Audited("case-change", ("title", "status"), changes=True),
    "DELETE /api/v1/cases/{case}": Audited("case-remove", changes=True),
    "PUT /api/v1/cases/{case}/hold": Audited("case-hold", changes=True),
    "DELETE /api/v1/cases/{case}/hold": Audited("case-hold-release", changes=True),
    "POST /api/v1/cases/{case}/items": Audited("case-item-add", _ITEM, changes=True),
    "PATCH /api/v1/cases/{case}/items/{item}": Audited("case-item-note", changes=True),
    "DELETE /api/v1/cases/{case}/items/{item}": Audited("case-item-remove", changes=True),
    "POST /api/v1/cases/{case}/evidence": Audited(
        "evidence", ("before_s", "after_s", "blur"), changes=True, needs_reason=True
    ),
    "GET /api/v1/cases/{case}/evidence/{job}": NotAudited("how far a pack is"),
    "GET /api/v1/cases/{case}/evidence/{job}/pack": Audited("evidence-fetch"),
    "POST /api/v1/clips": Audited("clip", ("hit", "before_s", "after_s"), needs_reason=True),
    "GET /api/v1/clips/{clip}": Audited("clip-fetch"),
    "GET /api/v1/sheets/pictures/{key:path}": Audited("sheet", needs_reason=True),
    "GET /api/v1/retention": _FIGURES,
    "GET /api/v1/system": _FIGURES,
    "GET /api/v1/models": _FIGURES,
    "GET /api/v1/cameras/{camera}/picture": Audited("camera-picture"),
    "GET /api/v1/imports": NotAudited("how far imports are; no track, no picture"),
    "POST /api/v1/imports": Audited("import", _IMPORT, changes=True),
    "GET /api/v1/imports/files": NotAudited("names of files that may be imported"),
    "POST /api/v1/imports/uploads": Audited("upload", ("name", "bytes"), changes=True),
    "PUT /api/v1/imports/uploads/piece": NotAudited("a piece of an upload that is noted"),
    "GET /api/v1/source": NotAudited("offers the source"),
    "GET /api/v1/source/archive": NotAudited("offers the source"),
    "GET /assets/{name:path}": _PAGE,
    **{f"GET {path}": _PAGE for path in (*PAGES, *ALONE)},
}


@dataclass(frozen=True, slots=True)
class Match:
    """The row of a request, and what its path names.

    Attributes:
        route: as the table names it.
        row: what the table says of it.
        names: what its path names.
    """

    route: str
    row: Row
    names: Mapping[str, Any] = field(default_factory=dict)


_PARAMETER: Final = re.compile(r"{[^}]*}")


class RowFinder:
    """Finds the row of a request by its method and path, in the order of the table."""

    def __init__(self, routes: Mapping[str, Row] = ROUTES) -> None:
        self._rows: dict[str, list[tuple[re.Pattern[str], str, Row]]] = {}
        for route, row in routes.items():
            method, _, path = route.partition(" ")
            self._rows.setdefault(method, []).append((compile_path(path)[0], route, row))

    def find(self, scope: Scope) -> Match | None:
        """The first row that fits; None where there is none."""
        for pattern, route, row in self._rows.get(scope["method"], ()):
            found = pattern.match(scope["path"])  # as the router does, whose `$` lets a newline be
            if found is not None:
                return Match(route, row, found.groupdict())
        return None


def routes_of(app: FastAPI) -> list[str]:
    """Every route of an application, as the table names them."""
    return [
        f"{method} {route.path}"
        for route in iter_route_contexts(app.routes)
        for method in sorted(route.methods or ())
    ]


def check_every_route(app: FastAPI, routes: Mapping[str, Row] = ROUTES) -> None:
    """See that nobody forgot to say of a route whether it is audited, and that its row is found.

    Raises:
        LookupError: somebody did, or a row before it fits its paths as well.
    """
    rows = RowFinder(routes)
    for route in routes_of(app):
        if route not in routes:
            raise LookupError(
                f"{route} is neither audited nor said not to need it: give it a row in "
                "pipeline/api/audited.py"
            )
        method, _, path = route.partition(" ")
        found = rows.find({"method": method, "path": _PARAMETER.sub("a", path)})
        if found is None or found.route != route:
            other = "no row" if found is None else found.route
            raise LookupError(f"{other} answers for {route} in pipeline/api/audited.py: order them")
