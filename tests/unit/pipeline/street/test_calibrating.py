"""pipeline.street.recipe.calibrating: a calibration out of a folder of stills."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.street.recipe.calibrating import calibrate
from retrieval.errors import DatasetUnusable
from retrieval.fakes import FakeEncoder
from retrieval.search.calibration_file import read_calibration, save_calibration
from retrieval.track_scores import SHOTS_KEPT
from tests.drawn_stills import SHOTS, stills_of

ENCODER = FakeEncoder()


@pytest.fixture(scope="module")
def stills(tmp_path_factory) -> Path:
    return stills_of(tmp_path_factory.mktemp("stills") / "val", people=60)


def test_half_of_the_people_are_the_background_and_the_others_are_asked_for_twice(stills):
    calibration = calibrate(stills, ENCODER)
    assert calibration.background.shots.shape == (30 * SHOTS, ENCODER.dimension)
    assert calibration.background.owner.tolist() == np.repeat(np.arange(30), SHOTS).tolist()
    assert calibration.fitted_on == 60
    assert calibration.model_id == ENCODER.model_id


def test_no_track_has_more_crops_than_an_index_keeps(tmp_path):
    many = stills_of(tmp_path / "val", people=60, shots=SHOTS_KEPT + 2)
    background = calibrate(many, ENCODER).background
    assert np.bincount(background.owner).tolist() == [SHOTS_KEPT] * 30


def test_a_better_score_is_a_better_match(stills):
    law = calibrate(stills, ENCODER).law
    assert law.rarity + law.excess > 0


def test_the_same_seed_calibrates_the_same_and_another_halves_the_people_otherwise(stills):
    first, again, other = (calibrate(stills, ENCODER, seed=seed) for seed in (1, 1, 2))
    assert (first.law, first.presence, first.threshold) == (
        again.law, again.presence, again.threshold,
    )  # fmt: skip
    np.testing.assert_array_equal(first.background.shots, again.background.shots)
    assert not np.array_equal(first.background.shots, other.background.shots)


def test_the_fewer_false_alarms_are_allowed_the_higher_is_the_threshold(stills):
    strict, lax = (calibrate(stills, ENCODER, false_alarms=share) for share in (0.02, 0.3))
    assert strict.threshold > lax.threshold


def test_what_is_kept_in_a_file_is_what_was_fitted(stills, tmp_path):
    calibration = calibrate(stills, ENCODER)
    save_calibration(calibration, tmp_path / "c.safetensors")
    found = read_calibration(
        tmp_path / "c.safetensors", model_id=ENCODER.model_id, dimension=ENCODER.dimension
    )
    np.testing.assert_array_equal(found.background.shots, calibration.background.shots)
    np.testing.assert_array_equal(found.background.owner, calibration.background.owner)
    assert (found.law, found.presence) == (calibration.law, calibration.presence)
    assert found.threshold == calibration.threshold


@pytest.mark.parametrize("people", [0, 1, 2])
def test_too_few_people_are_refused(tmp_path, people):
    with pytest.raises(DatasetUnusable, match=r"draw more|too little"):
        calibrate(stills_of(tmp_path / "few", people=people), ENCODER)


@pytest.mark.parametrize("name", ["claims.jsonl", "crops.jsonl", "captions.jsonl", "looks.json"])
def test_an_incomplete_folder_is_refused(tmp_path, name):
    folder = stills_of(tmp_path / "val", people=4)
    (folder / name).unlink()
    with pytest.raises(DatasetUnusable, match=name):
        calibrate(folder, ENCODER)


def test_rows_that_do_not_agree_are_refused(tmp_path):
    folder = stills_of(tmp_path / "val", people=4)
    rows = (folder / "claims.jsonl").read_text().splitlines(keepends=True)
    (folder / "claims.jsonl").write_text("".join(rows[:-1]))
    with pytest.raises(DatasetUnusable, match="no whole set of stills"):
        calibrate(folder, ENCODER)
