"""What is kept, for how long, and what goes next."""

from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from detectors.types import TrackKey
from pipeline.callers import Caller
from pipeline.instants import format_instant
from pipeline.store.track_record import TrackRecord
from pipeline.workers.collecting import Collections


class KeptCollection(BaseModel):
    """What retention does with a collection; times are ISO-8601 UTC."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    collection: str
    kept_s: Annotated[float | None, Field(description="null: until it is removed")]
    tracks: int
    shots: int
    bytes: Annotated[
        int | None,
        Field(description="on disk by the last sweep; null: none since, or not told"),
    ]
    budget_bytes: Annotated[int | None, Field(description="null: no limit")]
    next_track: Annotated[str | None, Field(description="what goes next; null: nothing will")]
    next_at: Annotated[str | None, Field(description="when that is due, unless it is held")]
    held: Annotated[int, Field(description="its tracks that are held, and stay")]


class RetentionAnswer(BaseModel):
    """How long what is kept."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    collections: list[KeptCollection]
    video_s: Annotated[float, Field(description="recent video of cameras, for clips; 0: none")]
    clips_s: Annotated[float, Field(description="clips and evidence packs that wait")]
    sweep_s: Annotated[float, Field(description="how often the old is removed")]


@dataclass(frozen=True, slots=True)
class Retained:
    """Tells what retention does.

    Attributes:
        contents: lists collections.
        held: names the tracks that are held.
        video_s, clips_s, sweep_s: as `RetentionAnswer` has them.
    """

    contents: Collections
    held: Callable[[], Set[TrackKey]]
    video_s: float
    clips_s: float
    sweep_s: float

    def tell(self, caller: Caller) -> RetentionAnswer:
        """What is kept of the cameras that the caller may see; of others nothing is told."""
        oldest: dict[str, tuple[float, str]] = {}
        held: dict[str, int] = {}
        marks, sees_all = self.held(), caller.cameras is None
        for track in self._tracks(caller):
            if track.key in marks:
                held[track.collection] = held.get(track.collection, 0) + 1
                continue
            at = self.contents.policy.expires_at(
                track.collection, track.by_our_clock(track.first_seen_at), track.imported_at
            )
            if at is not None:
                name = track.collection
                oldest[name] = min(oldest.get(name, (at, str(track.key))), (at, str(track.key)))
        return RetentionAnswer(
            collections=[
                KeptCollection(
                    collection=each.collection,
                    kept_s=each.kept_s,
                    tracks=each.tracks,
                    shots=each.shots,
                    bytes=each.bytes if sees_all else None,  # of all cameras together
                    budget_bytes=each.budget_bytes if sees_all else None,
                    next_track=oldest.get(each.collection, (0, None))[1],
                    next_at=_at(oldest.get(each.collection)),
                    held=held.get(each.collection, 0),
                )
                for each in self.contents.collections(among=caller.cameras)
            ],
            video_s=self.video_s,
            clips_s=self.clips_s,
            sweep_s=self.sweep_s,
        )

    def _tracks(self, caller: Caller) -> Iterator[TrackRecord]:
        return (
            track for track in self.contents.every_track() if caller.may_see(track.key.camera_id)
        )


def _at(next_one: tuple[float, str] | None) -> str | None:
    return None if next_one is None else format_instant(next_one[0])
