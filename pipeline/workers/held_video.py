"""Cuts the clips of held tracks, while the ring or the imported file has them."""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from detectors.types import TrackKey
from pipeline.errors import DescryError, StoreUnavailable
from pipeline.instants import parse_instant
from pipeline.store.held_clips import HeldClip, HeldClips, HeldShot
from pipeline.store.track_record import TrackRecord
from pipeline.workers.clipping import ClipDesk

log = logging.getLogger(__name__)

AROUND_S: Final = 10.0
"""What is kept before the first and after the last sight of a track, seconds."""


@dataclass(frozen=True, slots=True)
class HeldVideo:
    """Keeps the clip of each held track.

    Attributes:
        kept: where they lie.
        desk: cuts them.
        min_free_bytes: what must be free on the disk beside them.
    """

    kept: HeldClips
    desk: ClipDesk
    min_free_bytes: int

    def keep(self, track: TrackKey) -> str | None:
        """Cut the clip of a held track, or a longer one; why there is none, None where there is.

        Raises:
            StoreUnavailable: Redis is away.
        """
        try:
            record = self.desk.tracks.get_many([track]).get(track)
            before = self.kept.get(track)
            if record is not None and not _is_whole(before, record):
                self._cut(track, record, before)
        except StoreUnavailable:
            raise
        except DescryError as error:
            if self.kept.get(track) is None:
                return str(error)
        return None

    def refresh(self, held: Collection[TrackKey]) -> None:
        """Cut anew what live cameras saw more of, and drop the clips of all who are not held."""
        self.kept.drop(self.kept.tracks() - set(held))
        for track, record in self.desk.tracks.get_many(held).items():
            if record.is_live_source and self._is_in_ring(record):
                self.keep(track)

    def _is_in_ring(self, record: TrackRecord) -> bool:
        gone_at = record.by_our_clock(record.last_seen_at) + self.desk.keep_s
        return self.desk.clock.now() < gone_at

    def _cut(self, track: TrackKey, record: TrackRecord, before: HeldClip | None) -> None:
        if self.kept.free_bytes() < self.min_free_bytes:
            log.warning("hold: no room for the clip of track %s", track)
            return
        draft = self.kept.draft(track)
        try:
            answer = self.desk.cut(str(track), before_s=AROUND_S, after_s=AROUND_S, out=draft)
            begin_at, end_at = (
                parse_instant(at, now=float("inf")) for at in (answer.begin_at, answer.end_at)
            )
            # The ring may have lost its begin since: a shorter one replaces nothing.
            if before is None or end_at - begin_at > before.end_at - before.begin_at:
                self.kept.keep(
                    track,
                    HeldClip(
                        track=str(track),
                        begin_at=begin_at,
                        end_at=end_at,
                        first_at=record.first_seen_at,
                        last_at=record.last_seen_at,
                        time_from=answer.time_from,
                        is_copy=answer.copied,
                        shots=tuple(self._shots(record)),
                        masks=self.desk.masks_of(track),
                        shows_erased=before is not None and before.shows_erased,
                    ),
                )
        finally:
            draft.unlink(missing_ok=True)

    def _shots(self, record: TrackRecord) -> list[HeldShot]:
        return [
            HeldShot(
                number=shot.shot.number,
                at=shot.captured_at,
                box=(
                    shot.box.x1 / shot.frame_width,
                    shot.box.y1 / shot.frame_height,
                    shot.box.x2 / shot.frame_width,
                    shot.box.y2 / shot.frame_height,
                ),
            )
            for shot in self.desk.shots(record)
        ]


def _is_whole(clip: HeldClip | None, record: TrackRecord) -> bool:
    """Whether a clip shows all of a track that is over, and what followed."""
    return (
        clip is not None
        and record.state == "ended"
        and clip.last_at >= record.last_seen_at
        and clip.end_at >= record.last_seen_at + AROUND_S - 1.0
    )
