"""Errors as RFC 9457 problem details, with codes that programs can rely on."""

import logging
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from pipeline.errors import (
    AuditUnavailable,
    Busy,
    ConfigError,
    DescryError,
    NotFound,
    StoreFull,
    StoreUnavailable,
    VideoGone,
)
from pipeline.names import in_utf8
from retrieval.errors import QueryRefused

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"


def problem(status: int, code: str, detail: str) -> JSONResponse:
    """One problem: what happened, in a word for programs and a line for people."""
    body = {
        "type": f"urn:descry:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": in_utf8(detail),
    }
    headers = {"Retry-After": "2"} if status == 503 else None
    return JSONResponse(body, status_code=status, media_type=MEDIA_TYPE, headers=headers)


#: The first that fits counts.
_STATUSES: tuple[tuple[type[Exception], int, str], ...] = (
    (QueryRefused, 422, "query-refused"),
    (NotFound, 404, "not-found"),
    (VideoGone, 410, "video-gone"),
    (ConfigError, 422, "impossible"),
    (StoreUnavailable, 503, "store-unavailable"),
    (AuditUnavailable, 503, "audit-unavailable"),
    (Busy, 503, "busy"),
    (StoreFull, 507, "store-full"),
)


def _status_of(error: Exception) -> tuple[int, str]:
    for kind, status, code in _STATUSES:
        if isinstance(error, kind):
            return status, code
    return 500, "failed"


def install_problem_handlers(app: FastAPI) -> None:
    """Answer every expected error, and every refusal of the framework, as a problem."""

    @app.exception_handler(DescryError)
    @app.exception_handler(QueryRefused)
    async def expected(_request: Request, error: Exception) -> JSONResponse:
        status, code = _status_of(error)
        if status >= 500:
            log.warning("request failed: %s", error)
        return problem(status, code, str(error))

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
