"""pipeline.workers.rolling_scenes: tracks of each camera and light, kept a while and no longer."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from detectors.types import TrackKey
from pipeline.clock import ManualClock
from pipeline.errors import StoreUnavailable
from pipeline.workers.rolling_scenes import (
    GROWTH,
    LEAST_S,
    OF_A_SCENE,
    REFRESH_S,
    RollingScenes,
    in_a_thread,
)
from retrieval.index.flat import FlatIndex
from retrieval.search.scenes import Scene
from retrieval.types import Hidden
from tests.data.make_sightings import crowd, shot_of


class Site:
    """An index of 60 people, and readings that happen when the test says so."""

    def __init__(self, *, at_once=True):
        self.index, self.clock = FlatIndex("m@1", 4), ManualClock()
        self.index.add(crowd(0, 60, 4, cameras=("lobby",)))
        self.waiting, self.readings, self.at_once = [], 0, at_once
        self.scenes = RollingScenes(
            self.index, 4, self.latest, self.clock, best_of=3, aside=self.aside
        )

    def latest(self):
        self.readings += 1
        return [TrackKey("lobby", "r1", number) for number in range(60)]

    def aside(self, work):
        work() if self.at_once else self.waiting.append(work)

    def known(self):
        self.scenes.tracks()
        return self.scenes.tracks()


def test_some_tracks_of_each_scene_are_known_after_the_first_search():
    site = Site()
    assert site.scenes.tracks() is None
    known = site.scenes.tracks()
    assert known.scenes == [Scene("lobby", is_colourless=False)]
    assert len(known.scene) == OF_A_SCENE < 60


def test_of_infrared_light_as_many_are_taken_as_of_daylight():
    site = Site()
    grey = [
        replace(shot_of(TrackKey("lobby", "r1", number)), hidden=Hidden.COLOUR)
        for number in range(100, 160)
    ]
    site.index.add(grey)
    site.latest = None
    named = [TrackKey("lobby", "r1", number) for number in [*range(60), *range(100, 160)]]
    scenes = RollingScenes(
        site.index, 4, lambda: named, site.clock, best_of=3, aside=lambda work: work()
    )
    scenes.tracks()
    assert np.bincount(scenes.tracks().scene).tolist() == [OF_A_SCENE] * 2


def test_they_are_read_once_until_they_are_old():
    site = Site()
    for _ in range(5):
        site.known()
    assert site.readings == 1
    site.clock.sleep(REFRESH_S + 1)
    site.known()
    assert site.readings == 2


def test_they_are_read_anew_when_the_index_has_grown_but_not_at_once():
    site = Site()
    site.known()
    site.index.add(crowd(1, round(60 * GROWTH) + 1, 4, cameras=("gate",)))
    site.known()
    assert site.readings == 1
    site.clock.sleep(LEAST_S + 1)
    site.known()
    assert site.readings == 2


def test_a_search_does_not_wait_for_them():
    site = Site(at_once=False)
    assert site.scenes.tracks() is None
    assert site.scenes.tracks() is None
    assert len(site.waiting) == 1
    site.waiting.pop()()
    assert site.scenes.tracks() is not None


def test_what_is_forgotten_is_gone_at_once_and_read_without_it():
    site = Site()
    before = site.known()
    site.index.remove([TrackKey("lobby", "r1", 0)])
    site.scenes.forget()
    assert site.scenes._tracks is None
    after = site.known()
    assert (after.shots != before.shots[0]).any(axis=1).all()


def test_what_was_read_while_somebody_was_forgotten_is_not_kept():
    site = Site(at_once=False)
    site.scenes.tracks()
    known = site.index.score_tracks

    def erased_meanwhile(*given, **more):
        found = known(*given, **more)
        site.scenes.forget()
        return found

    site.index.score_tracks = erased_meanwhile
    site.waiting.pop()()
    assert site.scenes._tracks is None
    site.index.score_tracks = known
    site.scenes.tracks()
    site.waiting.pop()()
    assert site.scenes.tracks() is not None


def test_without_redis_there_are_none_and_it_is_tried_again_later():
    site = Site()

    def away():
        raise StoreUnavailable("Redis is away")

    latest = site.scenes._latest
    site.scenes._latest = away
    assert site.known() is None
    site.scenes._latest = latest
    site.clock.sleep(REFRESH_S + 1)
    assert site.known() is not None


def test_what_is_known_stays_while_redis_is_away_and_is_read_anew_soon():
    site = Site()
    known, latest = site.known(), site.scenes._latest

    def away():
        raise StoreUnavailable("Redis is away")

    site.scenes._latest = away
    site.clock.sleep(REFRESH_S + 1)
    assert site.known() is known
    site.scenes._latest = latest
    site.clock.sleep(LEAST_S + 1)
    assert site.known() is not known


def test_an_empty_index_has_none():
    scenes = RollingScenes(
        FlatIndex("m@1", 4), 4, list, ManualClock(), best_of=3, aside=lambda work: work()
    )
    scenes.tracks()
    assert scenes.tracks() is None


def test_in_a_thread_is_aside():
    done = threading.Event()
    in_a_thread(done.set)
    assert done.wait(10)


@pytest.fixture(autouse=True)
def _no_warning_is_lost(caplog):
    yield
    assert all("held against" in record.message for record in caplog.records)
