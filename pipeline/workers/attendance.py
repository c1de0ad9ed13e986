"""The reader threads of a camera worker: who is read, from when, and what readers say."""

import logging
import queue
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from pipeline.sources.reader import CameraReader
from pipeline.workers.roster import Absence, WantedCamera

log = logging.getLogger(__name__)

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
        self, roster: CameraRoster, make_reader: Callable[[str, OnState], CameraReader]
    ) -> None:
        """Read nothing before the first review."""
        self._roster, self._make_reader = roster, make_reader
        self._said: queue.SimpleQueue[StateChange] = queue.SimpleQueue()
        self._cameras: dict[str, WantedCamera] = {}
        self.readers: dict[str, CameraReader] = {}

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
            self.readers.pop(name).stop(0.0)
            del self._cameras[name]
        joined = tuple(name for name in wanted if name not in self._cameras)
        self._cameras |= {name: wanted[name] for name in joined}
        return Changes(left, joined)

    def start(self, camera_id: str) -> None:
        """Start the reader of a camera that joined."""
        reader = self._make_reader(camera_id, lambda *change: self._said.put(StateChange(*change)))
        self.readers[camera_id] = reader
        reader.start()

    def heard(self) -> Iterator[StateChange]:
        """What readers of present cameras said since last asked."""
        while not self._said.empty():
            change = self._said.get()
            if change.camera_id in self.readers:
                yield change

    def revive(self) -> None:
        """Start another reader where one died of a fault of ours."""
        for camera_id, reader in list(self.readers.items()):
            if not reader.is_alive():
                log.error("camera '%s': its reader died, starting another", camera_id)
                self.start(camera_id)

    def stop(self) -> None:
        """End every reader, and give up the cameras."""
        for reader in self.readers.values():
            reader.stop(0.0)
        self._roster.leave()
