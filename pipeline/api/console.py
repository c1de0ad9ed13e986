"""The console's pages and assets over HTTP, and the offer of the source."""

from typing import Final

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, ConfigDict

from pipeline.api.openapi import answers_with
from pipeline.console.pages import ALONE, PAGES, THEMES, Pages, language_of
from pipeline.console.source import LICENCE, source_address, source_archive, version

SOURCE: Final = "/api/v1/source"
ARCHIVE: Final = "/api/v1/source/archive"

_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    # Asked anew each time, answered by 304: after an update no page mixes two versions.
    "Cache-Control": "no-cache",
}

LANGUAGE_COOKIE, THEME_COOKIE = "descry_language", "descry_theme"
#: Pages that are shown where the API behind them is there.
_NEEDS: Final = {"/cases": "/api/v1/cases"}


class SourceAnswer(BaseModel):
    """Where the source of this program is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    licence: str
    source: str | None
    archive: str


def console_routes(pages: Pages, source_url: str | None) -> APIRouter:
    """Pages under `/`, what they load under `/assets/`, and `/api/v1/source`."""
    routes = APIRouter()

    def page(request: Request) -> Response:
        known = {one.path for one in iter_route_contexts(request.app.router.routes)}
        theme = request.cookies.get(THEME_COOKIE)
        html = pages.draw(
            request.url.path,
            language=language_of(
                request.cookies.get(LANGUAGE_COOKIE), request.headers.get("accept-language", "")
            ),
            theme=theme if theme in THEMES else None,
            hidden=frozenset(path for path, need in _NEEDS.items() if need not in known),
        )
        headers = {**HEADERS, "Vary": "Cookie, Accept-Language"}
        return HTMLResponse(html, headers=headers)

    for path in (*PAGES, *ALONE):
        routes.add_api_route(path, page, methods=["GET"], include_in_schema=False)

    @routes.get("/assets/{name:path}", include_in_schema=False)
    def asset(name: str, request: Request) -> Response:
        """A file of the console; from memory, so that no name leads anywhere else."""
        found = pages.assets.get(f"/assets/{name}")
        if found is None:
            raise HTTPException(404, "no such asset")
        headers = {**HEADERS, "ETag": found.tag}
        if request.headers.get("if-none-match") == found.tag:
            return Response(status_code=304, headers=headers)
        return Response(found.content, media_type=found.media_type, headers=headers)

    @routes.get(SOURCE)
    def source() -> SourceAnswer:
        """Which version runs, under which licence, and where its source is."""
        return SourceAnswer(
            version=version(),
            licence=LICENCE,
            source=source_url or source_address(),
            archive=ARCHIVE,
        )

    @routes.get(ARCHIVE, response_class=Response, responses=answers_with("application/gzip"))
    def archive() -> Response:
        """The program that runs, as a `.tar.gz`."""
        headers = {"Content-Disposition": 'attachment; filename="descry-source.tar.gz"'}
        return Response(source_archive(), media_type="application/gzip", headers=headers)

    return routes
