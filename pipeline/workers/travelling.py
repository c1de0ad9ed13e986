"""Learns how long people take from camera to camera, a day at a time, and tells what was learnt."""

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

from detectors.types import TrackKey
from pipeline.clock import Clock
from pipeline.coverage import Interval
from pipeline.errors import Busy
from pipeline.journey_answers import TravelAnswer
from pipeline.store.cameras import CameraStore
from pipeline.store.runs import RunStore
from pipeline.store.travel import Pair, TravelStore
from pipeline.workers.cautions import Trust
from pipeline.workers.onward_tracks import Seen, TrackTimes, candidates
from pipeline.workers.service import Engine
from pipeline.workers.travel_days import bounds_of
from retrieval.ports import Index
from retrieval.search.background import Spread
from retrieval.search.person_links import NO_VIEWS, Views
from retrieval.search.travel import TravelTimes
from retrieval.search.travel_learning import SureLink, sure_link, times_of
from retrieval.search.usual_likeness import usual_likeness
from retrieval.types import Where

#: Tracks of a camera and day that are followed to each other camera, evenly over the day.
FOLLOWED_A_DAY = 500

#: How long after a track others are looked at.
WITHIN_S = 1800.0

#: A day is learnt from once it has been over for so long: shots may be on their way.
SETTLED_S = 3600.0

SAMPLED_TRACKS = 128


class Travelling:
    """Learns travel times from the links of days that are over."""

    def __init__(
        self,
        store: TravelStore,
        tracks: TrackTimes,
        cameras: CameraStore,
        runs: RunStore,
        engine: Callable[[], Engine],
        clock: Clock,
        *,
        best_of: int,
        sharing: Views = NO_VIEWS,
    ) -> None:
        self._store, self._tracks, self._cameras, self._runs = store, tracks, cameras, runs
        self._engine, self._clock = engine, clock
        self._best_of, self._sharing = best_of, sharing
        self._at_work = threading.Lock()

    def learn(self, stopped: Callable[[], bool] = lambda: False) -> int:
        """Learn from each day that is over and changed since; how many days those were.

        Days of which no run is known any longer are forgotten. Without a trained encoder, or
        while the index is still being read, nothing is learnt.

        Raises:
            StoreUnavailable: Redis is away.
            Busy: it is done already.
        """
        if not self._at_work.acquire(blocking=False):
            raise Busy("travel times are being learnt already: ask again in a while")
        try:
            return self._learn(stopped)
        finally:
            self._at_work.release()

    def _learn(self, stopped: Callable[[], bool]) -> int:
        engine = self._engine()
        known, tokens = self._days(), self._store.tokens()
        self._store.forget(tokens.keys() - known.keys())
        if engine.trust.calibration is None or not engine.view.state.caught_up:
            return 0
        learnt = 0
        for day, cameras in sorted(known.items()):
            if stopped():
                break
            token = self._token(engine, day, cameras)
            if tokens.get(day) != token:
                if engine.parts is not None and engine.parts.missing():
                    break  # what is away would be learnt as nobody
                self._store.replace(day, self._of_day(engine, day, cameras), token=token)
                learnt += 1
        return learnt

    def learnt(self) -> list[TravelAnswer]:
        """What is known of each pair of cameras, over all days."""
        by_day = self._store.by_day()
        pairs = sorted({pair for pairs in by_day.values() for pair in pairs})
        return [
            _told(pair, [some[pair] for some in by_day.values() if pair in some]) for pair in pairs
        ]

    def _days(self) -> dict[str, set[str]]:
        """Days that are over, and the cameras that saw something on them."""
        days: dict[str, set[str]] = {}
        for camera in self._cameras.known():
            for run in self._runs.of_camera(camera):
                for day in _days_between(run.started_at, run.watched_until or run.started_at):
                    if bounds_of(day)[1] + SETTLED_S <= self._clock.now():
                        days.setdefault(day, set()).add(camera)
        return days

    def _token(self, engine: Engine, day: str, cameras: Iterable[str]) -> str:
        """What the links of a day follow from: it is learnt again once that is another."""
        span = bounds_of(day)
        counts = [len(self._beginning(camera, span)) for camera in sorted(cameras)]
        return f"{engine.encoder.model_id} {sorted(map(sorted, self._sharing))} {counts}"

    def _beginning(self, camera: str, span: Interval) -> Sequence[TrackKey]:
        (found,) = self._tracks.beginning(camera, [span], most=10_000_000)
        return found

    def _of_day(self, engine: Engine, day: str, cameras: set[str]) -> dict[Pair, TravelTimes]:
        where = Where(now=self._clock.now())
        learnt: dict[Pair, TravelTimes] = {}
        for one in sorted(cameras):
            starts = self._starts(engine, one, bounds_of(day), where)
            usual = self._usual(engine.index, engine.trust, starts, where)
            if usual is None:
                continue
            for other in sorted(cameras - {one}):
                links = self._links(engine, starts, other, usual, where)
                learnt[one, other] = TravelTimes.of(times_of(links))
        return learnt

    def _starts(self, engine: Engine, camera: str, span: Interval, where: Where) -> list[Seen]:
        keys = self._beginning(camera, span)
        some = keys[:: -(-len(keys) // FOLLOWED_A_DAY) or 1]
        spans = [
            (record.first_seen_at, record.first_seen_at)
            for record in self._tracks.get_many(some).values()
        ]
        direction = engine.encoder.encode_texts(["a person"])[0]  # what it scores does not matter
        there = candidates(self._tracks, engine.index, direction, camera, spans, where)
        return list({s.glimpse.track: s for some in there.of_spans for s in some}.values())

    def _usual(
        self, index: Index, trust: Trust, starts: Sequence[Seen], where: Where
    ) -> Spread | None:
        if trust.calibration is None or not starts:
            return None
        directions = [one.glimpse.direction for one in starts]
        sample = index.sample_tracks(
            directions[0], at_most=SAMPLED_TRACKS, best_of=self._best_of, where=where
        )
        return usual_likeness(directions, sample, trust.calibration.background)

    def _links(
        self, engine: Engine, starts: Sequence[Seen], camera: str, usual: Spread, where: Where
    ) -> Iterable[SureLink]:
        spans = [(one.glimpse.first_at, one.glimpse.last_at + WITHIN_S) for one in starts]
        direction = starts[0].glimpse.direction
        there = candidates(self._tracks, engine.index, direction, camera, spans, where)
        law = engine.trust.calibration
        shared = frozenset((starts[0].glimpse.track.camera_id, camera)) in self._sharing
        for start, some in zip(starts, there.of_spans, strict=True):
            glimpses = [one.glimpse for one in some]
            if law is not None and (
                link := sure_link(start.glimpse, glimpses, usual, law.links, shares_ground=shared)
            ):
                yield link


def _days_between(since: float, until: float) -> list[str]:
    first = datetime.fromtimestamp(since, UTC).date()
    last = datetime.fromtimestamp(max(since, until), UTC).date()
    return [(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]


def _told(pair: Pair, days: Sequence[TravelTimes]) -> TravelAnswer:
    times = TravelTimes.summed(days)
    p5_s, median_s, p95_s = (round(times.quantile(share), 1) for share in (0.05, 0.5, 0.95))
    fastest_s = times.fastest_s
    return TravelAnswer(
        from_camera=pair[0],
        to_camera=pair[1],
        days=len(days),
        links=times.links,
        p5_s=p5_s,
        median_s=median_s,
        p95_s=p95_s,
        fastest_s=None if fastest_s is None else round(fastest_s, 1),
    )
