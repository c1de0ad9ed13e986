"""Owns a data folder with every worker, for as long as an operator lets it run."""

import logging
import sys
from contextlib import ExitStack

from pipeline.config import Settings
from pipeline.errors import DescryError
from pipeline.shutdown import Stop
from pipeline.wiring.accounts import tls_files, welcome, where_to_look
from pipeline.wiring.processes import worker_spec
from pipeline.wiring.sessions import Session, own
from pipeline.wiring.settings import worker_environment
from pipeline.wiring.stores import open_folder
from pipeline.wiring.watching import WatchedSettings
from pipeline.wiring.weights import detector_file, encoder_name
from retrieval.errors import WeightsError

log = logging.getLogger(__name__)


class FirstCamera:
    """Starts the camera worker of a session once there is a camera to watch."""

    def __init__(self, settings: Settings, session: Session) -> None:
        """Start nothing yet."""
        self._settings, self._session = settings, session
        self._watched = WatchedSettings.of_this_process(settings, ())
        self._is_started, self._said = False, ""

    def look(self) -> None:
        """Start it if there is a camera, and a detector to look with."""
        if self._is_started or not self._watched.wanted():
            return
        try:
            detector_file(self._settings)
        except (DescryError, WeightsError) as error:
            self._say(f"a camera was added, but there is nothing to look for people with: {error}")
            return
        environment = worker_environment(self._settings, self._session.redis_url)
        self._session.supervisor.add(worker_spec("camera", ["camera"], environment, None))
        self._is_started = True

    def _say(self, warning: str) -> None:
        if warning != self._said:
            log.error(warning)
        self._said = warning


def keep_running(settings: Settings, stop: Stop) -> None:
    """Own the data folder with every worker, until `stop`.

    Raises:
        FolderInUse: somebody else owns it.
        ConfigError: the settings cannot work.
    """
    encoder_name(settings)
    folder = open_folder(settings)
    folder.token()
    tls_files(settings)  # says at once what the worker would say much later
    welcome(settings, (sys.stderr, sys.stdout))
    kinds = ["embed", "query", "deliver"]
    if any(camera.enabled for camera in settings.cameras.values()):
        detector_file(settings)
        kinds.append("camera")
    else:
        log.warning(
            "no camera is set: only searches and imports are served, until one is added "
            "(descry cameras add)"
        )
    with ExitStack() as stack:
        session = own(settings, folder, kinds, stack, is_brief=False)
        first_camera = None if "camera" in kinds else FirstCamera(settings, session)
        log.info("started: data in %s; stop with Ctrl-C", folder.path)
        with session.quick_client() as client:
            is_ready = False
            while not stop.wait(0.1):
                session.tend()
                if first_camera is not None:
                    first_camera.look()
                if not is_ready and client.is_ready():
                    is_ready = True
                    log.info("ready: searches are answered; %s", where_to_look(settings))
        log.info("stopping")
