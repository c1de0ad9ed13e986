"""A watch that is tried tells what one that stood would have, over a real Redis."""

from dataclasses import replace

import pytest

from detectors.types import ShotId
from pipeline.clock import ManualClock
from pipeline.errors import ConfigError, NotFound
from pipeline.store.boxes import BoxArchive
from pipeline.store.cameras import CameraStore
from pipeline.store.runs import RunRecord, RunStore
from pipeline.watch_answers import TrialRequest
from pipeline.workers.alarm_thresholds import Thresholds
from pipeline.workers.catalogue import Catalogue
from pipeline.workers.watch_desk import WatchDesk
from pipeline.workers.watch_trial import NOT_WATCHED, NOTHING_TELLS, WatchTrial
from pipeline.workers.watch_vectors import WatchVectors
from retrieval.errors import QueryRefused
from tests.store_messages import NOON, logged, published
from tests.watch_site import BLUE, ENCODER, RED, Site, engine_of, track

pytestmark = [
    pytest.mark.redis,
    pytest.mark.parametrize("redis_binary", ["found"], indirect=True),
]

EVERYBODY = 1e6


@pytest.fixture
def site(private_redis):
    site = Site(private_redis)
    site.clock, site.engine = ManualClock(NOON + 3600), engine_of(ENCODER)
    site.appear(track(9))
    return site


@pytest.fixture
def desk(site, tmp_path):
    bus = site.bus
    runs, cameras = RunStore(bus.client, bus.keys), CameraStore(bus.client, bus.keys)
    thresholds = Thresholds(runs, cameras.known, site.clock, 3)
    trial = WatchTrial(thresholds, site.tracks, lambda: site.engine, site.clock, best_of=3)
    catalogue = Catalogue(cameras, runs, site.tracks, BoxArchive(tmp_path), site.clock)
    vectors = WatchVectors(lambda: site.engine, lambda image: [], site.clock)
    stores = (site.watches, site.alerts, catalogue, site.clock)
    return WatchDesk(*stores, trial.tell, lambda *_: None, vectors)


def keep(site, who, number=1, vector=RED, at=NOON):
    """A shot in the index, as the view of the log puts it there."""
    message = logged(published(number, who, shot=ShotId(who, number), captured_at=at))
    message = replace(message, vector=vector, model_id=ENCODER.model_id)
    site.engine.index.add([message.for_index(expires_at=None)])


def test_it_tells_what_the_watch_tells_live(site, desk):
    site.watch(cooldown_s=60.0)
    worker = site.worker(engine=site.engine)
    for who, at, vector in (
        (track(1), 0, RED),
        (track(2), 100, RED),  # after the cool-down
        (track(3), 130, RED),  # the same person again
        (track(4), 131, BLUE),
    ):
        site.see(who, captured_at=NOON + at, vector=vector)
        worker.tell_once(block_s=0)
        site.tracks.end({who: NOON + at + 1})
        worker.tell_once(block_s=0)
        keep(site, who, vector=vector, at=NOON + at)
    live = [word for word in site.alerts.page("0-0", 100) if word.kind == "new"]
    words = len(site.words())
    found = desk.test(TrialRequest(text="red coat", false_alarms=EVERYBODY, cooldown_s=60.0))
    assert found.alerts == len(live) == 3
    assert {each.track for each in found.best} == {word.track for word in live}
    shared = next(each for each in found.best if each.track == str(track(2)))
    assert shared.tracks == 2
    assert shared.thumbnail.startswith("/api/v1/pictures/")
    assert [each.score for each in found.best] == sorted(
        (each.score for each in found.best), reverse=True
    )
    assert len(site.words()) == words  # nothing was told
    assert len(site.watches.all()) == 1


def test_a_budget_makes_the_threshold_and_is_what_is_expected(site, desk):
    others = ENCODER.encode_texts([f"somebody {number}" for number in range(40)])
    for number, vector in enumerate(others, start=100):
        keep(site, track(number), vector=vector, at=NOON + number)
    keep(site, track(1), vector=RED)
    found = desk.test(TrialRequest(text="red coat", false_alarms=1.0))
    assert found.threshold is not None
    assert found.expected_false_alarms == pytest.approx(1.0, abs=1e-3)
    assert [each.track for each in found.best] == [str(track(1))]
    assert (found.alerts, found.alerts_per_day) == (1, None)
    assert NOT_WATCHED in found.notes
    # What was seen before the time asked about is not tried.
    later = desk.test(TrialRequest(text="red coat", since=NOON + 1))
    assert later.alerts == 0


def test_where_nothing_tells_what_others_score_that_is_said(site, desk):
    keep(site, track(1))
    found = desk.test(TrialRequest(text="red coat"))
    assert (found.threshold, found.alerts, found.expected_false_alarms) == (None, 0, 0.0)
    assert NOTHING_TELLS in found.notes


def test_alerts_are_counted_by_the_time_that_cameras_were_watched(site, desk):
    runs = RunStore(site.bus.client, site.bus.keys)
    runs.begin(
        RunRecord(
            camera_id="lobby",
            run_id="r1",
            kind="live",
            source="rtsp://lobby",
            started_at=NOON,
            collection="live",
        )
    )
    runs.progress("lobby", "r1", watched_until=NOON + 1800)
    keep(site, track(1))
    found = desk.test(TrialRequest(text="red coat", false_alarms=EVERYBODY))
    assert found.camera_days == pytest.approx(1800 / 86400, abs=1e-6)
    assert found.alerts_per_day == pytest.approx(48.0)


@pytest.mark.parametrize(
    ("wrong", "error", "line"),
    [
        ({"text": "  "}, QueryRefused, "empty"),
        ({"cameras": ["attic"]}, NotFound, "no camera 'attic'"),
        ({"zones": ["moat"]}, NotFound, "no zone 'moat'"),
        ({"hours": "24"}, ConfigError, "no part of a day"),
        ({"timezone": "Mars/Base"}, ConfigError, "time zone 'Mars/Base'"),
        ({"since": NOON + 1e6}, ConfigError, "in the future"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_line(desk, wrong, error, line):
    with pytest.raises(error, match=line):
        desk.test(TrialRequest(**({"text": "red coat"} | wrong)))
