"""What a route has the audit note besides its JSON: of a file nobody could tell whom it shows."""

from collections.abc import Iterable
from typing import Any, Final

from fastapi import Request
from starlette.types import Scope

from pipeline.audit_events import Event

SHOWN: Final = "audit_shown"
TOLD: Final = "audit_told"
EVENT: Final = "audit_event"


def tell_audit(request: Request, shown: Iterable[str] = (), **told: Any) -> None:
    """Have the answer's entry name tracks and shots, and ids of what the answer hands out.

    Args:
        request: that is being answered.
        shown: names of the tracks and shots that the answer shows.
        told: as JSON: the id of a clip, the digest of a pack.
    """
    state = request.scope.setdefault("state", {})
    state[SHOWN] = {*state.get(SHOWN, ()), *shown}
    state[TOLD] = {**state.get(TOLD, {}), **told}


def event_of_change(request: Request) -> Event | None:
    """What was noted before a change was begun, `of` its entry; None where nothing was."""
    event: Event | None = request.scope.get("state", {}).get(EVENT)
    return event


def told_in(scope: Scope) -> tuple[set[str], dict[str, Any]]:
    """What `tell_audit` was told of a request."""
    state = scope.get("state", {})
    return state.get(SHOWN, set()), state.get(TOLD, {})
