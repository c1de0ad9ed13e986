"""Who is in view, who left a moment ago, and of whom nobody told for a while."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from detectors.types import TrackKey
from pipeline.clock import Clock
from pipeline.store.tracks import TrackStore
from pipeline.workers.catalogue import LIVE_WITHIN_S

LEFT_WITHIN_S: Final = 30.0
"""For so long after a track was heard of last its shots are told still: the last come as it ends,
and are embedded seconds later."""

SILENT_FOR_S: Final = 300.0
"""A camera worker may hang, or be slow, for so long, and alerts of whom it follows do not end.
One that is started again ends at once what it left open."""


@dataclass(frozen=True, slots=True)
class Present:
    """Tracks of live cameras at one moment.

    Attributes:
        in_view: open, and heard of.
        silent: open, but not heard of: whoever follows them may only be slow.
        left: of those asked about, who is neither, and was heard of a moment ago.
    """

    in_view: frozenset[TrackKey]
    silent: frozenset[TrackKey]
    left: frozenset[TrackKey]

    @property
    def known(self) -> frozenset[TrackKey]:
        """All of them: whose shots may be told."""
        return self.in_view | self.silent | self.left


class Presence:
    """Tells who is in view by the records of tracks."""

    def __init__(self, tracks: TrackStore, clock: Clock) -> None:
        self._tracks, self._clock = tracks, clock

    def look(self, asked: Collection[TrackKey]) -> Present:
        """Who is in view now, and who of `asked` left a moment ago.

        Raises:
            StoreUnavailable: Redis is away.
        """
        now = self._clock.now()
        still = self._tracks.open_tracks()
        others = self._tracks.get_many(set(asked) - still.keys())
        heard = {key for key, record in still.items() if record.is_heard_of(now, LIVE_WITHIN_S)}
        return Present(
            in_view=frozenset(heard),
            silent=frozenset(
                key
                for key, record in still.items()
                if key not in heard and record.is_heard_of(now, SILENT_FOR_S)
            ),
            left=frozenset(
                key
                for key, record in others.items()
                if record.is_live_source and record.is_heard_of(now, LEFT_WITHIN_S)
            ),
        )

    def seen_last(self, tracks: Collection[TrackKey]) -> dict[TrackKey, float]:
        """When those of `tracks` that are known were seen last, Unix seconds of their pictures.

        Raises:
            StoreUnavailable: Redis is away.
        """
        return {key: r.last_seen_at for key, r in self._tracks.get_many(tracks).items()}
