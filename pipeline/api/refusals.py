"""Who is turned away at the door is noted: a viewer at an administrator's, an end of a token."""

import json
from collections.abc import Awaitable, Callable
from functools import partial

import anyio
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

from pipeline.api.bounds import cut
from pipeline.api.identity import cookie_of
from pipeline.api.repeats import Repeats, rule_of
from pipeline.audit_events import Audit, Event
from pipeline.callers import Caller
from pipeline.errors import AuditUnavailable
from pipeline.workers.attempts import network_of

NOBODY = "nobody"
"""Who is not known yet, or no more."""

Refused = Callable[[Scope, Response], Awaitable[None]]
"""Told of each request that is turned away, before the answer is sent."""


async def forget(_scope: Scope, _refusal: Response) -> None:
    """Note nothing."""


def refusals_in(audit: Audit) -> Refused:
    """What notes refusals (401, 403) in `audit`, a few a minute of one caller, and counts the rest.

    Whoever shows nothing by which they could be known is not noted: that is every first visit.
    """
    repeats, threads = Repeats(audit.note), anyio.CapacityLimiter(2)

    async def refused(scope: Scope, refusal: Response) -> None:
        event = _event_of(scope, refusal)
        if event is None:
            return
        try:
            note = partial(repeats.note, event, rule_of(event))
            await anyio.to_thread.run_sync(note, limiter=threads)
        except AuditUnavailable:
            return  # the log says so, and nothing was shown

    return refused


def address_of(scope: Scope) -> str:
    """From where somebody asks, as far as that tells one customer of a provider from another."""
    client = scope.get("client") or ("local",)
    return network_of(str(client[0]))


def _event_of(scope: Scope, refusal: Response) -> Event | None:
    headers = Headers(scope=scope)
    caller: Caller | None = scope.get("state", {}).get("caller")
    shows = caller is not None or "authorization" in headers or cookie_of(headers) is not None
    if refusal.status_code not in (401, 403) or not shows:
        return None
    code = json.loads(bytes(refusal.body)).get("code", "")
    asked = {"method": scope["method"], "path": cut(scope["path"]), "code": code}
    return Event(
        who=NOBODY if caller is None else caller.name,
        what="refused",
        asked={**asked, "address": address_of(scope)},
        outcome=str(refusal.status_code),
    )
