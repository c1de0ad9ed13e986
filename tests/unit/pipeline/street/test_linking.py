"""pipeline.street.recipe: people who pass cameras, in the demo's films, whose truth is known."""

import shutil
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

import pipeline.demo.footage
from pipeline.errors import NotFound
from pipeline.street.footage.truth import Truth
from pipeline.street.recipe.linking import cosines_of, everybody, fit_on, hit_lists, worth_of
from pipeline.street.recipe.passers import see_passers
from retrieval.errors import DatasetUnusable
from retrieval.fakes import FakeEncoder
from retrieval.search.background import Strangers
from retrieval.search.persons import group
from retrieval.track_scores import SHOTS_KEPT

ENCODER = FakeEncoder()
BACKGROUND = Strangers.of_one_shot(
    ENCODER.encode_texts([f"{colour} coat" for colour in ("red", "blue", "green", "black")])
)


@pytest.fixture(scope="module")
def footage() -> Path:
    return Path(str(files(pipeline.demo.footage.__package__) / "footage"))


@pytest.fixture(scope="module")
def passers(footage):
    return see_passers(footage, ENCODER)


def test_everybody_who_is_seen_well_is_a_track_of_a_few_shots(passers, footage):
    truth = Truth.read(footage)
    assert len(passers.people) == len(passers.glimpses) > 10
    told = {(one.camera_id, one.first_at, one.last_at, one.person) for one in truth.appearances}
    for glimpse, person in zip(passers.glimpses, passers.people, strict=True):
        name = passers.looks[person].person
        assert (glimpse.track.camera_id, glimpse.first_at, glimpse.last_at, name) in told
        assert 1 <= len(glimpse.shots) <= SHOTS_KEPT
        np.testing.assert_allclose(np.linalg.norm(glimpse.shots, axis=1), 1, atol=1e-5)
    assert len({glimpse.track for glimpse in passers.glimpses}) == len(passers.glimpses)


def test_hit_lists_are_of_the_lengths_asked_for_and_the_same_each_time(passers):
    def lists():
        return list(
            hit_lists(passers, ENCODER, BACKGROUND, seed=3, lengths=(4,), shares=(1.0, 0.5))
        )

    found = lists()
    assert len(found) == len(passers.looks)
    assert {len(one.glimpses) for one in found} == {4}
    assert [[g.track for g in one.glimpses] for one in found] == [
        [g.track for g in one.glimpses] for one in lists()
    ]
    for one in found:
        assert one.grouped.people == [
            passers.people[passers.glimpses.index(glimpse)] for glimpse in one.glimpses
        ]


def test_a_law_is_fitted_on_streets_and_says_what_it_is_worth(passers):
    law = fit_on([passers], ENCODER, BACKGROUND, seed=3)
    assert law.is_fitted
    whole = everybody(passers, BACKGROUND)
    worth = worth_of(
        [whole], lambda one: [p.members for p in group(len(one.glimpses), one.grouped.pairs, law)]
    )
    alone = worth_of([whole], lambda one: [[at] for at in range(len(one.glimpses))])
    assert alone.purity == 1
    assert worth.completeness >= alone.completeness
    assert cosines_of(whole).shape == (len(whole.glimpses),) * 2


def test_a_street_without_its_film_or_its_truth_is_refused(footage, tmp_path):
    with pytest.raises(NotFound, match="descry street render"):
        see_passers(tmp_path, ENCODER)
    for file in footage.iterdir():
        if file.name != "lobby-1.mp4":
            shutil.copy(file, tmp_path / file.name)
    with pytest.raises(DatasetUnusable, match="'lobby-1'"):
        see_passers(tmp_path, ENCODER)
    (tmp_path / "lobby-1.mp4").write_bytes(b"no film")
    with pytest.raises(DatasetUnusable, match="'lobby-1'"):
        see_passers(tmp_path, ENCODER)
