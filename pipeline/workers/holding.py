"""Holds tracks: copies what is kept of them to where retention does not reach."""

import fcntl
import logging
import os
import re
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from detectors.types import ShotId, TrackKey
from pipeline.clock import Clock
from pipeline.errors import ConfigError, NotFound, StoreFull
from pipeline.hold_answers import HoldAnswer
from pipeline.instants import format_instant
from pipeline.store.forgetting import pictures_of
from pipeline.store.held import HeldTracks
from pipeline.store.held_clips import HeldClips
from pipeline.store.media import FolderMedia
from pipeline.store.sighting_log import START, SightingLog
from pipeline.store.wire import LoggedSighting
from pipeline.workers.held_video import HeldVideo
from retrieval.index.manifest import MANIFEST, Manifest
from retrieval.index.rolling import RollingIndex
from retrieval.types import Sighting

log = logging.getLogger(__name__)

_PAGE = 500
_POSITION = "held"
_UNFIT = re.compile(r"[^\w.@-]+")


@dataclass(frozen=True, slots=True)
class HoldFolder:
    """Where the copies lie.

    Attributes:
        path: `index` holds a segment for each model, `pictures` the JPEGs by media key, `video`
            a clip of each track.
    """

    path: Path

    def index(self, model_id: str) -> Path:
        """The index of the held vectors of a model."""
        return self.path / "index" / _UNFIT.sub("-", model_id)

    def clips(self) -> HeldClips:
        """The held clips."""
        return HeldClips(self.path / "video")

    def pictures(self) -> FolderMedia:
        """The held pictures."""
        return FolderMedia(self.path / "pictures")


class Holding:
    """Adds, lists and removes holds. The mark comes first, and `refresh` completes the copy.

    A copy is of every shot that is kept when the hold begins, or before retention forgets anything
    later. It is found by no search: a search promises that nothing past retention is found.
    """

    def __init__(
        self,
        held: HeldTracks,
        sightings: SightingLog,
        media: FolderMedia,
        folder: Path,
        clock: Clock,
        video: HeldVideo | None = None,
    ) -> None:
        self._held, self._log, self._media, self._video = held, sightings, media, video
        self._folder, self._clock = HoldFolder(folder), clock
        self._turn = threading.Lock()

    def hold(self, name: str) -> HoldAnswer:
        """Hold a track (`camera/run/number`) from now on, or still.

        Raises:
            ConfigError: that names no track.
            NotFound: no such track is known.
            StoreFull: no room for the copy, which is made at the next sweep, before it forgets.
        """
        track = _key_of(name)
        if not self._held.add(track, self._clock.now()):
            raise NotFound(f"no track {track}: 'descry tracks list' names all that are known")
        self.refresh()
        why = None
        if self._video is not None:
            with self._room():
                why = self._video.keep(track)
        held = next(answer for answer in self.holds() if answer.track == str(track))
        return held if why is None else held.model_copy(update={"why_no_video": why})

    def release(self, name: str) -> HoldAnswer:
        """Hold a track no longer, and delete the copy; what is within retention stays.

        Raises:
            ConfigError: that names no track.
            NotFound: it is not held.
        """
        track = _key_of(name)
        was = [answer for answer in self.holds() if answer.track == str(track)]
        if not self._held.remove(track):
            raise NotFound(f"track {track} is not held: 'descry hold list' names those that are")
        with self._room():
            self._drop({track})
        return was[0]

    def holds(self) -> list[HoldAnswer]:
        """Every held track, by name, with where its pictures lie."""
        media, found = self._folder.pictures(), []
        for track, since in sorted(self._held.all().items()):
            paths = sorted(str(path) for path in pictures_of(media, [track]))
            found.append(
                HoldAnswer(
                    track=str(track),
                    since=format_instant(since),
                    pictures=paths,
                    video=self._clip_of(track),
                )
            )
        return found

    def _clip_of(self, track: TrackKey) -> str | None:
        if self._video is None or self._video.kept.get(track) is None:
            return None
        return str(self._video.kept.path(track))

    def held(self) -> Set[TrackKey]:
        """Every held track."""
        return self._held.all().keys()

    def which(self, tracks: Iterable[TrackKey]) -> set[TrackKey]:
        """Those of `tracks` that are held."""
        return set(tracks) & self.held()

    def refresh(self) -> int:
        """Copy what is not copied yet, and delete copies of what is held no longer.

        Returns:
            How many shots were copied.

        Raises:
            StoreFull: no room.
            StoreUnavailable: Redis is away.
        """
        held = self._held.all()
        if not held and not self._folder.path.exists():
            return 0
        with self._room():
            self._drop(self._copied() - held.keys())
            media = self._folder.pictures()
            missing = {
                ShotId(track, number): key
                for track, shots in self._held.pictures(held).items()
                for number, key in shots.items()
                if not media.exists(key)
            }
            copied = self._copy(missing) if missing else 0
            if self._video is not None:
                self._video.refresh(held)
            return copied

    def _copy(self, missing: Mapping[ShotId, str]) -> int:
        messages = self._messages(missing)
        pictures = {shot: data for shot in messages if (data := self._picture(missing[shot]))}
        by_model: dict[str, list[LoggedSighting]] = {}
        for shot in pictures:
            by_model.setdefault(messages[shot].model_id, []).append(messages[shot])
        for model_id, some in by_model.items():
            index = RollingIndex(self._folder.index(model_id), model_id, len(some[0].vector))
            index.add([_sighting_of(message) for message in some])
            index.checkpoint(_POSITION)
        # Behind the vector: where there is a picture, there is all of the shot.
        media = self._folder.pictures()
        for shot, data in pictures.items():
            media.write(missing[shot], data)
        if len(pictures) < len(missing):
            log.warning("hold: %d shots went before they were copied", len(missing) - len(pictures))
        return len(pictures)

    def _messages(self, wanted: Mapping[ShotId, str]) -> dict[ShotId, LoggedSighting]:
        found: dict[ShotId, LoggedSighting] = {}
        position = START
        while page := self._log.read(position, count=_PAGE):
            found |= {m.shot: m for _, m in page if m.shot in wanted}
            position = page[-1][0]
        return found

    def _picture(self, key: str) -> bytes | None:
        try:
            return self._media.read(key)
        except NotFound:
            return None

    def _copied(self) -> set[TrackKey]:
        root = self._folder.path / "pictures"
        found = set()
        for path in root.glob("*/*/*/*.jpg"):
            run_id, number, _ = path.stem.rsplit("-", 2)
            found.add(TrackKey(path.relative_to(root).parts[0], run_id, int(number)))
        return found

    def _drop(self, tracks: Collection[TrackKey]) -> None:
        """Delete the copies of `tracks`; vectors first, since by their pictures they are known."""
        if not tracks:
            return
        for manifest in sorted(self._folder.path.glob(f"index/*/{MANIFEST}")):
            told = Manifest.read(manifest.parent)
            RollingIndex(manifest.parent, told.model_id, told.dimension).erase(tracks)
        if self._video is not None:
            self._video.kept.drop(tracks)
        media = self._folder.pictures()
        for path in list(pictures_of(media, tracks)):
            media.delete(path.relative_to(media.root).as_posix())

    @contextmanager
    def _room(self) -> Iterator[None]:
        """Be the only one who writes there, of all threads and processes."""
        try:
            with self._turn:
                self._folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
                lock = self._folder.path / "lock"
                descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX)
                    yield
                finally:
                    os.close(descriptor)
        except OSError as error:
            raise StoreFull(
                f"what is held cannot be written to {self._folder.path} ({error}): make room"
            ) from error


def _sighting_of(message: LoggedSighting) -> Sighting:
    """As the index has it, but for ever, and in place of no other."""
    return replace(message.for_index(None), replaces=None)


def _key_of(name: str) -> TrackKey:
    try:
        return TrackKey.parse(name)
    except ValueError as error:
        raise ConfigError(f"{error}: 'descry tracks list' names tracks") from error
