"""Who asks, for routes that have to know: `asking: Asking` among a route's arguments."""

from typing import Annotated

from fastapi import Depends, Request

from pipeline.callers import Caller


def caller_of(request: Request) -> Caller:
    """Whom the doorkeeper let in."""
    caller: Caller = request.state.caller
    return caller


Asking = Annotated[Caller, Depends(caller_of)]
