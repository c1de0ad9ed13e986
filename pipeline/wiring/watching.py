"""The cameras of the settings as they are now: what says them is read again when it changes."""

import hashlib
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pipeline.added_cameras import AddedCameras
from pipeline.config import Settings
from pipeline.config_sources import find_config
from pipeline.config_types import SHOW_SECRETS
from pipeline.errors import ConfigError
from pipeline.wiring.settings import read_settings
from pipeline.workers.roster import WantedCamera

log = logging.getLogger(__name__)

Signature = tuple[int, int, int] | None


class WatchedSettings:
    """The settings of a camera worker.

    Cameras may come, go and change while it runs. Whatever else changed is told of and waits for
    the next start. A file that makes no sense, is empty or gone, changes nothing; one that differs
    is read at the next look, if it has stayed as it is: till then somebody may be writing it.
    """

    def __init__(
        self,
        settings: Settings,
        only: Sequence[str] = (),
        *,
        file: Path | None,
        read: Callable[[], Settings],
    ) -> None:
        """Begin with `settings`.

        Args:
            settings: as they were read at the start.
            only: cameras to keep to; empty for all that are enabled.
            file: what to look at; None where no file was read.
            read: reads all settings again; raises ConfigError.
        """
        self.settings = settings
        self._only, self._file, self._read = tuple(only), file, read
        self._added_file = AddedCameras(settings.data_dir).file
        self._seen = self._last = self._signatures()
        self._lack = _lack(file)

    @classmethod
    def of_this_process(cls, settings: Settings, only: Sequence[str]) -> "WatchedSettings":
        """Those that `read_settings` read."""
        file = find_config(None, os.environ)
        return cls(settings, only, file=file, read=lambda: read_settings(file))

    def wanted(self) -> Mapping[str, WantedCamera]:
        """The cameras to watch, by name, in the order of the file."""
        self._look()
        cameras = self.settings.cameras
        chosen = self._only or [name for name, camera in cameras.items() if camera.enabled]
        return {name: _wanted(self.settings, name) for name in chosen if name in cameras}

    def current(self) -> Settings:
        """All settings, their cameras as they are now: for whoever cannot wait for another look."""
        self._look()
        self._look()
        return self.settings

    def _look(self) -> None:
        signatures, last = self._signatures(), self._last
        self._last = signatures
        if signatures == self._seen or signatures != last:
            return
        self._seen = signatures
        lack = _lack(self._file)
        # A file may be empty from the start (/dev/null, say), with all cameras beside it.
        if lack is not None and lack != self._lack:
            log.warning("%s: the settings %s; those read before stay in force", self._file, lack)
            return
        try:
            fresh = self._read()
        except ConfigError as error:
            log.error("%s; the settings read before stay in force", error)  # noqa: TRY400
            return
        self._lack, before = lack, self.settings
        self.settings = before.model_copy(update={"cameras": fresh.cameras})
        others = [
            name
            for name in type(fresh).model_fields
            if name != "cameras" and getattr(fresh, name) != getattr(before, name)
        ]
        if others:
            log.warning("settings: %s changed; that waits for the next start", ", ".join(others))

    def _signatures(self) -> tuple[Signature, Signature]:
        """What tells one state of the two files from another."""
        return _signature(self._file), _signature(self._added_file)


def _signature(file: Path | None) -> Signature:
    try:
        status = file.stat() if file is not None else None
    except OSError:
        return None
    return (status.st_mtime_ns, status.st_size, status.st_ino) if status is not None else None


def _lack(file: Path | None) -> str | None:
    """What is wrong with a file in which nothing can be wrong."""
    try:
        return None if file is None or file.read_bytes().strip() else "are empty"
    except FileNotFoundError:
        return "are gone"
    except OSError:
        return None  # whoever reads it says why


def _wanted(settings: Settings, name: str) -> WantedCamera:
    camera = settings.cameras[name]
    # Without its secrets a new password would change nothing.
    whole = camera.model_dump_json(context={SHOW_SECRETS: True})
    return WantedCamera(camera.url, hashlib.sha256(whole.encode()).hexdigest())
