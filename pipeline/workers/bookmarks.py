"""Where a view of the log goes on after a restart: kept with the index that it fills."""

import json
import logging
from collections.abc import Collection
from dataclasses import asdict, dataclass, field, replace
from typing import Final

from detectors.types import TrackKey
from pipeline.clock import Clock
from pipeline.errors import StoreUnavailable
from pipeline.store.retention import RetentionPolicy
from pipeline.store.sighting_log import START, SightingLog, position_order
from retrieval.ports import DurableIndex

log = logging.getLogger(__name__)

CHECKPOINT_EVERY_S: Final = 60.0
"""What a restart reads again at most, at the rate at which it came."""

CHECKPOINT_AT_SHOTS: Final = 16384
"""And sooner where many come: an import, or a log that is read for the first time."""

RETRY_AFTER_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Bookmark:
    """What a view has to know again.

    Attributes:
        position: of the last message that is in the index.
        log_id: which log that is.
        policy: of retention, in words: until when a shot is found is kept with each.
        skipped: sightings of other models, by model id.
        removed: collections that were removed, and up to which position.
    """

    position: str
    log_id: str
    policy: str
    skipped: dict[str, int] = field(default_factory=dict)
    removed: dict[str, str] = field(default_factory=dict)

    @property
    def told(self) -> tuple[str, dict[str, int], dict[str, str]]:
        """What the view told."""
        return self.position, self.skipped, self.removed


class Bookmarks:
    """Those of one view, in its index."""

    def __init__(
        self,
        index: DurableIndex,
        sightings: SightingLog,
        policy: RetentionPolicy,
        clock: Clock,
        *,
        every_s: float = CHECKPOINT_EVERY_S,
    ) -> None:
        self._index, self._log, self._clock = index, sightings, clock
        kept = {"live": policy.live_s, "imports": policy.imports_s, **policy.collections}
        self._policy = json.dumps(kept, sort_keys=True)
        self._log_id, self._every_s = "", every_s
        self._due_at = clock.monotonic() + every_s
        self._not_before = clock.monotonic()

    def restore(self) -> Bookmark | None:
        """Where to go on; None where the log is to be read from its beginning, into an empty index.

        Raises:
            StoreUnavailable: Redis is away, or the index cannot be emptied.
        """
        self._log_id, end = self._log.identity(), self._log.end()
        found = self.last()
        if found is None:
            return None
        why = self._why_not(found, end)
        if why is not None:
            log.warning("index: is built again from the log, for %s", why)
            try:
                self._index.clear()
            except OSError as error:
                raise StoreUnavailable(f"the index cannot be emptied ({error})") from error
            return None
        if self._index.is_incomplete:
            log.warning("index: the log is read again, for what is missing")
            return replace(found, position=START)
        return found

    def keep(
        self, position: str, skipped: dict[str, int], removed: dict[str, str], *, now: bool = False
    ) -> str:
        """Make a checkpoint if one is due, or `now`; the position of the last."""
        last = self.last()
        told = position, skipped, removed
        is_new = self._index.unsaved > 0 or last is None or last.told != told
        if self._is_due(is_new=is_new) or (now and is_new):
            bookmark = Bookmark(position, self._log_id, self._policy, skipped, removed)
            self._due_at = self._clock.monotonic() + self._every_s
            try:
                self._index.checkpoint(json.dumps(asdict(bookmark), sort_keys=True))
            except OSError as error:
                log.warning("index: cannot be written (%s): a restart reads the log again", error)
                self._not_before = self._clock.monotonic() + RETRY_AFTER_S
            else:
                return position
        return START if last is None else last.position

    def erase(self, tracks: Collection[TrackKey]) -> None:
        """Leave no byte of `tracks` in the index.

        Raises:
            OSError: the disk is full, say; they are found no longer.
        """
        gone = self._index.erase(tracks)
        log.info("index: %d shots of %d tracks are erased", gone, len(tracks))

    def tidy(self) -> None:
        """Have the index put in order, a little at a time, while nothing comes."""
        self._index.tidy()

    def last(self) -> Bookmark | None:
        """What the last checkpoint was made with, by whomever; None before the first."""
        found = self._index.position
        return None if found is None else Bookmark(**json.loads(found))

    def _is_due(self, *, is_new: bool) -> bool:
        now = self._clock.monotonic()
        is_time = now >= self._due_at and is_new
        return now >= self._not_before and (is_time or self._index.unsaved >= CHECKPOINT_AT_SHOTS)

    def _why_not(self, bookmark: Bookmark, end: str) -> str | None:
        if bookmark.log_id != self._log_id:
            return "Redis has another log than the one it was made of"
        if position_order(end) < position_order(bookmark.position):
            return "Redis has forgotten the end of the log"
        if bookmark.policy != self._policy:
            return "retention is another than it was"
        return None
