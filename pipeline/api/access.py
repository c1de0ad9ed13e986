"""Who may ask what: every route, and the role that it needs.

The doorkeeper asks this table before it reads a body. A route that is not in it keeps the
application from starting, and so does a row without a route.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import compile_path

from pipeline.callers import Role
from pipeline.console.pages import ALONE, PAGES


class Open(StrEnum):
    """Routes that need no role."""

    ANYBODY = "anybody"
    """Nobody is asked who they are."""

    SIGNED_IN = "signed in"
    """Whoever is known, though they have to choose a password first."""


Need = Role | Open

_V, _O, _A = Role.VIEWER, Role.OPERATOR, Role.ADMINISTRATOR

NEEDS: Final[Mapping[str, Need]] = MappingProxyType(
    {
        "GET /healthz": Open.ANYBODY,
        "GET /readyz": Open.ANYBODY,
        "GET /metrics": _V,
        "GET /api/v1/openapi.json": _V,
        "HEAD /api/v1/openapi.json": _V,
        "POST /api/v1/session": Open.ANYBODY,
        "GET /api/v1/session": Open.SIGNED_IN,
        "DELETE /api/v1/session": Open.SIGNED_IN,
        "POST /api/v1/session/password": Open.SIGNED_IN,
        "GET /api/v1/sessions": _V,
        "DELETE /api/v1/sessions": _V,
        "GET /api/v1/users": _A,
        "POST /api/v1/users": _A,
        "PATCH /api/v1/users/{name}": _A,
        "DELETE /api/v1/users/{name}": _A,
        "GET /api/v1/tokens": _A,
        "POST /api/v1/tokens": _A,
        "DELETE /api/v1/tokens/{token_id}": _A,
        "POST /api/v1/search": _V,
        "POST /api/v1/queries/check": _V,
        "GET /api/v1/searches": _V,
        "PUT /api/v1/searches": _V,
        "DELETE /api/v1/searches/{number}": _V,
        "GET /api/v1/tracks": _V,
        "GET /api/v1/tracks/{key:path}": _V,
        "GET /api/v1/tracks/{key:path}/clip": _V,
        "GET /api/v1/tracks/{key:path}/boxes": _V,
        "POST /api/v1/shots/{shot:path}/why": _V,
        "GET /api/v1/pictures/{key:path}": _V,
        "GET /api/v1/cameras": _V,
        "GET /api/v1/cameras/{camera}/boxes": _V,
        "PUT /api/v1/cameras/{camera}": _A,
        "DELETE /api/v1/cameras/{camera}": _A,
        "POST /api/v1/cameras/{camera}/pause": _O,
        "POST /api/v1/cameras/{camera}/resume": _O,
        "GET /api/v1/collections": _V,
        "DELETE /api/v1/collections/{name}": _A,
        "GET /api/v1/erasures": _A,
        "POST /api/v1/erasures": _A,
        "GET /api/v1/holds": _A,
        "PUT /api/v1/holds/{track:path}": _A,
        "DELETE /api/v1/holds/{track:path}": _A,
        "GET /api/v1/watches": _O,
        "POST /api/v1/watches": _O,
        "POST /api/v1/watches/test": _O,
        "DELETE /api/v1/watches/{watch_id}": _O,
        "GET /api/v1/alerts": _V,
        "GET /api/v1/alerts/stream": _V,
        "GET /api/v1/alerts/undelivered": _O,
        "POST /api/v1/alerts/undelivered/resend": _O,
        **{f"GET {path}": Open.ANYBODY for path in (*PAGES, *ALONE)},
        "GET /assets/{name:path}": Open.ANYBODY,
        "GET /api/v1/source": Open.ANYBODY,
        "GET /api/v1/source/archive": Open.ANYBODY,
        "GET /api/v1/system": _O,
        "GET /api/v1/models": _O,
        "GET /api/v1/cameras/{camera}/picture": _V,
        "GET /api/v1/imports": _O,
        "POST /api/v1/imports": _O,
        "GET /api/v1/imports/files": _O,
        "POST /api/v1/imports/uploads": _O,
        "PUT /api/v1/imports/uploads/piece": _O,
        "GET /api/v1/travel": _V,
        "GET /api/v1/audit": _A,
        "POST /api/v1/audit/search": _A,
        "POST /api/v1/audit/check": _A,
        "GET /api/v1/cases": _O,
        "POST /api/v1/cases": _O,
        "GET /api/v1/cases/{case}": _O,
        "PATCH /api/v1/cases/{case}": _O,
        "DELETE /api/v1/cases/{case}": _A,
        "PUT /api/v1/cases/{case}/hold": _O,
        "DELETE /api/v1/cases/{case}/hold": _A,
        "POST /api/v1/cases/{case}/items": _O,
        "PATCH /api/v1/cases/{case}/items/{item}": _O,
        "DELETE /api/v1/cases/{case}/items/{item}": _O,
        "POST /api/v1/cases/{case}/evidence": _O,
        "GET /api/v1/cases/{case}/evidence/{job}": _O,
        "GET /api/v1/cases/{case}/evidence/{job}/pack": _O,
        "POST /api/v1/clips": _V,
        "GET /api/v1/clips/{clip}": _V,
        "GET /api/v1/sheets/pictures/{key:path}": _V,
        "GET /api/v1/retention": _V,
        "POST /api/v1/travel/learn": _O,
    }
)


@dataclass(frozen=True, slots=True)
class Way:
    """A route of an application.

    Attributes:
        methods: that it answers; empty: all.
        path: its template, `/tracks/{key:path}/clip`.
    """

    methods: frozenset[str]
    path: str

    def rows(self) -> Iterator[str]:
        """What it is called in the table."""
        yield from (f"{method} {self.path}" for method in sorted(self.methods or {"ANY"}))


def ways_of(app: FastAPI) -> list[Way]:
    """Every route of an application, in the order in which it looks at them."""
    return [
        Way(frozenset(context.methods or ()), context.path or "")
        for context in iter_route_contexts(app.router.routes)
    ]


class Access:
    """The needs of one application's routes."""

    def __init__(self, ways: Iterable[Way], needs: Mapping[str, Need]) -> None:
        """Of these routes.

        Raises:
            LookupError: a route needs nothing that the table says, or a row has no route.
        """
        self._ways = [(way, _pattern(way), needs) for way in ways]
        rows = {row for way, _, _ in self._ways for row in way.rows()}
        if without := sorted(rows - needs.keys()):
            raise LookupError(f"no role is said for the route {without[0]} (pipeline.api.access)")
        if stale := sorted(needs.keys() - rows):
            raise LookupError(f"there is no route {stale[0]}: take it out of pipeline.api.access")

    def need(self, method: str, path: str) -> Need | None:
        """What a request needs; None where no route would answer it."""
        for way, pattern, needs in self._ways:
            if pattern.match(path) and (not way.methods or method in way.methods):
                return needs[f"{method if way.methods else 'ANY'} {way.path}"]
        return None


def _pattern(way: Way) -> re.Pattern[str]:
    # What is mounted answers for all below it.
    return compile_path(way.path if way.methods else way.path.rstrip("/") + "/{path:path}")[0]
