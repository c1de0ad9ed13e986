"""Who asks, for routes that have to know: `asking: Asking` among a route's arguments."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request

from pipeline.callers import Caller

Still = Callable[[], Awaitable[Caller | None]]
"""Who asks, looked up again; None once they may ask no more."""


def caller_of(request: Request) -> Caller:
    """Whom the doorkeeper let in."""
    caller: Caller = request.state.caller
    return caller


def staying_of(request: Request) -> Still:
    """What tells whether whom the doorkeeper let in may stay."""
    still: Still = request.state.still
    return still


Asking = Annotated[Caller, Depends(caller_of)]
Staying = Annotated[Still, Depends(staying_of)]
