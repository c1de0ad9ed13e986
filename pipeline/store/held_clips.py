"""Clips of held tracks, which neither the ring nor an import takes with it when it goes."""

import json
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from detectors.types import TrackKey
from pipeline.errors import StoreFull
from pipeline.files import flush_folder, write_whole

Span = tuple[str, float, float]
"""Camera, and the first and last instant of a track there, Unix seconds."""

MOST_ERASED: Final = 10_000
"""Spans that are remembered, the latest: where somebody was in view who is erased."""

_ERASED: Final = "erased.json"


class HeldShot(BaseModel):
    """Where a kept shot of the track shows the person.

    Attributes:
        number: of the shot.
        at: Unix seconds.
        box: left, top, right, bottom as shares of the frame.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: int
    at: float
    box: tuple[float, float, float, float]


class HeldClip(BaseModel):
    """What is known of a clip; it outlives all else that knows of the track.

    Attributes:
        track: its name.
        begin_at: when its first picture was captured, Unix seconds.
        end_at: likewise of its last.
        first_at: when the person is seen first.
        last_at: likewise last.
        time_from: where these instants come from.
        is_copy: whether it is the camera's own video.
        shots: those that were kept when it was cut.
        masks: corners of the areas that nobody may see of it, as shares of the frame.
        shows_erased: whether somebody was erased whom it may show.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    track: str
    begin_at: float
    end_at: float
    first_at: float
    last_at: float
    time_from: str | None
    is_copy: bool
    shots: tuple[HeldShot, ...]
    masks: tuple[tuple[tuple[float, float], ...], ...] = ()
    shows_erased: bool = False


class HeldClips:
    """A folder of clips, each an MP4 with what is known of it beside it, mode 0600."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, track: TrackKey) -> Path:
        """Where the clip of a track lies, or would."""
        return self._folder / track.camera_id / f"{track.run_id}-{track.number}.mp4"

    def get(self, track: TrackKey) -> HeldClip | None:
        """What is known of the clip of a track; None where there is none."""
        told = _read(self.path(track).with_suffix(".json"))
        return told if told is not None and self.path(track).is_file() else None

    def free_bytes(self) -> int:
        """What is free on its disk.

        Raises:
            StoreFull: it cannot be made.
        """
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return shutil.disk_usage(self._folder).free
        except OSError as error:
            raise _no_room(self._folder, error) from error

    def draft(self, track: TrackKey) -> Path:
        """Where a clip is cut to, before it is kept.

        Raises:
            StoreFull: its folder cannot be made.
        """
        path = self.path(track)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise _no_room(path, error) from error
        return path.with_suffix(".new.mp4")

    def keep(self, track: TrackKey, told: HeldClip) -> None:
        """Keep the draft as the clip of a track.

        Raises:
            StoreFull: no room.
        """
        path, draft = self.path(track), self.draft(track)
        try:
            # In this order a clip without words is none, and no words are of another clip.
            path.with_suffix(".json").unlink(missing_ok=True)
            draft.replace(path)
            write_whole(path.with_suffix(".json"), told.model_dump_json())
            # Read behind the words: whoever is erased from now on finds these.
            if not told.shows_erased and _reaches(track.camera_id, told, self._erased()):
                told = told.model_copy(update={"shows_erased": True})
                write_whole(path.with_suffix(".json"), told.model_dump_json())
            flush_folder(path.parent)
        except OSError as error:
            raise _no_room(path, error) from error

    def drop(self, tracks: Collection[TrackKey]) -> None:
        """Delete their clips, and what was half cut."""
        for track in tracks:
            path = self.path(track)
            for suffix in (".json", ".mp4", ".new.mp4"):
                path.with_suffix(suffix).unlink(missing_ok=True)

    def tracks(self) -> set[TrackKey]:
        """Of whom something lies there."""
        found = set()
        for path in self._folder.glob("*/*.*"):
            run_id, number = path.name.split(".", 1)[0].rsplit("-", 1)
            found.add(TrackKey(path.parent.name, run_id, int(number)))
        return found

    def hide_erased(self, spans: Collection[Span]) -> int:
        """Note that clips which reach into these spans show somebody who is erased; how many do.

        Raises:
            StoreFull: no room.
        """
        count = 0
        # First for clips that are being cut, and for those of a recording that are cut later.
        self._remember(spans)
        for path, told in self._all():
            if _reaches(path.parent.name, told, spans):
                count += 1
                try:
                    hiding = told.model_copy(update={"shows_erased": True})
                    write_whole(path, hiding.model_dump_json())
                except OSError as error:
                    raise _no_room(path, error) from error
        return count

    def _erased(self) -> list[Span]:
        """Where and when somebody was in view who is erased; their names are not kept."""
        try:
            return [
                (str(c), float(a), float(b))
                for c, a, b in json.loads((self._folder / _ERASED).read_bytes())
            ]
        except (OSError, ValueError, TypeError):
            return []

    def _remember(self, spans: Collection[Span]) -> None:
        path = self._folder / _ERASED
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            known = dict.fromkeys([*self._erased(), *spans])
            write_whole(path, json.dumps(list(known)[-MOST_ERASED:]))
        except OSError as error:
            raise _no_room(path, error) from error

    def _all(self) -> Iterator[tuple[Path, HeldClip]]:
        for path in sorted(self._folder.glob("*/*.json")):
            told = _read(path)
            if told is not None:
                yield path, told


def _read(path: Path) -> HeldClip | None:
    try:
        return HeldClip.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError):
        return None


def _reaches(camera_id: str, told: HeldClip, spans: Collection[Span]) -> bool:
    """Whether a clip shows a camera in one of these spans."""
    return any(
        camera_id == camera and told.begin_at <= last and first <= told.end_at
        for camera, first, last in spans
    )


def _no_room(path: Path, error: OSError) -> StoreFull:
    return StoreFull(f"what is held cannot be written to {path} ({error}): make room")
