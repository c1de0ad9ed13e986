"""Cameras over HTTP: paused and resumed while the others go on."""

from typing import Protocol

from fastapi import APIRouter

from pipeline.answers import CameraAnswer


class CameraSwitches(Protocol):
    """What the routes ask (`pipeline.workers.catalogue.Catalogue`)."""

    def pause(self, camera: str) -> CameraAnswer:
        """Have no worker read a camera."""
        ...

    def resume(self, camera: str) -> CameraAnswer:
        """Have it read again."""
        ...


def camera_routes(switches: CameraSwitches) -> APIRouter:
    """The routes under `/cameras` that change something."""
    routes = APIRouter()

    @routes.post("/cameras/{camera}/pause")
    def pause(camera: str) -> CameraAnswer:
        """Have no worker read a camera until it is resumed; it counts as blind meanwhile."""
        return switches.pause(camera)

    @routes.post("/cameras/{camera}/resume")
    def resume(camera: str) -> CameraAnswer:
        """Have a paused camera read again; one that was not paused is left alone."""
        return switches.resume(camera)

    return routes
