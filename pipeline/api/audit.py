"""The audit over HTTP, for administrators."""

from typing import Annotated, Final, Protocol

from fastapi import APIRouter, Query

from pipeline.api.paging import Paging
from pipeline.audit_answers import AuditAnswer, Filters
from pipeline.errors import ConfigError

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
        paging: Paging,
        who: str | None = None,
        what: str | None = None,
        since: Annotated[float | None, Query(ge=0, le=LAST, description="Unix seconds")] = None,
        until: Annotated[float | None, Query(ge=0, le=LAST, description="Unix seconds")] = None,
        track: Annotated[str | None, Query(description="a track or shot it was about")] = None,
    ) -> AuditAnswer:
        """Who asked what and what they were shown, the latest first, a page at a time."""
        before = None if paging.after is None else _number(paging.after)
        page = pages.page(Filters(who, what, since, until, track, before), paging.count)
        paging.tell(page.next)
        return page

    return routes


def _number(after: str) -> int:
    """The entry that a page is to end before."""
    if not (after.isascii() and after.isdigit()):
        raise ConfigError("`after` is no place in the audit: take `next` of the page before")
    return int(after)
