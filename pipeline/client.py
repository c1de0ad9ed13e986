"""Asks a query worker over HTTP: the one door that the command line and Python use."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pipeline.answers import (
    CameraAnswer,
    ClipAnswer,
    CollectionAnswer,
    ErasedAnswer,
    ErasingAnswer,
    RemovedAnswer,
    SearchAnswer,
    SearchRequest,
    TracksAnswer,
)
from pipeline.connection import Connection
from pipeline.errors import ConfigError, NotFound
from pipeline.files import write_whole
from pipeline.hold_answers import HoldAnswer
from pipeline.journey_answers import TravelAnswer

# Millions of shots are forgotten in minutes; who is hidden in a clip is looked for in each frame.
REMOVED_WITHIN_S = 3600.0


class Client(Connection):
    """A query worker, seen from outside."""

    def search(self, request: SearchRequest) -> SearchAnswer:
        """The tracks that fit best.

        Raises:
            ConfigError: the text or the filters cannot be searched.
            NotFound: a camera or collection does not exist.
            ServiceUnavailable: nobody answered.
        """
        answer = self._ask("POST", "/api/v1/search", json=request.model_dump())
        return SearchAnswer.model_validate_json(answer.content)

    def travel(self, *, learn: bool = False) -> list[TravelAnswer]:
        """How long people took between cameras; `learn` from days that are over first."""
        if learn:
            self._ask("POST", "/api/v1/travel/learn")
        return [TravelAnswer(**item) for item in self._listed("/api/v1/travel")]

    def tracks(
        self,
        camera: str | None = None,
        *,
        zone: str | None = None,
        after: str | None = None,
        count: int = 200,
    ) -> TracksAnswer:
        """A page of tracks by first sight; with a `zone` shorter than `count`, or even empty.

        Raises:
            NotFound: no such camera.
        """
        asked = {"camera": camera, "zone": zone, "after": after, "count": count}
        params = {name: value for name, value in asked.items() if value is not None}
        content = self._ask("GET", "/api/v1/tracks", params=params).content
        return TracksAnswer.model_validate_json(content)

    def cameras(self, camera: str | None = None) -> list[CameraAnswer]:
        """Every camera, or one.

        Raises:
            NotFound: no such camera.
        """
        found = self._listed("/api/v1/cameras", camera=camera or None)
        return [CameraAnswer.model_validate(item) for item in found]

    def pause(self, camera: str) -> CameraAnswer:
        """Have no worker read a live camera until `resume`.

        Raises:
            NotFound: no such live camera.
        """
        answer = self._ask("POST", f"/api/v1/cameras/{camera}/pause")
        return CameraAnswer.model_validate_json(answer.content)

    def resume(self, camera: str) -> CameraAnswer:
        """Undo `pause`.

        Raises:
            NotFound: no such live camera.
        """
        answer = self._ask("POST", f"/api/v1/cameras/{camera}/resume")
        return CameraAnswer.model_validate_json(answer.content)

    def add(self, camera: str, settings: Mapping[str, Any]) -> CameraAnswer:
        """Watch a camera from now on, its settings as under `cameras:` in the settings file.

        Raises:
            ConfigError: they make no sense, or the settings file has that camera.
        """
        answer = self._ask("PUT", f"/api/v1/cameras/{quote(camera, safe='')}", json=dict(settings))
        return CameraAnswer.model_validate_json(answer.content)

    def remove(self, camera: str) -> CameraAnswer:
        """Watch an added camera no longer.

        Raises:
            NotFound: it was not added.
            ConfigError: the settings file has it.
        """
        answer = self._ask("DELETE", f"/api/v1/cameras/{quote(camera, safe='')}")
        return CameraAnswer.model_validate_json(answer.content)

    def boxes(self, camera: str, run: str | None = None) -> str:
        """The MOTChallenge rows of a run.

        Raises:
            NotFound: no such camera or run, or its boxes were not kept.
        """
        params = {"run": run} if run else {}
        return self._ask("GET", f"/api/v1/cameras/{camera}/boxes", params=params).text

    def collections(self) -> list[CollectionAnswer]:
        """Every collection, with what it holds."""
        found = self._listed("/api/v1/collections")
        return [CollectionAnswer.model_validate(item) for item in found]

    def remove_collection(self, name: str) -> RemovedAnswer:
        """Forget a collection for good.

        Raises:
            ConfigError: it cannot be removed, or not now.
            NotFound: there is none of that name.
        """
        path = f"/api/v1/collections/{quote(name, safe='')}"
        answer = self._ask("DELETE", path, timeout=REMOVED_WITHIN_S)
        return RemovedAnswer.model_validate_json(answer.content)

    def erase(self, names: Sequence[str]) -> ErasedAnswer:
        """Erase tracks for good, and search the data folder for what is left of them.

        Raises:
            ConfigError: a name is none, or a track is held.
            NotFound: a track is not known.
            Busy: other tracks are being erased.
        """
        asked = {"tracks": list(names)}
        answer = self._ask("POST", "/api/v1/erasures", json=asked, timeout=REMOVED_WITHIN_S)
        return ErasedAnswer.model_validate_json(answer.content)

    def erasing(self) -> ErasingAnswer:
        """How far the erasure is that is at work."""
        return ErasingAnswer.model_validate_json(self._ask("GET", "/api/v1/erasures").content)

    def holds(self) -> list[HoldAnswer]:
        """Every held track."""
        return [HoldAnswer.model_validate(item) for item in self._listed("/api/v1/holds")]

    def hold(self, name: str) -> HoldAnswer:
        """Keep a track past retention, and refuse to erase it.

        Raises:
            NotFound: no such track.
        """
        answer = self._ask("PUT", f"/api/v1/holds/{quote(name)}")
        return HoldAnswer.model_validate_json(answer.content)

    def release(self, name: str) -> HoldAnswer:
        """Hold a track no longer.

        Raises:
            NotFound: it is not held.
        """
        answer = self._ask("DELETE", f"/api/v1/holds/{quote(name)}")
        return HoldAnswer.model_validate_json(answer.content)

    def exported_picture(self, url: str) -> bytes | None:
        """The same to be passed on: other people are hidden as `export.blur` says."""
        return self.picture(url.replace("/pictures/", "/sheets/pictures/", 1))

    def picture(self, url: str) -> bytes | None:
        """The JPEG behind a thumbnail address; None if it is gone."""
        try:
            return self._ask("GET", url).content
        except NotFound:
            return None

    def clip(
        self, hit: str, *, before_s: float = 5.0, after_s: float = 5.0, out: Path
    ) -> ClipAnswer:
        """Write the clip of a track or shot to `out`, an MP4, whole or not at all.

        Raises:
            NotFound: no such track or shot.
            VideoGone: its video is kept nowhere, or not any more.
            ConfigError: `out` cannot be written.
        """
        how = {"params": {"before_s": before_s, "after_s": after_s}, "timeout": REMOVED_WITHIN_S}
        answer = self._ask("GET", f"/api/v1/tracks/{quote(hit)}/clip", **how)
        try:
            write_whole(out, answer.content)
        except OSError as error:
            raise ConfigError(
                f"cannot write {out} ({error.strerror}): choose another file"
            ) from error
        told = ClipAnswer.model_validate_json(answer.headers["Descry-Clip"])
        return told.model_copy(update={"path": str(out)})
