"""Tries a sentence on what live cameras saw, as a watch would have told it."""

import math
from collections.abc import Callable, Sequence
from typing import Final

from pipeline.clock import Clock
from pipeline.errors import Busy
from pipeline.instants import format_instant
from pipeline.store.tracks import TrackStore
from pipeline.store.watches import Watch
from pipeline.watch_answers import TrialAlertAnswer, TrialAnswer
from pipeline.workers.alarm_thresholds import Thresholds
from pipeline.workers.cautions import cautions_about_index, cautions_about_parts
from pipeline.workers.covering import LIVE_COLLECTION
from pipeline.workers.presenting import thumbnail_url
from pipeline.workers.service import Engine
from pipeline.workers.watch_vectors import vectors_of
from retrieval.search.watch_trial import TrialAlert, candidates, replay
from retrieval.types import Where

MOST_TRACKS: Final = 1000
"""Whatever would tell more is no watch."""

NOTHING_TELLS: Final = (
    "nothing tells yet what unrelated people score, so a watch would tell nobody; let cameras run "
    "for a while, or allow more false alarms"
)
NEVER_REACHED: Final = (
    "unrelated people score so high that nobody could score higher as seldom as was asked for, so "
    "a watch would tell nobody: allow more false alarms, or name cameras that see fewer people"
)
TOO_MANY: Final = (
    f"more than {MOST_TRACKS} tracks would be told: only the likeliest {MOST_TRACKS} were tried; "
    "allow fewer false alarms"
)
NOT_WATCHED: Final = "no live camera was watched in that time"
ONLY_KEPT: Final = (
    "tried with the pictures that are kept: of live people a watch sees more on the way, and "
    "thresholds follow the last day"
)


class WatchTrial:
    """Tries watches."""

    def __init__(
        self,
        thresholds: Thresholds,
        tracks: TrackStore,
        engine: Callable[[], Engine],
        clock: Clock,
        *,
        best_of: int,
    ) -> None:
        self._thresholds, self._tracks, self._engine = thresholds, tracks, engine
        self._clock, self._best_of = clock, best_of

    def tell(self, watch: Watch, since: float, limit: int) -> TrialAnswer:
        """What `watch` would have told.

        Args:
            watch: whose sentence was checked, and whose picture is of the model in use.
            since: Unix seconds.
            limit: how many alerts are shown, those with the highest score.

        Raises:
            StoreUnavailable: Redis is away.
        """
        engine, now = self._engine(), self._clock.now()
        _missing(engine)  # what was missing to others in this thread
        vector = vectors_of(engine, [watch]).get(watch.watch_id)
        if vector is None:
            raise Busy("the model was changed meanwhile: ask again")
        budgeted = self._thresholds.of(engine, watch, vector)
        standing, notes = budgeted.standing, []
        where = Where(
            now=now,
            cameras=standing.cameras,
            collections=frozenset([LIVE_COLLECTION]),
            since=since,
        )
        alerts: list[TrialAlert] = []
        if math.isfinite(standing.threshold):
            shots, is_all = candidates(engine.index, standing, where, at_most=MOST_TRACKS)
            records = self._tracks.get_many(list(shots))
            alerts = replay(
                standing,
                shots,
                {track: record.last_seen_at for track, record in records.items()},
                model_id=engine.encoder.model_id,
                best_of=self._best_of,
            )
            notes += [ONLY_KEPT] if is_all else [TOO_MANY, ONLY_KEPT]
            notes += [NEVER_REACHED] if standing.threshold > 1.0 else []
        else:
            notes.append(NOTHING_TELLS)
        days = self._thresholds.camera_days(watch.cameras, since=since)
        state = engine.view.state
        return TrialAnswer(
            text=watch.text,
            since=format_instant(since),
            until=format_instant(now),
            camera_days=round(days, 6),
            threshold=standing.threshold if math.isfinite(standing.threshold) else None,
            alerts=len(alerts),
            alerts_per_day=round(len(alerts) / days, 3) if days else None,
            expected_false_alarms=round(budgeted.false_alarms, 3),
            best=_best(alerts, limit),
            notes=[
                *([] if days else [NOT_WATCHED]),
                *notes,
                *cautions_about_parts(_missing(engine)),
                *cautions_about_index(state.skipped, is_whole=state.caught_up),
            ],
        )


def _missing(engine: Engine) -> list[str]:
    return [] if engine.parts is None else engine.parts.missing()


def _best(alerts: Sequence[TrialAlert], limit: int) -> list[TrialAlertAnswer]:
    likeliest = sorted(alerts, key=lambda each: (-each.best.score, each.first.alert))
    return [
        TrialAlertAnswer(
            track=str(each.first.track),
            camera=each.best.track.camera_id,
            tracks=each.tracks,
            score=round(each.best.score, 4),
            told_from=format_instant(each.first.seen_at),
            seen_at=format_instant(each.best.seen_at),
            thumbnail=thumbnail_url(each.best.picture),
        )
        for each in likeliest[:limit]
    ]
