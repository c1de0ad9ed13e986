"""Pictures that are passed on, over HTTP: the contact sheet of `descry search --sheet`."""

from typing import Protocol

from fastapi import APIRouter, Response

from pipeline.api.asking import Asking
from pipeline.api.openapi import answers_with
from pipeline.api.sight import refuse_unseen


class Exported(Protocol):
    """What the route asks (`pipeline.workers.exported_pictures.ExportedPictures`)."""

    def picture(self, key: str) -> bytes:
        """The JPEG of a kept shot, without other people."""
        ...


def sheet_routes(exported: Exported) -> APIRouter:
    """`GET /sheets/pictures/{key}`."""
    routes = APIRouter()

    @routes.get(
        "/sheets/pictures/{key:path}",
        response_class=Response,
        responses=answers_with("image/jpeg"),
    )
    def picture(key: str, asking: Asking) -> Response:
        """The JPEG of a kept shot to be passed on: other people are hidden by `export.blur`."""
        refuse_unseen(asking, key)
        return Response(exported.picture(key), media_type="image/jpeg")

    return routes
