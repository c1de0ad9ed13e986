"""Codes only propose: over them the answer is that of exhaustive search, whatever they are of."""

import logging

import numpy as np
import pytest

from detectors.types import TrackKey
from retrieval.index import codes, proposing
from retrieval.index.codes import CODES, ERRORS
from retrieval.index.rolling import RollingIndex
from retrieval.index.segment import VECTORS, Segment
from retrieval.types import Where
from tests.data.draw_crowds import (
    DIMENSION,
    anyhow,
    dressed_alike,
    in_a_cone,
    in_one_place,
    unit,
)
from tests.data.make_sightings import ids_of, shot_of
from tests.data.rolling_indexes import folder_of

EVERYTHING = Where(now=0.0)
K = 10
#: What is promised: of a thousand that are among the ten best, one may be missing.
RECALL = 0.999


CROWDS = {f.__name__: f for f in (dressed_alike, anyhow, in_a_cone, in_one_place)}


def queries(rng, vectors, count, noise):
    """Near to somebody, and the further off the more noise."""
    near = vectors[rng.integers(len(vectors), size=count)]
    return unit(near + noise * rng.standard_normal(near.shape) / np.sqrt(DIMENSION))


def sightings(vectors):
    cameras = ("lobby", "gate", "yard", "dock")
    return [
        shot_of(TrackKey(cameras[n // 4 % 4], "r1", n // 4), n % 4 + 1, vector=v, at=float(n))
        for n, v in enumerate(vectors)
    ]


def index_of(folder, shots, dimension=DIMENSION):
    index = RollingIndex(folder, "m@1", dimension)
    index.add(shots)
    index.checkpoint("here")
    index.compact()
    return index


def right(shots, query, where):
    admitted = [shot for shot in shots if where.admits(shot)]
    vectors = unit(np.stack([shot.vector for shot in admitted]).astype(float)).astype(float)
    best = np.argsort(-(vectors @ query.astype(float)))[:K]
    return {admitted[n].shot for n in best}


class Spied:
    """How many rows were scored by their vectors, and how many codes were scanned."""

    def __init__(self, monkeypatch):
        self.scored = self.scanned = self.shared_by = 0
        nearest, of_rows, by_code = Segment.nearest, Segment.nearest_of, codes.Codes.nearest
        packed = Segment.packed

        def exact(segment, query, *, k, admitted):
            self.scored += admitted.count
            return nearest(segment, query, k=k, admitted=admitted)

        def proposed(segment, query, rows, *, k):
            self.scored += len(rows)
            return of_rows(segment, query, rows, k=k)

        def gathered(segment, rows):
            self.scored += len(rows)
            return packed(segment, rows)

        def coded(some, query, fetch):
            self.scanned += len(some)
            self.shared_by = some.shared_by
            return by_code(some, query, fetch)

        monkeypatch.setattr(Segment, "nearest", exact)
        monkeypatch.setattr(Segment, "nearest_of", proposed)
        monkeypatch.setattr(Segment, "packed", gathered)
        monkeypatch.setattr(codes.Codes, "nearest", coded)


FILTERS = {
    "all": EVERYTHING,
    "most": Where(now=0.0, since=900.0),
    "a quarter": Where(now=0.0, cameras=frozenset({"gate"})),
    "a tenth": Where(now=0.0, since=1000.0, until=2200.0),
    "an hour": Where(now=0.0, since=2000.0, until=2100.0),
}


@pytest.fixture(scope="module", params=CROWDS)
def crowd(request):
    return sightings(CROWDS[request.param](np.random.default_rng(11), 12_000))


@pytest.fixture(scope="module")
def index(crowd):
    class Owner:
        pass

    owner = Owner()
    made = index_of(folder_of(owner), crowd)
    yield made
    del owner


@pytest.mark.parametrize("noise", [0.3, 1.0, 4.0])
@pytest.mark.parametrize("name", FILTERS)
def test_the_best_are_those_of_exhaustive_search(index, crowd, name, noise):
    rng = np.random.default_rng(12)
    vectors = np.stack([shot.vector for shot in crowd])
    asked = queries(rng, vectors, 25, noise)
    where = FILTERS[name]
    found = [set(ids_of(index.search(query, k=K, where=where))) for query in asked]
    wanted = [right(crowd, query, where) for query in asked]
    hits = sum(len(a & b) for a, b in zip(found, wanted, strict=True))
    assert hits >= RECALL * sum(map(len, wanted))
    assert all(where.admits(s.sighting) for q in asked for s in index.search(q, k=K, where=where))


def test_few_are_scored_by_their_vectors(tmp_path, monkeypatch):
    shots = sightings(dressed_alike(np.random.default_rng(13), 12_000))
    index = index_of(tmp_path, shots)
    spied = Spied(monkeypatch)
    index.search(shots[17].vector, k=K, where=EVERYTHING)
    assert spied.scanned >= len(shots)
    assert 0 < spied.scored < len(shots) / 10
    assert spied.shared_by > 3


def test_few_survivors_are_scored_without_codes(tmp_path, monkeypatch):
    shots = sightings(dressed_alike(np.random.default_rng(13), 12_000))
    index = index_of(tmp_path, shots)
    spied = Spied(monkeypatch)
    index.search(shots[17].vector, k=K, where=FILTERS["an hour"])
    assert (spied.scanned, spied.scored) == (0, 100)


def test_a_look_that_no_code_tells_is_found(tmp_path):
    rng = np.random.default_rng(14)
    usual = np.zeros((11_990, DIMENSION))
    usual[:, : DIMENSION // 2] = rng.standard_normal((11_990, DIMENSION // 2))
    strange = np.zeros((10, DIMENSION))
    strange[:, DIMENSION // 2 :] = rng.standard_normal((10, DIMENSION // 2))
    shots = sightings(np.concatenate([unit(usual), unit(strange)]))
    index = index_of(tmp_path, shots)
    for shot in shots[-10:]:
        query = unit(shot.vector + 0.9 * shots[5].vector)
        found = index.search(query, k=K, where=EVERYTHING)
        assert set(ids_of(found)) == right(shots, query, EVERYTHING)


def test_the_dead_are_not_found_by_their_codes(tmp_path):
    shots = sightings(dressed_alike(np.random.default_rng(15), 8_000))
    index = index_of(tmp_path, shots)
    query = shots[400].vector
    first = {shot.sighting.shot.track for shot in index.search(query, k=K, where=EVERYTHING)}
    index.remove(first)
    left = [shot for shot in shots if shot.shot.track not in first]
    found = index.search(query, k=K, where=EVERYTHING)
    assert set(ids_of(found)) == right(left, query, EVERYTHING)


def test_a_vector_that_is_damaged_hides_no_other(tmp_path):
    shots = sightings(dressed_alike(np.random.default_rng(18), 6_000))
    index_of(tmp_path, shots)
    query = shots[40].vector
    (path,) = tmp_path.rglob(VECTORS)
    content = path.read_bytes()
    best = query.astype(np.float16).tobytes()
    assert content.count(best) == 1
    path.write_bytes(content.replace(best, b"\xff" * len(best)))  # halves that are no numbers
    index = RollingIndex(tmp_path, "m@1", DIMENSION)
    left = [shot for shot in shots if shot is not shots[40]]
    found = ids_of(index.search(query, k=K - 1, where=EVERYTHING))
    wanted = sorted(left, key=lambda shot: -float(shot.vector @ query))[: K - 1]
    assert set(found) - {shots[40].shot} == {shot.shot for shot in wanted}


def test_an_index_without_codes_gets_them_while_nothing_comes(tmp_path, monkeypatch):
    shots = sightings(dressed_alike(np.random.default_rng(16), 6_000))
    monkeypatch.setattr(codes, "CODED_FROM", 10**9)
    index_of(tmp_path, shots)
    monkeypatch.undo()
    assert not list(tmp_path.rglob(CODES))
    index = RollingIndex(tmp_path, "m@1", DIMENSION)
    index.tidy()
    assert len(list(tmp_path.rglob(CODES))) == 1
    spied = Spied(monkeypatch)
    assert set(ids_of(index.search(shots[9].vector, k=K, where=EVERYTHING))) == right(
        shots, shots[9].vector, EVERYTHING
    )
    assert spied.scanned >= len(shots)


@pytest.mark.parametrize("name", [CODES, ERRORS])
@pytest.mark.parametrize("damage", ["cut", "gone", "other"])
def test_damaged_codes_cost_speed_and_nothing_else(tmp_path, monkeypatch, caplog, name, damage):
    shots = sightings(dressed_alike(np.random.default_rng(17), 6_000))
    index_of(tmp_path, shots)
    (path,) = tmp_path.rglob(name)
    if damage == "gone":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:-7])
    else:
        path.write_bytes(bytes(path.stat().st_size))
    with caplog.at_level(logging.WARNING):
        index = RollingIndex(tmp_path, "m@1", DIMENSION)
    assert "descry index compact" in caplog.text
    assert index.problems == []
    assert len(index) == len(shots)
    spied = Spied(monkeypatch)
    query = shots[40].vector
    assert set(ids_of(index.search(query, k=K, where=EVERYTHING))) == right(
        shots, query, EVERYTHING
    )
    assert spied.scanned == 0
    index.compact()
    index.search(query, k=K, where=EVERYTHING)
    assert spied.scanned >= len(shots)


def test_a_large_answer_is_exact_too(tmp_path):
    shots = sightings(dressed_alike(np.random.default_rng(20), 6_000))
    index = index_of(tmp_path, shots)
    query = shots[70].vector
    for k in (300, 700, 5_000, 10**9):
        found = index.search(query, k=k, where=EVERYTHING)
        assert len(found) == min(k, len(shots))
        scores = np.sort([float(unit(s.vector.astype(float)) @ query.astype(float)) for s in shots])
        np.testing.assert_allclose([s.score for s in found], scores[::-1][:k], atol=1e-6)


def test_where_nothing_is_known_of_the_error_all_are_scored(tmp_path, monkeypatch):
    monkeypatch.setattr(proposing, "USUAL_TIMES", 1e9)
    shots = sightings(dressed_alike(np.random.default_rng(21), 6_000))
    index = index_of(tmp_path, shots)
    spied = Spied(monkeypatch)
    index.search(shots[7].vector, k=K, where=EVERYTHING)
    assert spied.scored >= len(shots)


@pytest.mark.parametrize("turned", [0.3, 0.45, 0.6, 0.8, 1.0])
def test_who_turned_round_once_is_found_among_people_who_stood(tmp_path, turned):
    """One shot far from the mean of its track, and others who are nearly as near to it."""
    rng, dimension = np.random.default_rng(25), 512
    people = unit(rng.standard_normal((1_000, dimension)))
    vectors = np.repeat(people, 4, axis=0)
    vectors = vectors + 0.4 * unit(rng.standard_normal(vectors.shape))
    targets = range(0, 400, 40)  # the first is who turned; those up to the next stood
    for target in targets:
        odd = unit(rng.standard_normal(dimension))
        other = unit(odd + turned * unit(rng.standard_normal(dimension)))
        hardly = unit(rng.standard_normal((4, dimension)))
        vectors[target * 4 : target * 4 + 4] = other + 0.1 * hardly
        vectors[target * 4] = odd
        for track in range(target + 1, target + 40):
            stood = unit(odd + 0.48 * unit(rng.standard_normal(dimension)))
            hardly = unit(rng.standard_normal((4, dimension)))
            vectors[track * 4 : track * 4 + 4] = stood + 0.1 * hardly
    shots = sightings(unit(vectors))
    index = index_of(tmp_path, shots, dimension)
    for target in targets:
        query = shots[target * 4].vector
        found = set(ids_of(index.search(query, k=K, where=EVERYTHING)))
        assert found == right(shots, query, EVERYTHING)
