"""pipeline.street.recipe: what is fitted of phrases, on drawn people and an encoder of colours."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.street.recipe.calibrating import calibrate
from pipeline.street.recipe.ladder import (
    ASKED,
    error_with_evidence,
    fit_evidence,
    ladder,
    open_set,
    questions,
)
from pipeline.street.recipe.shots import see_people
from pipeline.street.recipe.watching import NOBODY
from retrieval.errors import DatasetUnusable
from retrieval.fakes import FakeEncoder
from retrieval.search.evidence import EvidenceReader
from tests.drawn_stills import stills_of

ENCODER = FakeEncoder()


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """A folder of stills, and a calibration with the laws that were fitted on them."""
    folder = stills_of(tmp_path_factory.mktemp("stills") / "val", 120)
    calibration = calibrate(folder, ENCODER)
    laws = fit_evidence(folder, ENCODER, calibration, seed=1)
    return folder, replace(calibration, evidence=laws)


def test_colours_are_told_and_what_the_encoder_cannot_see_is_not(fitted):
    _, calibration = fitted
    kinds = calibration.evidence.kinds
    assert kinds["upper garment, coloured"].decides_at is not None
    assert kinds["upper garment, coloured"].weights[1] > 0
    assert kinds["gender"].decides_at is None
    assert calibration.evidence.rank.sentence > 0
    assert calibration.evidence.is_fitted


def test_the_same_stills_and_seed_make_the_same_laws(fitted):
    folder, calibration = fitted
    assert fit_evidence(folder, ENCODER, calibration, seed=1) == calibration.evidence


def test_every_step_is_measured_on_every_set(fitted):
    folder, calibration = fitted
    seen = see_people(folder, ENCODER, NOBODY)
    reader = EvidenceReader(ENCODER, calibration.evidence, calibration.background)
    for asking in ASKED:
        asked = questions(seen, asking, 3)
        assert all(one.fits.any() for one in asked)
        found = ladder(seen, asked, reader, calibration)
        assert list(found) == ["cosine", "sentence", "evidence", "views"]
        assert all(0 < figures["map"] <= 1 for figures in found.values())
        assert 0 <= error_with_evidence(seen, asked, reader, calibration) < 0.2


def test_who_is_absent_is_asked_for_among_those_who_do_not_fit(fitted):
    folder, calibration = fitted
    seen = see_people(folder, ENCODER, NOBODY)
    reader = EvidenceReader(ENCODER, calibration.evidence, calibration.background)
    asked = questions(seen, "street", 3)
    present, absent = open_set(seen, asked, reader, calibration)
    assert len(present) == len(absent) == len(asked)
    assert np.mean(present) > np.mean(absent)


def test_a_folder_without_its_frames_is_refused(fitted, tmp_path):
    folder = stills_of(tmp_path / "val", 2)
    (folder / "frames.jsonl").unlink()
    with pytest.raises(DatasetUnusable, match="descry street stills"):
        see_people(folder, ENCODER, NOBODY)
