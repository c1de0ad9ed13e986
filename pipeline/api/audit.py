"""The audit over HTTP, for administrators."""

from typing import Annotated, Protocol

from fastapi import APIRouter, Query

from pipeline.api.paging import Paging
from pipeline.audit_answers import LAST, AuditAnswer, AuditCheckAnswer, AuditQuestion, Filters
from pipeline.errors import ConfigError


class AuditPages(Protocol):
    """What the first route asks (`pipeline.store.audit_reading.AuditReader`)."""

    def page(self, filters: Filters, count: int) -> AuditAnswer:
        """The latest entries that fit."""
        ...


class AuditChecks(Protocol):
    """What the other asks (`pipeline.workers.audit_checking.AuditChecking`)."""

    def check(self) -> AuditCheckAnswer:
        """Whether the audit is as it was written."""
        ...


def audit_routes(pages: AuditPages, checks: AuditChecks) -> APIRouter:
    """The routes under `/audit`."""
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
        filters = Filters(who, what, since, until, track, before)
        page = pages.page(filters, paging.count)
        paging.tell(page.next)
        return page

    @routes.post("/audit/search")
    def search(asked: AuditQuestion) -> AuditAnswer:
        """The same by words and cases as well, which are in no address."""
        return pages.page(asked.filters, asked.count)

    @routes.post("/audit/check")
    def check() -> AuditCheckAnswer:
        """Check every entry against the one before, the signed heads and those that were logged.

        One check at a time (503), and at most one every few seconds: who asks again sooner is told
        what was found, and when. One that takes too long is given up (422): the machine's own
        `descry audit verify` takes as long as it needs.
        """
        return checks.check()

    return routes


def _number(after: str) -> int:
    """The entry that a page is to end before."""
    if not (after.isascii() and after.isdigit()):
        raise ConfigError("`after` is no place in the audit: take `next` of the page before")
    return int(after)
