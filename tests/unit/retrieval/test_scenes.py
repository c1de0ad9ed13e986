"""retrieval.search.scenes: by how much one camera in one light shifts all scores."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from detectors.types import TrackKey
from retrieval.search.scenes import Scene, SceneTracks, scene_of, shifts_of, shrunk
from retrieval.track_scores import BEST_OF
from retrieval.types import Hidden, Hit, ScoredShot, TrackSample
from tests.data.make_sightings import shot_of

QUERY = np.eye(8, dtype=np.float32)[0]
BY_DAY, BY_NIGHT = Scene("gate", is_colourless=False), Scene("gate", is_colourless=True)
LOBBY = Scene("lobby", is_colourless=False)


def tracks_at(scene, scores, seed=0):
    """One shot of each of some tracks, which score so for the query."""
    rng = np.random.default_rng(seed)
    found = []
    for number, score in enumerate(scores, start=1):
        rest = rng.standard_normal(8)
        rest[0] = 0.0
        rest *= np.sqrt(1 - score**2) / np.linalg.norm(rest)
        rest[0] = score
        shot = shot_of(TrackKey(scene.camera_id, f"r{seed}", number), vector=rest.astype("f4"))
        hidden = Hidden.COLOUR if scene.is_colourless else Hidden.NOTHING
        found.append([replace(shot, hidden=hidden)])
    return found


def normal(seed, count, centre):
    return centre + 0.05 * np.random.default_rng(seed).standard_normal(count)


def sampled(*scores):
    every = np.concatenate(scores)
    return TrackSample(every, len(every))


def shifts(scenes, cameras=None):
    """Of scenes with such scores, each by its own sample of 48 tracks."""
    tracks = [one for at, (s, own) in enumerate(scenes.items()) for one in tracks_at(s, own, at)]
    kept = SceneTracks.of(tracks, best_of=BEST_OF)
    return kept.shifts(QUERY, sampled(*scenes.values()), cameras)


def test_light_is_that_of_most_shots():
    grey, plain = (replace(shot_of(TrackKey("gate", "r", 1)), hidden=h) for h in (8, 0))
    assert scene_of([grey, grey, plain]) == BY_NIGHT
    assert scene_of([grey, plain]) == BY_DAY
    assert scene_of([replace(plain, hidden=Hidden.FEET)]) == BY_DAY


def test_a_camera_that_lifts_all_scores_by_night_is_found_out():
    found = shifts({BY_DAY: normal(1, 48, 0.2), BY_NIGHT: normal(2, 48, 0.4)})
    assert found[BY_NIGHT] == pytest.approx(0.1, abs=0.03)
    assert found[BY_DAY] == pytest.approx(-0.1, abs=0.03)


def test_scenes_that_chance_alone_tells_apart_are_hardly_shifted():
    found = shifts({s: normal(at, 48, 0.2) for at, s in enumerate([BY_DAY, BY_NIGHT, LOBBY])})
    assert max(map(abs, found.values())) < 0.01


def test_of_few_tracks_more_is_put_down_to_chance():
    many, few = shrunk(np.array([0.1, 0.1]), np.array([0.01, 0.01]), np.array([48, 6]))
    assert 0 < few < many < 0.1


def test_one_scene_alone_is_its_own_background():
    assert shifts({BY_DAY: normal(1, 60, 0.3)}) == {BY_DAY: pytest.approx(0.0, abs=1e-6)}


def test_cameras_that_are_not_searched_have_no_say():
    scenes = {BY_DAY: normal(1, 48, 0.2), LOBBY: normal(2, 48, 0.6)}
    tracks = [one for at, (s, own) in enumerate(scenes.items()) for one in tracks_at(s, own, at)]
    kept = SceneTracks.of(tracks, best_of=BEST_OF)
    found = kept.shifts(QUERY, sampled(scenes[BY_DAY]), frozenset({"gate"}))
    assert found == {BY_DAY: pytest.approx(0.0, abs=1e-6)}


def test_who_fits_is_no_background():
    crowd, who_fits = normal(1, 48, 0.2), np.full(6, 0.9)
    apart = shifts({BY_DAY: np.concatenate([crowd, who_fits]), LOBBY: normal(2, 48, 0.2)})
    assert max(map(abs, apart.values())) < 0.02


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_scene_of_too_few_tracks_says_nothing(count):
    assert LOBBY not in shifts({BY_DAY: normal(1, 48, 0.2), LOBBY: normal(2, count, 0.6)})


def test_a_sample_of_too_few_tracks_says_nothing():
    kept = SceneTracks.of(tracks_at(BY_DAY, normal(1, 48, 0.2)), best_of=BEST_OF)
    assert kept.shifts(QUERY, sampled(normal(1, 19, 0.2))) == {}


def test_a_track_scores_as_in_the_index_by_its_best_shots():
    shots = [own[0] for own in tracks_at(BY_DAY, (0.9, 0.8, 0.1))]
    sample = sampled(np.linspace(0.76, 0.84, 20))
    found = SceneTracks.of([shots] * 3, best_of=2).shifts(QUERY, sample)
    assert found[BY_DAY] == pytest.approx(0.85 - sample.scores.mean(), abs=1e-3)


def test_hits_have_the_shift_of_their_scene_and_others_none():
    day, night = (tracks_at(scene, [0.3])[0][0] for scene in (BY_DAY, BY_NIGHT))
    hits = [
        Hit(rank, one.shot.track, 0.3, (ScoredShot(one, 0.3),))
        for rank, one in enumerate([day, night], start=1)
    ]
    assert shifts_of(hits, {BY_NIGHT: 0.1}).tolist() == [0.0, 0.1]


numbers = st.floats(-1, 1)


@given(st.integers(1, 12).flatmap(lambda k: st.tuples(
    arrays(np.float64, k, elements=numbers),
    arrays(np.float64, k, elements=st.floats(0, 1)),
    arrays(np.int64, k, elements=st.integers(2, 60)),
)))  # fmt: skip
def test_what_is_shrunk_is_no_larger_and_of_the_same_sign(drawn):
    plain, variances, counts = drawn
    found = shrunk(plain, variances, counts)
    assert np.isfinite(found).all()
    assert (np.abs(found) <= np.abs(plain) + 1e-12).all()
    assert (found * plain >= 0).all()
