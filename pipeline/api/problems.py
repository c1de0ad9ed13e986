"""Errors as RFC 9457 problem details, with codes that programs can rely on."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from pipeline.callers import Caller
from pipeline.errors import (
    AuditUnavailable,
    Busy,
    ConfigError,
    DescryError,
    Forbidden,
    NotFound,
    SignInRefused,
    StoreFull,
    StoreUnavailable,
    TooManyAttempts,
    TooManyOpen,
    VideoGone,
    VoucherRefused,
)
from pipeline.names import in_utf8
from retrieval.errors import QueryRefused

log = logging.getLogger(__name__)

#: What follows it in the line of a `NotFound` is what there is.
KNOWN: Final = "; known:"

MEDIA_TYPE = "application/problem+json"


def problem(
    status: int, code: str, detail: str, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """One problem: what happened, in a word for programs and a line for people."""
    body = {
        "type": f"urn:descry:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": in_utf8(detail),
    }
    told = {"Retry-After": "2"} if status in {429, 503} else {}
    return JSONResponse(
        body, status_code=status, media_type=MEDIA_TYPE, headers={**told, **(headers or {})}
    )


def problem_of(error: Exception) -> JSONResponse:
    """What an expected error is answered with."""
    status, code = _status_of(error)
    if status >= 500:
        log.warning("request failed: %s", error)
    wait = {"Retry-After": str(error.wait_s)} if isinstance(error, TooManyAttempts) else None
    return problem(status, code, str(error), wait)


# The first that fits counts: a special error before a general one.
_ANSWERS: Final[Sequence[tuple[type[Exception], int, str]]] = (
    (QueryRefused, 422, "query-refused"),
    (NotFound, 404, "not-found"),
    (VideoGone, 410, "video-gone"),
    (VoucherRefused, 422, "voucher-refused"),
    (ConfigError, 422, "impossible"),
    (SignInRefused, 401, "sign-in-refused"),
    (Forbidden, 403, "forbidden"),
    (TooManyAttempts, 429, "too-many-attempts"),
    (TooManyOpen, 429, "too-many-open"),
    (StoreUnavailable, 503, "store-unavailable"),
    (AuditUnavailable, 503, "audit-unavailable"),
    (Busy, 503, "busy"),
    (StoreFull, 507, "store-full"),
)


def _status_of(error: Exception) -> tuple[int, str]:
    for kind, status, code in _ANSWERS:
        if isinstance(error, kind):
            return status, code
    return 500, "failed"


def install_problem_handlers(app: FastAPI) -> None:
    """Answer every expected error, and every refusal of the framework, as a problem."""

    @app.exception_handler(DescryError)
    @app.exception_handler(QueryRefused)
    async def expected(request: Request, error: Exception) -> JSONResponse:
        caller: Caller | None = getattr(request.state, "caller", None)
        if isinstance(error, NotFound) and caller is not None and caller.cameras is not None:
            # What there is instead is not all theirs to know.
            error = NotFound(str(error).partition(KNOWN)[0])
        return problem_of(error)

    @app.exception_handler(RequestValidationError)
    async def malformed(_request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        # The offending value may be a description of a person, so it is not repeated.
        where = ".".join(str(part) for part in first["loc"] if part != "body")
        return problem(422, "malformed", f"{where or 'request'}: {first['msg']}")

    @app.exception_handler(HTTPException)
    async def refused(_request: Request, error: HTTPException) -> JSONResponse:
        code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
        return problem(error.status_code, code, str(error.detail))
