"""pipeline.street.recipe.likening: what scores of pictures and of moved sentences mean."""

import numpy as np
import pytest

from pipeline.street.recipe.bundle import with_likeness
from pipeline.street.recipe.calibrating import calibrate, halved
from pipeline.street.recipe.likening import fit_likeness, liken
from pipeline.street.recipe.tracks import read_stills
from retrieval.errors import DatasetUnusable
from retrieval.fakes import FakeEncoder
from retrieval.pictures import open_picture
from retrieval.search.calibration import QueryKind
from retrieval.search.likeness import query_of_shots
from retrieval.track_scores import BEST_OF
from tests.drawn_stills import stills_of

ENCODER = FakeEncoder()
SEED = 3


@pytest.fixture(scope="module")
def stills(tmp_path_factory):
    return stills_of(tmp_path_factory.mktemp("likeness") / "val", people=60, shots=BEST_OF + 2)


@pytest.fixture(scope="module")
def known(stills):
    return read_stills(stills)


@pytest.fixture(scope="module")
def fitted(stills):
    return with_likeness(calibrate(stills, ENCODER, seed=SEED), stills, ENCODER, SEED)


def test_everybody_is_asked_for_by_crops_that_are_not_in_the_gallery(known):
    people = sorted(known.crops)[:25]
    ways = liken(known, people, ENCODER, seed=SEED)
    assert ways.crop.scores.shape == ways.track.scores.shape == (25, 25)
    assert np.array_equal(ways.crop.relevant, np.eye(25, dtype=bool))
    assert ways.moved.relevant.trace() == 25
    files = known.crops[people[0]][:BEST_OF]
    own = ENCODER.encode_images([np.asarray(open_picture(file)) for file in files])
    np.testing.assert_allclose(ways.crop.queries[0], own[0], atol=1e-6)
    np.testing.assert_allclose(ways.track.queries[0], query_of_shots(own), atol=1e-6)


def test_there_is_a_law_for_each_kind_of_query(fitted):
    assert set(fitted.others) == set(QueryKind)
    assert fitted.others[QueryKind.PICTURE].fitted_on == 60
    for kind in QueryKind:
        assert fitted.of(kind).law.rarity + fitted.of(kind).law.excess > 0


def test_nobody_of_the_background_is_asked_for(known):
    unrelated, wanted = halved(known, np.random.default_rng(SEED))
    assert not set(unrelated) & set(wanted)
    assert {*unrelated, *wanted} == set(known.crops)


def test_too_few_people_are_refused(stills, known, fitted):
    with pytest.raises(DatasetUnusable, match="19 people with more than 3 crops"):
        fit_likeness(stills, ENCODER, fitted, sorted(known.crops)[:19], seed=SEED)


def test_people_of_too_few_crops_are_not_asked_for(tmp_path):
    few = stills_of(tmp_path / "val", people=60, shots=BEST_OF)
    with pytest.raises(DatasetUnusable, match="0 people"):
        liken(read_stills(few), sorted(read_stills(few).crops), ENCODER, seed=SEED)
