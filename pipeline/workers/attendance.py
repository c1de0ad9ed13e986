"""The reader threads of a camera worker: who is read, from when, and what readers say."""

import logging
import queue
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from pipeline.clock import Clock
from pipeline.errors import ConfigError, NotFound
from pipeline.sources.reader import CameraReader
from pipeline.workers.roster import Absence, WantedCamera
from pipeline.workers.tenure import Tenure

log = logging.getLogger(__name__)

TRY_AGAIN_S = 10.0
"""The wait before a camera whose reader died or could not be made is tried again, its settings as
before: a file that they name may have been put there."""

OnState = Callable[[str, str, str, str, float], None]


class CameraRoster(Protocol):
    """Says which cameras to read (`pipeline.workers.roster`)."""

    @property
    def absences(self) -> Mapping[str, Absence]:
        """Why each camera was given up that the last review gave up."""
        ...

    def review(self) -> Mapping[str, WantedCamera]:
        """The cameras to read from now on."""
        ...

    def renew(self) -> None:
        """Keep those that are ours; any thread may."""
        ...

    def tenure(self, camera_id: str) -> Tenure:
        """Our turn at a camera that the last review gave us."""
        ...

    def leave(self) -> None:
        """Give up all of them."""
        ...


class FixedRoster:
    """The same cameras for ever, and nobody to share them with."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        """Take each camera's address without credentials."""
        self._cameras = {name: WantedCamera(source, 0) for name, source in sources.items()}
        self.absences: Mapping[str, Absence] = {}

    def review(self) -> Mapping[str, WantedCamera]:
        """All of them."""
        return self._cameras

    def renew(self) -> None:
        """Do nothing."""

    def tenure(self, _camera_id: str) -> Tenure:
        """For ever."""
        return Tenure.endless()

    def leave(self) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class StateChange:
    """What a reader says of its camera."""

    camera_id: str
    state: str
    detail: str
    run_id: str
    at: float


@dataclass(frozen=True, slots=True)
class Changes:
    """What a review changed.

    Attributes:
        left: cameras that are no longer read, and why.
        joined: cameras that are read from now on; a changed one is in both.
    """

    left: Mapping[str, Absence]
    joined: tuple[str, ...]


class Attendance:
    """One reader thread for each camera of the roster."""

    def __init__(
        self,
        roster: CameraRoster,
        make_reader: Callable[[str, OnState], CameraReader],
        clock: Clock,
    ) -> None:
        """Read nothing before the first review."""
        self._roster, self._make_reader, self._clock = roster, make_reader, clock
        self._said: queue.SimpleQueue[StateChange] = queue.SimpleQueue()
        self._cameras: dict[str, WantedCamera] = {}
        self._try_at: dict[str, float] = {}
        self._told: dict[str, str] = {}
        self.readers: dict[str, CameraReader] = {}

    @property
    def cameras(self) -> tuple[str, ...]:
        """Those that the last review gave us, with a reader or refused."""
        return tuple(self._cameras)

    def source(self, camera_id: str) -> str:
        """A camera's address without credentials."""
        return self._cameras[camera_id].source

    def review(self) -> Changes:
        """Follow the roster: end readers of cameras that left it or changed.

        The cameras that joined are to be started by `start`, once they are introduced.
        """
        wanted = self._roster.review()
        left: dict[str, Absence] = {}
        for name, camera in list(self._cameras.items()):
            if name not in wanted:
                left[name] = self._roster.absences.get(name, "moved")
            elif wanted[name].version != camera.version:
                left[name] = "changed"
            else:
                continue
            # A reader that hangs ends when its connection times out; nobody waits for it.
            self._forget(name)
            del self._cameras[name]
        joined = tuple(name for name in wanted if name not in self._cameras)
        self._cameras |= {name: wanted[name] for name in joined}
        return Changes(left, joined)

    def start(self, camera_id: str) -> None:
        """Start the reader of a camera that joined.

        One whose settings cannot be used is refused and tried again; the others go on.
        """
        self._try_at.pop(camera_id, None)
        try:
            reader = self._make_reader(camera_id, self._say)
        except (ConfigError, NotFound) as error:
            self._refuse(camera_id, str(error))
            return
        self._told.pop(camera_id, None)
        self.readers[camera_id] = reader
        reader.start()

    def heard(self) -> Iterator[StateChange]:
        """What readers of present cameras said since last asked."""
        while not self._said.empty():
            change = self._said.get()
            if change.camera_id in self._cameras:
                yield change

    def revive(self) -> None:
        """Start another reader, after a wait, where one died of a fault of ours or was not made."""
        for camera_id, reader in list(self.readers.items()):
            if not reader.is_alive():
                self._bury(camera_id, reader)
        now = self._clock.monotonic()
        for camera_id in [name for name, at in self._try_at.items() if now >= at]:
            self.start(camera_id)

    def stop(self) -> None:
        """End every reader."""
        for reader in self.readers.values():
            reader.stop(0.0)

    def _say(self, camera_id: str, state: str, detail: str, run_id: str, at: float) -> None:
        self._said.put(StateChange(camera_id, state, detail, run_id, at))

    def _refuse(self, camera_id: str, why: str) -> None:
        self._try_at[camera_id] = self._clock.monotonic() + TRY_AGAIN_S
        if self._told.get(camera_id) == why:
            return  # one sentence every few seconds would fill the log
        self._told[camera_id] = why
        log.error("camera '%s': %s; trying again every %.0f s", camera_id, why, TRY_AGAIN_S)
        self._say(camera_id, "refused", why, "", self._clock.now())

    def _bury(self, camera_id: str, reader: CameraReader) -> None:
        # What it started (a second stream, say) listens to the same event.
        reader.stop(0.0)
        del self.readers[camera_id]
        detail = "its reader died of a fault in Descry: see the log"
        log.error("camera '%s': %s; another starts in %.0f s", camera_id, detail, TRY_AGAIN_S)
        self._try_at[camera_id] = self._clock.monotonic() + TRY_AGAIN_S
        self._say(camera_id, "lost", detail, reader.run_id, self._clock.now())

    def _forget(self, camera_id: str) -> None:
        self._try_at.pop(camera_id, None)
        self._told.pop(camera_id, None)
        reader = self.readers.pop(camera_id, None)
        if reader is not None:
            reader.stop(0.0)
