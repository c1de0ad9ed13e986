"""Erases tracks: found no more at once, then gone byte by byte, and then looked for."""

import logging
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from detectors.types import TrackKey
from pipeline.answers import ErasedAnswer, ErasingAnswer
from pipeline.clock import Clock
from pipeline.errors import ConfigError, DescryError, NotFound, StoreFull
from pipeline.store.byte_search import Found, Wanted, probe_of, search, search_files
from pipeline.store.forgetting import (
    black_out,
    delete_boxes,
    delete_pictures,
    delete_video,
    pictures_of,
)
from pipeline.store.intents import Intent, Intents
from pipeline.store.track_record import TrackRecord
from pipeline.store.uploads import UPLOADS
from pipeline.workers.erasable import Erasable

log = logging.getLogger(__name__)

Certify = Callable[[ErasedAnswer], dict[str, Any]]
"""Signs a proof of an erasure that left nothing."""

LOOK_AGAIN_S: Final = 0.5
LOOKS: Final = 20
"""What is found is looked at again: whoever deletes a file, Redis an old one say, has a moment."""


@dataclass(slots=True)
class _Counts:
    messages: int = 0
    pictures: int = 0
    boxes: int = 0
    videos: int = 0
    items: int = 0
    searched: int = 0
    left: list[Found] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Erasing:
    """One erasure at a time. All of it may be done again: who was killed on the way is finished."""

    def __init__(
        self, parts: Erasable, intents: Intents, clock: Clock, certify: Certify | None = None
    ) -> None:
        self._parts, self._intents, self._clock = parts, intents, clock
        self._certify = certify
        self._now = ErasingAnswer(step="", done=0, total=0)

    def erasing(self) -> ErasingAnswer:
        """How far the erasure of this process is."""
        return self._now

    def erase(self, names: Sequence[str]) -> ErasedAnswer:
        """Erase the tracks of these names (`camera/run/number`).

        One that is erased already is looked for again.

        Raises:
            ConfigError: a name is none, a track is held, or its boxes are being written.
            NotFound: a track is not known.
            Busy: other tracks are being erased.
            StoreUnavailable: Redis went away, or could not rewrite its file; the rest is done at
                the next start, or when it is erased again.
        """
        tracks = _keys_of(names)
        with self._intents.lock():
            self._finish_pending()
            intent = self._intent(tracks)
            try:
                self._intents.write(intent)
                if held := self._parts.marks.mark(tracks, self._clock.now()):
                    self._intents.remove()
                    raise ConfigError(_refusal(held))
                return self._answer(intent, names, self._carry_out(intent))
            except OSError as error:
                raise _no_room(error) from error
            finally:
                self._now = ErasingAnswer(step="", done=0, total=0)

    def resume(self) -> ErasedAnswer | None:
        """Finish what somebody began who was killed; None where there is nothing.

        Raises:
            Busy: another process does.
            StoreUnavailable: Redis is away.
        """
        with self._intents.lock():
            return self._finish_pending()

    def resume_until(self, stop: threading.Event, every_s: float) -> None:
        """Resume, and where that cannot be, try again until `stop`."""
        while not stop.is_set():
            try:
                self.resume()
            except DescryError as error:
                log.warning("an erasure waits to be finished: %s", error)
                stop.wait(every_s)
            else:
                return

    def _finish_pending(self) -> ErasedAnswer | None:
        intent = self._intents.read()
        if intent is None:
            return None
        log.info("an erasure of %d tracks was cut off: finishing it", len(intent.tracks))
        try:
            if held := self._parts.marks.mark(intent.tracks, self._clock.now()):
                # It was written down, and refused, and then somebody was killed.
                self._intents.remove()
                log.warning("%s", _refusal(held))
                return None
            answer = self._answer(intent, (), self._carry_out(intent))
        except OSError as error:
            raise _no_room(error) from error
        finally:
            self._now = ErasingAnswer(step="", done=0, total=0)
        for each in answer.left:
            log.warning("something of an erased track is left in %s", each)
        return answer

    def _intent(self, tracks: Sequence[TrackKey]) -> Intent:
        parts = self._parts
        if held := parts.marks.held(tracks):
            raise ConfigError(_refusal(held))
        records = parts.tracks.get_many(tracks)
        unknown = [t for t in tracks if t not in records]
        unknown = [t for t in unknown if t not in parts.marks.which(unknown)]
        if unknown:  # what has expired may be watched for still
            watched = parts.forgetting.watched()
            unknown = [t for t in unknown if t not in watched]
        if unknown:
            raise NotFound(f"no track {unknown[0]}: 'descry tracks list' names all that are known")
        self._check_boxes(tracks)
        spans = [
            (key.camera_id, record.first_seen_at, record.last_seen_at)
            for key, record in records.items()
            if record.is_live_source
        ]
        notes = [*self._notes(records.values()), *self._in_held_clips(records.values())]
        return Intent(tuple(tracks), tuple(spans), tuple(notes))

    def _check_boxes(self, tracks: Sequence[TrackKey]) -> None:
        for camera_id, run_id in sorted({(t.camera_id, t.run_id) for t in tracks}):
            run = self._parts.runs.get(camera_id, run_id)
            is_read = run is not None and run.state == "reading"
            if is_read and run_id in self._parts.boxes.runs(camera_id):
                raise ConfigError(
                    f"run {run_id} of camera '{camera_id}' is being read with --keep-boxes: wait "
                    "for its end, or stop it and read it to its end later"
                )

    def _notes(self, records: Collection[TrackRecord]) -> list[str]:
        notes = []
        for camera_id, run_id in sorted({(r.key.camera_id, r.key.run_id) for r in records}):
            run = self._parts.runs.get(camera_id, run_id)
            if run is not None and run.kind == "file":
                notes.append(f"the imported file '{run.source}' is yours, and shows them still")
        for camera_id in sorted({r.key.camera_id for r in records if r.is_live_source}):
            who = [r for r in records if r.key.camera_id == camera_id and r.is_live_source]
            notes.append(
                f"recent video of camera '{camera_id}' went where they were in view, with whoever "
                "else was"
            )
            if any(r.state == "open" for r in who):
                notes.append(
                    f"camera '{camera_id}' may see them still: its recent video goes on, and ages"
                )
        return [*notes, *self._parts.elsewhere]

    def _in_held_clips(self, records: Collection[TrackRecord]) -> list[str]:
        """Have whoever else is in clips on hold be hidden where they show these tracks as well.

        A hold outweighs the erasure of a bystander: evidence of somebody else would go with it.
        """
        spans = [(r.key.camera_id, r.first_seen_at, r.last_seen_at) for r in records]
        count = self._parts.held.hide_erased(spans)
        if not count:
            return []
        return [
            f"{count} clips that are kept for a hold on others show the same seconds, and stay: "
            "everybody but who is held is hidden in whatever leaves of them"
        ]

    def _carry_out(self, intent: Intent) -> _Counts:
        parts, tracks, counts = self._parts, intent.tracks, _Counts()
        if intent.pieces is None:
            # What they are known by, before any of it goes; they are refused everywhere by now.
            self._step("collecting")
            intent = replace(intent, pieces=self._pieces(tracks))
            self._intents.write(intent)
        self._step("index")
        parts.indexes.erase(tracks)
        self._step("log")
        counts.messages = parts.forgetting.messages(tracks)
        self._step("pictures")
        counts.pictures = delete_pictures(parts.media, tracks)
        counts.boxes = delete_boxes(parts.boxes, tracks)
        # Before clips and packs on their way go: one that is being made looks at the items last.
        counts.items = parts.cases.delete_tracks(tracks)
        counts.videos = delete_video(parts.ring, parts.clips, intent.spans)
        parts.forget_words(tracks)
        black_out(parts.logs, tracks)
        self._step("redis")
        parts.marks.done(tracks)
        why_not = parts.forgetting.rewrite_file()
        counts.notes = [*intent.notes, *([why_not] if why_not else [])]
        # An embed worker that had one in hand may have written it since.
        counts.pictures += delete_pictures(parts.media, tracks)
        parts.forget_words(tracks)  # what was under way until now as well
        self._look(intent, counts)
        self._intents.remove()
        return counts

    def _pieces(self, tracks: Collection[TrackKey]) -> dict[bytes, str]:
        parts = self._parts
        pictures = [path.read_bytes() for path in pictures_of(parts.media, tracks)]
        pictures += parts.forgetting.crop_pictures(tracks)
        vectors = parts.forgetting.vectors(tracks) + parts.indexes.vectors(tracks)
        pieces = {probe_of(vector): "vector" for vector in vectors}
        pieces |= {probe_of(picture): "picture" for picture in pictures}
        return pieces | dict.fromkeys(parts.indexes.hashes(tracks), "hash")

    def _look(self, intent: Intent, counts: _Counts) -> None:
        """Search every byte for them; what is found is looked at again a few times."""
        folder, wanted = self._parts.folder, Wanted(intent.tracks, intent.pieces or {})

        def told(done: int, total: int) -> None:
            counts.searched = max(total, counts.searched)
            self._now = ErasingAnswer(step="searching", done=done, total=total)

        left = search(folder, wanted, skip=[self._intents.file], progress=told)
        for _ in range(LOOKS):
            if not left:
                break
            self._clock.sleep(LOOK_AGAIN_S)
            delete_pictures(self._parts.media, intent.tracks)
            left = search_files(sorted({found.path for found in left}), folder, wanted)
        counts.left = left + self._recordings(intent.tracks)

    def _recordings(self, tracks: Collection[TrackKey]) -> list[Found]:
        """Recordings that were sent to us and show them still."""
        runs = {(track.camera_id, track.run_id) for track in tracks}
        known = [self._parts.runs.get(*run) for run in sorted(runs)]
        paths = {Path(run.path) for run in known if run is not None and run.path}
        ours = self._parts.folder / UPLOADS
        return [
            Found(path, "recording that was sent: remove its collection, too")
            for path in sorted(paths)
            if path.is_relative_to(ours) and path.is_file()
        ]

    def _step(self, name: str) -> None:
        self._now = ErasingAnswer(step=name, done=0, total=0)

    def _answer(self, intent: Intent, names: Sequence[str], counts: _Counts) -> ErasedAnswer:
        folder = self._parts.folder
        answer = ErasedAnswer(
            tracks=list(names),
            count=len(intent.tracks),
            messages=counts.messages,
            pictures=counts.pictures,
            boxes=counts.boxes,
            videos=counts.videos,
            searched_bytes=counts.searched,
            left=[f"{found.path.relative_to(folder)}: {found.what}" for found in counts.left],
            notes=counts.notes,
            items=counts.items,
        )
        if self._certify is None or answer.left or not answer.tracks:
            return answer
        return answer.model_copy(update={"certificate": self._certify(answer)})


def _keys_of(names: Sequence[str]) -> list[TrackKey]:
    try:
        return list(dict.fromkeys(map(TrackKey.parse, names)))
    except ValueError as error:
        raise ConfigError(f"{error}: 'descry tracks list' names tracks") from error


def _refusal(held: Sequence[TrackKey]) -> str:
    more = f" and {len(held) - 1} more" if len(held) > 1 else ""
    return f"track {held[0]}{more} is held, and nothing was erased: 'descry hold remove' it first"


def _no_room(error: OSError) -> DescryError:
    return StoreFull(f"the erasure cannot go on ({error}): make room, and erase again")
