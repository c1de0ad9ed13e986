"""The one door between a source and the rest: what masks hide does not pass it."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from detectors.masks import Blackout
from detectors.types import Frame
from pipeline.sources.reader import LiveSource


class MaskedCamera:
    """A live camera whose frames leave it with the masks burnt in."""

    def __init__(self, camera: LiveSource, blackout: Blackout) -> None:
        self._camera, self._blackout = camera, blackout

    @property
    def camera_id(self) -> str:
        """Its short name."""
        return self._camera.camera_id

    @property
    def decode_errors(self) -> int:
        """Packets that could not be decoded, over all connections."""
        return self._camera.decode_errors

    @property
    def figures(self) -> Mapping[str, float]:
        """What is known of the running connection."""
        return self._camera.figures

    def frames(
        self, run_id: str, stop: threading.Event, max_fps: float | None = None
    ) -> Iterator[Frame]:
        """Connect, and yield frames until `stop` is set.

        Raises:
            SourceError: as the camera itself.
        """
        return self._blackout.over(self._camera.frames(run_id, stop, max_fps))


class Film(Protocol):
    """The frames of one file (`pipeline.sources.video_file.VideoFile`)."""

    @property
    def damaged(self) -> Sequence[Sequence[float]]:
        """What could not be decoded of it."""
        ...

    def __iter__(self) -> Iterator[Frame]:
        """The frames, in order."""
        ...


class MaskedFilm:
    """A file whose frames leave it with the masks burnt in."""

    def __init__(self, film: Film, blackout: Blackout) -> None:
        self._film, self._blackout = film, blackout

    @property
    def damaged(self) -> Sequence[Sequence[float]]:
        """From, to, in seconds since the first frame; of the last iteration."""
        return self._film.damaged

    def __iter__(self) -> Iterator[Frame]:
        """The frames, in order.

        Raises:
            SourceUnreadable: as the file itself.
        """
        return self._blackout.over(self._film)
