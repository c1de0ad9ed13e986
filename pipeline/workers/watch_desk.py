"""Takes watches in, and hands out what they told."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Final
from uuid import uuid4
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline.clock import Clock
from pipeline.errors import ConfigError, NotFound
from pipeline.instants import format_instant
from pipeline.names import in_utf8
from pipeline.store.alerts import POSITION, AlertStore, open_alerts
from pipeline.store.watches import Watch, WatchStore
from pipeline.watch_answers import (
    AlertAnswer,
    AlertsAnswer,
    TrialAnswer,
    TrialRequest,
    WatchAnswer,
    WatchRequest,
)
from pipeline.webhook_urls import shown
from pipeline.workers.alert_words import alert_answer
from pipeline.workers.catalogue import Catalogue
from pipeline.workers.diagnosing import lines_of
from pipeline.workers.watch_vectors import WatchVectors
from retrieval.search.doctor import examine
from retrieval.search.hours import Hours
from retrieval.search.query import CheckedQuery, check_query
from retrieval.search.watches import Told
from retrieval.tokenizer import count_tokens

MOST_WATCHES: Final = 10_000
"""So many sentences are compared with every shot."""

TRIED_OVER_S: Final = 86_400.0
"""How far back a sentence is tried, unless it is said."""

Trial = Callable[[Watch, float, int], TrialAnswer]
"""Tries a watch on what was seen since an instant (Unix seconds), and shows so many alerts."""


class WatchDesk:
    """What the API asks about watches and alerts."""

    def __init__(
        self,
        watches: WatchStore,
        alerts: AlertStore,
        catalogue: Catalogue,
        clock: Clock,
        trial: Trial,
        refuse_receivers: Callable[[str, bool], None],
        vectors: WatchVectors,
    ) -> None:
        self._watches, self._alerts, self._trial = watches, alerts, trial
        self._refuse_receivers, self._vectors = refuse_receivers, vectors
        self._catalogue, self._clock = catalogue, clock
        self._is_closed = False

    @property
    def is_closed(self) -> bool:
        """Whether the worker is ending, so that nobody should wait for more."""
        return self._is_closed

    def close(self) -> None:
        """Let go whoever follows the alerts."""
        self._is_closed = True

    def add(self, request: WatchRequest) -> WatchAnswer:
        """Watch for a sentence, a picture or both from now on.

        Raises:
            QueryRefused: the sentence or the picture cannot be searched for.
            ConfigError: the name is taken, or hours, time zone or receivers make no sense.
            NotFound: a camera, a zone or the track to look like does not exist.
            StoreUnavailable: Redis is away.
        """
        if in_utf8(request.name) != request.name or not request.name.isprintable():
            raise ConfigError("the name of the watch has signs that cannot be printed: leave out")
        checked = self._checked(request)
        self._refuse_receivers(request.webhook, request.mqtt)
        if len(self._watches.all()) >= MOST_WATCHES:
            raise ConfigError(f"there are {MOST_WATCHES} watches: 'descry watch remove' some first")
        watch = self._watch(request, request.name, checked)
        watch = replace(watch, webhook=request.webhook, mqtt=request.mqtt)
        self._watches.add(watch)
        return _watch_answer(watch, 0, notes=_notes(checked, watch))

    def test(self, request: TrialRequest) -> TrialAnswer:
        """What a watch would have told of what was seen; nothing is told or kept.

        Raises:
            QueryRefused: the sentence or the picture cannot be searched for.
            ConfigError: the hours, the time zone or the time make no sense.
            NotFound: a camera or zone does not exist.
            StoreUnavailable: Redis is away.
        """
        checked, now = self._checked(request), self._clock.now()
        since = now - TRIED_OVER_S if request.since is None else request.since
        if since >= now:
            raise ConfigError("since is in the future: name an instant that has passed")
        watch = self._watch(request, "", checked)
        found = self._trial(watch, since, request.limit)
        return found.model_copy(update={"notes": [*_notes(checked, watch), *found.notes]})

    def _checked(self, request: WatchRequest | TrialRequest) -> CheckedQuery | None:
        """The sentence; None where a picture comes without one."""
        self._vectors.refuse_nonsense(request)
        is_worded = bool(request.text.strip()) or not request.has_likeness
        checked = check_query(request.text, count_tokens=count_tokens) if is_worded else None
        hours_of(request.hours, request.timezone)
        self._catalogue.refuse_unknown(request.cameras)
        self._catalogue.refuse_unknown_zones(request.zones)
        return checked

    def _watch(
        self, request: WatchRequest | TrialRequest, name: str, checked: CheckedQuery | None
    ) -> Watch:
        watch = Watch(
            watch_id=uuid4().hex[:12],
            name=name,
            kind="picture" if request.has_likeness else "text",
            text="" if checked is None else checked.text,
            like=request.like or "",
            cameras=tuple(sorted(set(request.cameras))),
            zones=tuple(sorted(set(request.zones))),
            hours=request.hours,
            timezone=request.timezone,
            false_alarms=request.false_alarms,
            cooldown_s=request.cooldown_s,
            created_at=self._clock.now(),
        )
        return self._vectors.with_picture(watch, request)

    def watches(self) -> list[WatchAnswer]:
        """Every watch, the oldest first."""
        still = open_alerts(self._alerts.told())
        return [
            _watch_answer(watch, _still(still, watch), asleep=self._vectors.asleep(watch))
            for watch in self._watches.all()
        ]

    def remove(self, watch_id: str) -> WatchAnswer:
        """Watch for it no longer; what it told stays.

        Raises:
            NotFound: there is no such watch.
        """
        still = open_alerts(self._alerts.told())
        for watch in self._watches.all():
            if watch.watch_id == watch_id and self._watches.remove(watch_id):
                return _watch_answer(watch, _still(still, watch))
        raise NotFound(f"no watch has the id {watch_id!r}: 'descry watch list' tells all")

    def alerts(self, after: str | None, count: int) -> AlertsAnswer:
        """A page of what was told, in its order.

        Raises:
            ConfigError: `after` is the id of no word.
        """
        words = self.words(check_position(after or "0-0"), count)
        return AlertsAnswer(alerts=words, next=words[-1].id if len(words) == count else None)

    def words(self, after: str, count: int) -> list[AlertAnswer]:
        """What was told behind `after`."""
        return [alert_answer(word) for word in self._alerts.page(after, count)]

    def last(self) -> str:
        """The position of the last word."""
        return self._alerts.last()


def _notes(checked: CheckedQuery | None, watch: Watch) -> Sequence[str]:
    """What to know of a sentence, and a better one; and of a picture."""
    said = [] if checked is None else lines_of(examine(checked, count_tokens=count_tokens))
    left_out = [] if watch.source is None else [f"track {watch.source} itself is never told"]
    return [*said, *left_out]


def check_position(after: str) -> str:
    """An id of a word, as one.

    Raises:
        ConfigError: it is none.
    """
    if not POSITION.fullmatch(after):
        raise ConfigError(f"{after!r} is the id of no alert: take the `id` of one")
    return after


def hours_of(hours: str, timezone: str) -> Hours | None:
    """`HH:MM-HH:MM` at a time zone; None of an empty text, which is always.

    Raises:
        ConfigError: it is no such part of a day, or nobody knows the zone.

    >>> hours_of("22:00-06:30", "UTC").end_min
    390
    """
    zone = _zone(timezone)
    if not hours:
        return None
    try:
        begin, end = (_minute(part) for part in hours.split("-"))
    except ValueError:
        begin = end = 0
    if begin == end:
        raise ConfigError(f"hours {hours!r} are no part of a day: write 22:00-06:00")
    return Hours(begin, end, zone)


def _minute(text: str) -> int:
    if len(text.strip()) != len("06:00"):
        raise ValueError(text)
    at = datetime.strptime(text.strip(), "%H:%M")  # noqa: DTZ007  (a time of day alone)
    return 60 * at.hour + at.minute


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigError(
            f"nobody here knows the time zone {name!r}: write Europe/Berlin, say, or UTC"
        ) from error


def _still(told: Collection[Told], watch: Watch) -> int:
    """How many alerts of a watch are open."""
    return len({each.alert for each in told if each.watch == watch.watch_id})


def _watch_answer(
    watch: Watch, still: int, *, asleep: str = "", notes: Sequence[str] = ()
) -> WatchAnswer:
    return WatchAnswer(
        id=watch.watch_id,
        name=watch.name,
        kind=watch.kind,
        text=watch.text,
        like=watch.like,
        asleep=asleep,
        cameras=list(watch.cameras),
        zones=list(watch.zones),
        hours=watch.hours,
        timezone=watch.timezone,
        false_alarms=watch.false_alarms,
        cooldown_s=watch.cooldown_s,
        created_at=format_instant(watch.created_at),
        webhook=shown(watch.webhook),
        mqtt=watch.mqtt,
        open=still,
        notes=list(notes),
    )
