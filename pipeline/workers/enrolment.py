"""Cameras that an operator adds and removes while Descry runs."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.added_cameras import AddedCameras
from pipeline.answers import CameraAnswer
from pipeline.clock import Clock
from pipeline.errors import ConfigError, NotFound
from pipeline.store.cameras import REMOVED, CameraStore

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Adds cameras beside those of the settings file, which nobody but its owner changes.

    Attributes:
        added: the file of them, which camera workers look at once a second.
        camera_store: what is known of each camera.
        check: a camera's settings, checked, with defaults left out; raises ConfigError.
        listed: the cameras that the settings name elsewhere, and where.
        present: a camera as the API says it.
        clock: ours.
    """

    added: AddedCameras
    camera_store: CameraStore
    check: Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
    listed: Callable[[], Mapping[str, str]]
    present: Callable[[str], CameraAnswer]
    clock: Clock

    def add(self, camera: str, settings: Mapping[str, Any]) -> CameraAnswer:
        """Watch a camera from now on, or by other settings from now on.

        Raises:
            ConfigError: the settings make no sense, or name the camera elsewhere.
        """
        checked = self.check(camera, settings)
        self._refuse_listed(camera)
        self.added.put(camera, checked)
        self.camera_store.register(camera, "rtsp")
        status = self.camera_store.status(camera)
        if status is None or status.at is None or status.state == REMOVED:
            self._say(camera, "idle", "added; waits for a camera worker")
        log.info("camera '%s': added", camera)
        return self.present(camera)

    def remove(self, camera: str) -> CameraAnswer:
        """Watch an added camera no longer; what was seen stays.

        Raises:
            ConfigError: the settings name it elsewhere.
            NotFound: it was not added.
        """
        self._refuse_listed(camera)
        if not self.added.remove(camera):
            added = ", ".join(sorted(self.added.read())) or "none"
            raise NotFound(f"no camera {camera!r} was added; added: {added}")
        self._say(camera, REMOVED, "taken out")
        log.info("camera '%s': removed", camera)
        return self.present(camera)

    def _refuse_listed(self, camera: str) -> None:
        origin = self.listed().get(camera)
        if origin is not None:
            raise ConfigError(f"camera {camera!r} is set in {origin}: change it there")

    def _say(self, camera: str, state: str, detail: str) -> None:
        self.camera_store.set_status(camera, state, detail, self.clock.now())
