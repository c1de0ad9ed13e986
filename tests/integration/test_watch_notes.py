"""What whoever adds a watch is told of its sentence, over a real Redis."""

import pytest

from pipeline.clock import ManualClock
from pipeline.store.alerts import AlertStore
from pipeline.store.boxes import BoxArchive
from pipeline.store.cameras import CameraStore
from pipeline.store.runs import RunStore
from pipeline.store.tracks import TrackStore
from pipeline.store.watches import WatchStore
from pipeline.watch_answers import WatchRequest
from pipeline.workers.catalogue import Catalogue
from pipeline.workers.watch_desk import WatchDesk
from pipeline.workers.watch_vectors import WatchVectors

pytestmark = [
    pytest.mark.redis,
    pytest.mark.parametrize("redis_binary", ["found"], indirect=True),
]


@pytest.fixture
def desk(private_redis, tmp_path):
    bus, clock = private_redis, ManualClock()
    stores = [kind(bus.client, bus.keys) for kind in (CameraStore, RunStore, TrackStore)]
    catalogue = Catalogue(*stores, BoxArchive(tmp_path), clock)
    watches, alerts = (kind(bus.client, bus.keys) for kind in (WatchStore, AlertStore))
    vectors = WatchVectors(no_engine, no_engine, clock)
    return WatchDesk(watches, alerts, catalogue, clock, no_trial, lambda *_: None, vectors)


def no_engine(*_):
    raise AssertionError("no picture is to be looked at")


def no_trial(watch, since, limit):
    raise AssertionError("nothing is to be tried")


def test_who_adds_a_watch_is_told_what_cannot_be_watched_for(desk):
    added = desk.add(WatchRequest(name="a", text="an angry asian man in a red jaket"))
    assert added.text == "an angry man in a red jaket"
    assert [note.partition(" ")[0] for note in added.notes] == ["'angry'", "'asian'", "read", "did"]
    assert added.notes[-1] == "did you mean: The man wears a red jacket."


def test_a_plain_sentence_is_watched_for_without_a_word(desk):
    assert desk.add(WatchRequest(name="a", text="a man in a red jacket")).notes == []
