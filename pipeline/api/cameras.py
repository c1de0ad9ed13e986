"""Cameras over HTTP: added, removed, paused and resumed while the others go on."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Body, Response

from pipeline.answers import CameraAnswer
from pipeline.api.asking import Asking
from pipeline.api.openapi import answers_with
from pipeline.api.sight import refuse_unseen
from pipeline.instants import format_instant


class CameraSwitches(Protocol):
    """What the routes ask (`pipeline.workers.catalogue.Catalogue`)."""

    def pause(self, camera: str) -> CameraAnswer:
        """Have no worker read a camera."""
        ...

    def resume(self, camera: str) -> CameraAnswer:
        """Have it read again."""
        ...


class CameraList(Protocol):
    """What the routes ask (`pipeline.workers.enrolment.Enrolment`)."""

    def add(self, camera: str, settings: Mapping[str, Any]) -> CameraAnswer:
        """Watch a camera from now on, or by other settings."""
        ...

    def remove(self, camera: str) -> CameraAnswer:
        """Watch it no longer."""
        ...


def camera_routes(switches: CameraSwitches, listed: CameraList) -> APIRouter:
    """The routes under `/cameras` that change something."""
    routes = APIRouter()

    @routes.put("/cameras/{camera}")
    def add(camera: str, settings: Annotated[dict[str, Any], Body()]) -> CameraAnswer:
        """Watch a camera from now on, its settings as under `cameras:` in the settings file.

        One that was added before gets these settings instead; one of the settings file is refused.
        """
        return listed.add(camera, settings)

    @routes.delete("/cameras/{camera}")
    def remove(camera: str) -> CameraAnswer:
        """Watch an added camera no longer; what was seen of it stays searchable."""
        return listed.remove(camera)

    @routes.post("/cameras/{camera}/pause")
    def pause(camera: str, asking: Asking) -> CameraAnswer:
        """Have no worker read a camera until it is resumed; it counts as blind meanwhile."""
        refuse_unseen(asking, camera)
        return switches.pause(camera)

    @routes.post("/cameras/{camera}/resume")
    def resume(camera: str, asking: Asking) -> CameraAnswer:
        """Have a paused camera read again; one that was not paused is left alone."""
        refuse_unseen(asking, camera)
        return switches.resume(camera)

    return routes


LastPicture = Callable[[str], tuple[bytes, float] | None]
"""The newest JPEG of a camera and when it was captured, Unix seconds; None where there is none."""

#: When the picture was captured, ISO 8601.
CAPTURED_HEADER = "Descry-Captured-At"


def picture_routes(last_picture: LastPicture) -> APIRouter:
    """`GET /cameras/{camera}/picture`."""
    routes = APIRouter()

    @routes.get(
        "/cameras/{camera}/picture",
        response_class=Response,
        responses=answers_with("image/jpeg", _204="no picture is kept"),
    )
    def picture(camera: str, asking: Asking) -> Response:
        """The newest picture of a live camera's recent video; 204 where none is kept."""
        found = last_picture(camera) if asking.may_see(camera) else None
        if found is None:
            return Response(status_code=204)
        data, at = found
        headers = {CAPTURED_HEADER: format_instant(at), "Cache-Control": "private, no-store"}
        return Response(data, media_type="image/jpeg", headers=headers)

    return routes
