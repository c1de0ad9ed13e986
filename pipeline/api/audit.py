"""The audit over HTTP, for administrators."""

from typing import Annotated, Final, Protocol

from fastapi import APIRouter, Query

from pipeline.audit_answers import AuditAnswer, Filters

LAST: Final = 253_402_300_799
"""The end of the year 9999, behind which there are no instants."""


class AuditPages(Protocol):
    """What the route asks (`pipeline.store.audit_reading.AuditReader`)."""

    def page(self, filters: Filters, count: int) -> AuditAnswer:
        """The latest entries that fit."""
        ...


def audit_routes(pages: AuditPages) -> APIRouter:
    """`GET /audit`."""
    routes = APIRouter()

    @routes.get("/audit")
    def audit(
        who: str | None = None,
        what: str | None = None,
        since: Annotated[float | None, Query(ge=0, le=LAST, description="Unix seconds")] = None,
        until: Annotated[float | None, Query(ge=0, le=LAST, description="Unix seconds")] = None,
        track: Annotated[str | None, Query(description="a track or shot it was about")] = None,
        before: Annotated[int | None, Query(description="`next` of the page before")] = None,
        count: Annotated[int, Query(ge=1, le=1000)] = 200,
    ) -> AuditAnswer:
        """Who asked what and what they were shown, the latest first, a page at a time."""
        return pages.page(Filters(who, what, since, until, track, before), count)

    return routes
