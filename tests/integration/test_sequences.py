"""pipeline.workers.sequences and .travelling over kinds of index, with a real Redis.

People walk from `gate` to `hall` in a minute, a new one every ten minutes, on three days; on each
somebody who looks like the first comes to `hall` ten seconds after them, faster than anybody.
"""

from types import SimpleNamespace

import numpy as np
import pytest

from detectors.types import TrackKey
from pipeline.answers import SearchRequest
from pipeline.clock import ManualClock
from pipeline.errors import ConfigError
from pipeline.journey_answers import ThenLeg
from pipeline.store.runs import RunRecord
from pipeline.store.tracks import TrackStore
from pipeline.store.travel import TravelStore
from pipeline.workers.cautions import Trust
from pipeline.workers.journeying import Journeying
from pipeline.workers.sequences import Sequences, refuse_odd_legs
from pipeline.workers.travelling import Travelling
from pipeline.workers.weighing import Found
from retrieval.index.flat import FlatIndex
from retrieval.search.background import Strangers
from retrieval.search.calibration import Calibration, Law
from retrieval.search.exact import find_tracks
from retrieval.search.person_links import LinkLaw
from retrieval.types import Where
from tests.data.make_sightings import shot_of
from tests.data.rolling_indexes import Sealing
from tests.data.spread_indexes import spread

pytestmark = pytest.mark.parametrize("redis_binary", ["found"], indirect=True)

MODEL, D, DAY, PEOPLE, DAYS = "m@1", 64, 86_400.0, 25, 3
LAW = Law(-7.0, 1.0, 0.0, -0.5)
LINKS = LinkLaw(-8.0, 0.0, 10.0, 6.0, -0.4, 0.0, longest_gap_s=600.0, joins_at=0.0)
NOW = Where(now=10 * DAY)


def faces(seed, count):
    vectors = np.random.default_rng(seed).standard_normal((count, D))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


TRUST = Trust(
    Calibration(MODEL, Strangers.of_one_shot(faces(2, 60)), LAW, LAW, 0.5, 0.1, 100, links=LINKS)
)


def walks():
    """(track, vector, when) of everybody."""
    for day in range(DAYS):
        for who, face in enumerate(faces(10 + day, PEOPLE)):
            at = day * DAY + 3600.0 + 600.0 * who
            yield TrackKey("gate", f"d{day}", who), face, at
            yield TrackKey("hall", f"d{day}", who), face, at + 60.0
        yield TrackKey("hall", f"d{day}", 99), faces(10 + day, 1)[0], day * DAY + 3610.0


@pytest.fixture(params=["flat", "sealing", "redis"])
def index(request):
    if request.param == "redis":
        made = spread(request.getfixturevalue("vector_servers"), MODEL, D)
    else:
        made = {"flat": FlatIndex, "sealing": Sealing}[request.param](MODEL, D)
    made.add([shot_of(track, vector=face, at=at) for track, face, at in walks()])
    return made


@pytest.fixture
def site(index, private_redis):
    client, keys = private_redis.client, private_redis.keys
    tracks, travel = TrackStore(client, keys), TravelStore(client, keys)
    for track, _, at in walks():
        tracks.open(track, collection="live", is_live=False, first_seen_at=at, imported_at=at)
    runs = {
        camera: [
            RunRecord(
                camera_id=camera, run_id=f"d{day}", kind="file", source="a.mp4",
                started_at=day * DAY + 3600.0, watched_until=day * DAY + 30_000.0,
                collection="live", detector="yolo11n",
            )
            for day in range(DAYS)
        ]
        for camera in ("gate", "hall")
    }  # fmt: skip
    engine = SimpleNamespace(
        index=index,
        trust=TRUST,
        encoder=SimpleNamespace(model_id=MODEL, encode_texts=lambda texts: faces(5, 1)),
        view=SimpleNamespace(state=SimpleNamespace(caught_up=True)),
        parts=None,
    )
    travelling = Travelling(
        travel,
        tracks,
        SimpleNamespace(known=lambda: sorted(runs)),
        SimpleNamespace(of_camera=lambda name: runs[name]),
        lambda: engine,
        ManualClock(10 * DAY),
        best_of=3,
    )
    journeying = Journeying(tracks, lambda *asked: [], best_of=3)
    sequences = Sequences(tracks, journeying, travel.by_day)
    return SimpleNamespace(
        travelling=travelling, sequences=sequences, travel=travel, runs=runs, tracks=tracks
    )


def followed(site, index, day, *legs, limit=10):
    where = Where(now=10 * DAY, cameras=frozenset({"gate"}))
    hits = find_tracks(index, faces(10 + day, 1)[0], limit=20, where=where)
    request = SearchRequest(
        text="x", limit=limit, then=[ThenLeg(camera=c, within_s=s) for c, s in legs]
    )
    return site.sequences.follow(index, TRUST, Found(hits), request, NOW)


def test_before_anything_is_learnt_two_who_look_alike_share_the_chance(site, index):
    found, paths = followed(site, index, 1, ("hall", 300.0))
    (leg,) = paths.journeys.legs
    assert leg.travel[0].fastest_s is None
    assert any("20 are needed" in note for note in paths.notes)
    assert leg.tracks == leg.tracks_judged > PEOPLE / 2
    assert leg.too_fast == 0
    first = next(way for way in paths.journeys.ways if way.start == 0)
    assert 0.3 < first.confidence < 0.7  # the sooner of the two is a little likelier
    assert len(found.hits) == len(paths.journeys.ways)


def test_what_other_days_taught_prunes_who_was_too_fast(site, index):
    assert site.travelling.learn() == DAYS
    (pair,) = site.travelling.learnt()
    assert (pair.from_camera, pair.to_camera, pair.days) == ("gate", "hall", DAYS)
    assert 50 < pair.median_s < 70
    found, paths = followed(site, index, 1, ("hall", 300.0))
    (leg,) = paths.journeys.legs
    assert leg.too_fast == 1
    assert found.hits[0].track == TrackKey("gate", "d1", 0)
    assert [one.rank for one in found.hits] == list(range(1, len(found.hits) + 1))
    best = paths.journeys.ways[0]
    assert best.seen[1].glimpse.track == TrackKey("hall", "d1", 0)
    assert best.confidence > 0.9
    assert paths.no_match is False
    # A day's links never serve to judge the same day.
    assert leg.travel[0].links == sum(
        some["gate", "hall"].links for day, some in site.travel.by_day().items()
        if day != "1970-01-02"
    )  # fmt: skip


def test_learning_twice_is_learning_once_and_a_day_that_changed_is_learnt_again(site, index):
    site.travelling.learn()
    before = site.travelling.learnt()
    assert site.travelling.learn() == 0
    assert site.travelling.learnt() == before
    site.tracks.open(
        TrackKey("gate", "d1", 500), collection="live", is_live=False,
        first_seen_at=DAY + 5000.0, imported_at=0.0,
    )  # fmt: skip
    assert site.travelling.learn() == 1


def test_days_that_retention_forgot_are_forgotten_and_nothing_names_anybody(
    site, index, private_redis
):
    site.travelling.learn()
    kept = private_redis.client.hgetall(private_redis.keys.travel)
    assert not any(b"d0" in said or b"/" in said for said in kept.values())
    for some in site.runs.values():
        del some[0]
    site.travelling.learn()
    assert sorted(site.travel.by_day()) == ["1970-01-02", "1970-01-03"]


def test_two_legs_make_a_path_and_nobody_is_no_match(site, index):
    _, paths = followed(site, index, 1, ("hall", 300.0), ("gate", 3600.0))
    for way in paths.journeys.ways:
        assert [one.glimpse.track.camera_id for one in way.seen] == ["gate", "hall", "gate"]
    assert paths.no_match is True
    assert paths.journeys.legs[1].tracks > 0
    none, paths = followed(site, index, 1, ("hall", 1.0), limit=3)
    assert none.hits == []
    assert paths.no_match is True


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"live": True}, "--live"),
        ({"cameras": ["hall"]}, "twice in a row"),
    ],
)
def test_odd_legs_are_refused(redis_binary, more, said):
    with pytest.raises(ConfigError, match=said):
        refuse_odd_legs(SearchRequest(text="x", then=[ThenLeg(camera="hall")], **more))
