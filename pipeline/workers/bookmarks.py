"""Where a view of the log goes on after a restart: kept with the index that it fills."""

import json
import logging
from dataclasses import asdict, dataclass, field
from typing import Final

from pipeline.clock import Clock
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


class Bookmarks:
    """Those of one view, in its index."""

    def __init__(
        self, index: DurableIndex, sightings: SightingLog, policy: RetentionPolicy, clock: Clock
    ) -> None:
        self._index, self._log, self._clock = index, sightings, clock
        kept = {"live": policy.live_s, "imports": policy.imports_s, **policy.collections}
        self._policy = json.dumps(kept, sort_keys=True)
        self._log_id = ""
        self._due_at = clock.monotonic() + CHECKPOINT_EVERY_S
        self._not_before = clock.monotonic()

    def restore(self) -> Bookmark | None:
        """The last; None where the log is to be read from its beginning, into an empty index.

        Raises:
            StoreUnavailable: Redis is away.
        """
        self._log_id, end = self._log.identity(), self._log.end()
        found = self._index.position
        if found is None:
            return None
        bookmark = Bookmark(**json.loads(found))
        why = self._why_not(bookmark, end)
        if why is None:
            return bookmark
        log.warning("index: is built again from the log, for %s", why)
        self._index.clear()
        return None

    def keep(
        self, position: str, skipped: dict[str, int], removed: dict[str, str], *, now: bool = False
    ) -> str:
        """Make a checkpoint if one is due, or `now`; the position of the last."""
        if self._is_due() or (now and self._index.unsaved):
            bookmark = Bookmark(position, self._log_id, self._policy, skipped, removed)
            self._due_at = self._clock.monotonic() + CHECKPOINT_EVERY_S
            try:
                self._index.checkpoint(json.dumps(asdict(bookmark), sort_keys=True))
            except OSError as error:
                log.warning("index: cannot be written (%s): a restart reads the log again", error)
                self._not_before = self._clock.monotonic() + RETRY_AFTER_S
        found = self._index.position
        return START if found is None else Bookmark(**json.loads(found)).position

    def _is_due(self) -> bool:
        now = self._clock.monotonic()
        wait_for = 1 if now >= self._due_at else CHECKPOINT_AT_SHOTS
        return now >= self._not_before and self._index.unsaved >= wait_for

    def _why_not(self, bookmark: Bookmark, end: str) -> str | None:
        if bookmark.log_id != self._log_id:
            return "Redis has another log than the one it was made of"
        if position_order(end) < position_order(bookmark.position):
            return "Redis has forgotten the end of the log"
        if bookmark.policy != self._policy:
            return "retention is another than it was"
        return None
