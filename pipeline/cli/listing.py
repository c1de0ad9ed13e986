"""Lists of any length, a page at a time."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from pipeline.answers import CameraAnswer, TrackAnswer, TracksAnswer

PICTURES = "/api/v1/pictures/"


class Lists(Protocol):
    """What lists tracks and cameras: a query worker's client, or the stores themselves."""

    def tracks(
        self,
        camera: str | None = None,
        *,
        zone: str | None = None,
        after: str | None = None,
        count: int = 200,
    ) -> TracksAnswer:
        """A page of tracks."""
        ...

    def cameras(self, camera: str | None = None) -> list[CameraAnswer]:
        """Every camera, or one."""
        ...

    def boxes(self, camera: str, run: str | None = None) -> str:
        """The MOTChallenge rows of a run."""
        ...


def every_track(
    lists: Lists, camera: str | None, *, zone: str | None = None, media: Path | None
) -> Iterator[TrackAnswer]:
    """Every track by first sight; thumbnails are paths where pictures lie on this machine.

    Raises:
        NotFound: no such camera.
    """
    after: str | None = None
    while True:
        page = lists.tracks(camera, zone=zone, after=after)
        for track in page.tracks:
            where = path_of(track.thumbnail, media) if track.thumbnail else None
            yield track.model_copy(update={"thumbnail": where})
        if page.next is None:
            return
        after = page.next


def path_of(url: str, media: Path | None) -> str:
    """The file behind a thumbnail's address; the address itself if it lies elsewhere."""
    return str(media / url.removeprefix(PICTURES)) if media is not None else url
