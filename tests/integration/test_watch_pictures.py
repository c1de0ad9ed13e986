"""Watches by picture over a real Redis: told live, made anew for another model, asleep, erased."""

from base64 import b64encode
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from detectors.types import Box, ShotId
from pipeline.errors import ConfigError, NotFound
from pipeline.store.boxes import BoxArchive
from pipeline.store.cameras import CameraStore
from pipeline.store.forgetting import Forgetting
from pipeline.store.runs import RunStore
from pipeline.watch_answers import TrialRequest, WatchRequest
from pipeline.workers.alarm_thresholds import Thresholds
from pipeline.workers.catalogue import Catalogue
from pipeline.workers.watch_desk import WatchDesk
from pipeline.workers.watch_trial import NEVER_REACHED, WatchTrial
from pipeline.workers.watch_vectors import WatchVectors
from retrieval.errors import QueryRefused
from retrieval.fakes import COLOURS, FakeEncoder
from tests.store_messages import NOON, logged, published
from tests.watch_site import BLUE, ENCODER, RED, Site, engine_of, track

pytestmark = [
    pytest.mark.redis,
    pytest.mark.parametrize("redis_binary", ["found"], indirect=True),
]
EVERYBODY = 1e6
LARGER = FakeEncoder(64)


class Desk:
    """A site whose watches are asked for as people ask; `people` are in every picture."""

    def __init__(self, bus, folder):
        self.site, self.people = Site(bus), []
        self.engine = engine_of(ENCODER)
        runs, cameras = RunStore(bus.client, bus.keys), CameraStore(bus.client, bus.keys)
        site, clock = self.site, self.site.clock
        thresholds = Thresholds(runs, cameras.known, clock, 3)
        trial = WatchTrial(thresholds, site.tracks, lambda: self.engine, clock, best_of=3)
        catalogue = Catalogue(cameras, runs, site.tracks, BoxArchive(folder), clock)
        vectors = WatchVectors(lambda: self.engine, lambda image: self.people, clock)
        stores = (site.watches, site.alerts, catalogue, clock)
        self.desk = WatchDesk(*stores, trial.tell, lambda *_: None, vectors)

    def add(self, name="her", **asked):
        return self.desk.add(WatchRequest(name=name, **{"false_alarms": EVERYBODY} | asked))

    def keep(self, who, vector, encoder=ENCODER):
        """A shot in the index, as the view of the log puts it there."""
        message = replace(logged(published(1, who, shot=ShotId(who, 1))), vector=vector)
        message = replace(message, model_id=encoder.model_id)
        self.engine.index.add([message.for_index(expires_at=None)])

    def erase(self, who):
        self.site.erased.mark([who], NOON)
        self.engine.index.remove([who])
        Forgetting(self.site.bus.client, self.site.bus.keys).messages([who])


@pytest.fixture
def desk(private_redis, tmp_path):
    return Desk(private_redis, tmp_path)


def picture(colour, size=(60, 120)):
    file = BytesIO()
    Image.new("RGB", size, COLOURS[colour]).save(file, "PNG")
    return b64encode(file.getvalue()).decode()


def test_a_likeness_of_a_track_tells_of_others_and_never_of_itself(desk):
    desk.keep(track(1), RED)
    added = desk.add(like=str(track(1)))
    assert (added.kind, added.text, added.like) == ("picture", "", str(track(1)))
    assert added.notes == [f"track {track(1)} itself is never told"]
    (standing,) = _standings(desk)
    np.testing.assert_allclose(standing.vector, RED, atol=1e-3)
    worker = desk.site.worker(engine=desk.engine)
    desk.site.see(track(1))
    desk.site.see(track(2))
    worker.tell_once(block_s=0)
    assert desk.site.words() == [("new", str(track(2)), 1)]


def test_a_picture_is_watched_for_and_kept_nowhere(desk):
    shown = picture("red")
    desk.people = [Box(0, 0, 60, 120)]
    added = desk.add(picture=shown, box=(0, 0, 60, 120))
    (standing,) = _standings(desk)
    whole = np.full((120, 60, 3), COLOURS["red"], np.uint8)
    np.testing.assert_allclose(standing.vector, ENCODER.encode_images([whole])[0], atol=1e-6)
    assert (added.kind, added.like, added.asleep) == ("picture", "", "")
    client = desk.site.bus.client
    kept = b"".join(client.hgetall(desk.site.bus.keys.watches).values())
    assert shown[:60].encode() not in kept
    assert len(kept) < 2000


def test_words_say_what_is_different_from_the_picture(desk):
    desk.keep(track(1), RED)
    desk.add(like=f"{track(1)}/1", text="blue coat")
    (standing,) = _standings(desk)
    assert RED @ standing.vector < BLUE @ standing.vector < 1 - 1e-3


@pytest.mark.parametrize(
    ("asked", "error", "line"),
    [
        ({}, QueryRefused, "empty"),
        ({"picture": picture("red")}, QueryRefused, "no person in the picture"),
        (
            {"picture": picture("red", (10_000, 10_000))},
            QueryRefused,
            "10000×10000 pixels are more than",
        ),
        ({"picture": "AAAA"}, QueryRefused, "the picture"),
        ({"picture": picture("red"), "like": "lobby/r1/1"}, ConfigError, "ask with one of them"),
        ({"like": "lobby/r1/1", "box": (0, 0, 9, 9)}, ConfigError, "--box says where"),
        ({"like": "lobby/r1/7"}, NotFound, "no shot of track lobby/r1/7 is in the index"),
        ({"like": "nobody"}, ConfigError, "names no track or shot"),
    ],
)
def test_what_cannot_be_watched_for_is_refused_in_a_line(desk, asked, error, line):
    with pytest.raises(error, match=line) as told:
        desk.add(**asked)
    assert "\n" not in str(told.value)
    assert desk.desk.watches() == []


def test_two_of_one_name_are_one_too_many(desk):
    desk.keep(track(1), RED)
    desk.add(like=str(track(1)))
    with pytest.raises(ConfigError, match="there is a watch named 'her'"):
        desk.add(like=str(track(1)))


def test_a_picture_is_made_anew_for_another_model_while_its_track_is_there(desk):
    desk.keep(track(1), RED)
    desk.add(like=str(track(1)))
    desk.engine = engine_of(LARGER)
    (red,) = LARGER.encode_texts(["red coat"])
    desk.keep(track(1), red, LARGER)
    (answer,) = desk.desk.watches()
    assert answer.asleep == ""
    (standing,) = _standings(desk)
    np.testing.assert_allclose(standing.vector, red, atol=1e-3)
    (kept,) = desk.site.watches.all()
    assert kept.model_id == LARGER.model_id
    assert (kept.name, kept.cameras, kept.source) == ("her", (), track(1))


def test_a_picture_of_another_model_sleeps_and_says_why(desk):
    desk.keep(track(1), RED)
    desk.add(like=str(track(1)))
    desk.add("him", picture=picture("red"), box=(0, 0, 60, 120))
    desk.add("them", text="red coat")
    desk.engine = engine_of(LARGER)
    her, him, them = sorted(desk.desk.watches(), key=lambda watch: watch.name)
    assert f"no shot of {track(1)} is in the index any more: remove the watch" in her.asleep
    assert ENCODER.model_id in him.asleep
    assert "it is not kept" in him.asleep
    assert them.asleep == ""
    worker = desk.site.worker(engine=desk.engine)
    (red,) = LARGER.encode_texts(["red coat"])
    desk.site.see(track(2), vector=red, encoder=LARGER)
    worker.tell_once(block_s=0)
    assert {word.watch for word in desk.site.alerts.page("0-0", 9)} == {"them"}


def test_whoever_is_erased_is_watched_for_no_longer(desk):
    desk.keep(track(1), RED)
    desk.keep(track(11), RED)
    desk.add(like=f"{track(1)}/1")
    desk.add("him", like=str(track(11)))
    worker = desk.site.worker(engine=desk.engine)
    desk.site.see(track(2))
    worker.tell_once(block_s=0)
    assert len(desk.site.words()) == 2
    desk.erase(track(1))
    assert [watch.name for watch in desk.desk.watches()] == ["him"]
    worker.tell_once(block_s=0)
    worker.tell_once(block_s=0)
    assert [kind for kind, *_ in desk.site.words()] == ["new", "new", "end"]
    kept = b"".join(desk.site.bus.client.hgetall(desk.site.bus.keys.watches).values())
    assert b'"lobby/r1/1/1"' not in kept


def test_who_is_erased_while_a_watch_is_added_is_not_watched_for(desk, monkeypatch):
    desk.keep(track(1), RED)
    add = desk.site.watches.add

    def late(watch):
        desk.erase(track(1))
        add(watch)

    monkeypatch.setattr(desk.site.watches, "add", late)
    with pytest.raises(NotFound, match="was erased"):
        desk.add(like=str(track(1)))
    assert desk.desk.watches() == []


def test_a_picture_is_tried_as_it_would_be_watched_for(desk):
    for number in (1, 2):
        desk.keep(track(number), RED)
    found = desk.desk.test(TrialRequest(like=str(track(1)), false_alarms=EVERYBODY))
    assert [each.track for each in found.best] == [str(track(2))]


def test_the_budget_sets_the_threshold_by_what_unrelated_people_score(desk):
    rng = np.random.default_rng(5)
    for number in range(1, 200):
        stranger = BLUE + rng.normal(0, 0.2, len(BLUE)).astype(np.float32)
        desk.keep(track(number), stranger / np.linalg.norm(stranger))
    desk.keep(track(900), RED)
    desk.add("seldom", like=str(track(900)), false_alarms=0.1)
    desk.add("often", like=str(track(900)), false_alarms=100.0)
    seldom, often = sorted(_standings(desk), key=lambda each: -each.threshold)
    assert -1 < often.threshold < seldom.threshold < np.inf


def test_while_too_few_people_tell_how_high_strangers_score_nobody_is_told(desk):
    for number in range(1, 30):  # enough for a sentence
        desk.keep(track(number), BLUE)
    desk.keep(track(900), RED)
    desk.add(like=str(track(900)), false_alarms=1.0)
    assert [each.threshold for each in _standings(desk)] in ([], [np.inf])


def test_a_budget_that_no_score_can_keep_is_told(desk):
    rng = np.random.default_rng(6)
    for number in range(1, 200):
        alike = RED + rng.normal(0, 0.2, len(RED)).astype(np.float32)
        desk.keep(track(number), alike / np.linalg.norm(alike))
    desk.keep(track(900), RED)
    found = desk.desk.test(TrialRequest(like=str(track(900)), false_alarms=0.01))
    assert found.threshold > 1
    assert NEVER_REACHED in found.notes


def test_who_is_watched_for_is_known_when_nothing_else_knows_them(desk):
    desk.keep(track(1), RED)
    desk.add(like=str(track(1)))
    forgetting = Forgetting(desk.site.bus.client, desk.site.bus.keys)
    assert forgetting.watched() == {track(1)}
    desk.erase(track(1))
    assert forgetting.watched() == set()


def _standings(desk):
    worker = desk.site.worker(engine=desk.engine)
    worker._sentences.look(desk.engine)
    return worker._sentences.standings()
