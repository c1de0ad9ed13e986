"""pipeline.street.recipe.calibrating: a calibration out of a folder of stills."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.street.casting import cast
from pipeline.street.recipe.calibrating import calibrate
from pipeline.street.words.captions import caption
from pipeline.street.words.views import View
from retrieval.errors import DatasetUnusable
from retrieval.fakes import COLOURS, FakeEncoder
from retrieval.search.calibration_file import read_calibration, save_calibration

SHOTS = 4
ENCODER = FakeEncoder()


def picture_of(look):
    """A body in two plain colours, as far as the fake encoder has names for them."""
    upper = look.outer or look.top
    lower = look.bottom or look.top
    pixels = np.full((48, 16, 3), 120, np.uint8)
    pixels[8:24] = COLOURS.get(upper.colour, COLOURS["grey"])
    pixels[24:42] = COLOURS.get(lower.colour, COLOURS["grey"])
    return pixels


def stills_of(folder: Path, people: int) -> Path:
    """A folder as `descry street stills` leaves it, without the frames."""
    rng = np.random.default_rng(5)
    (folder / "crops").mkdir(parents=True)
    captions, claims, crops, looks = [], [], [], {}
    for number in range(people):
        look = cast(rng, f"val-5-{number:05d}", "val")
        looks[look.person] = look.to_mapping()
        for shot in range(SHOTS):
            name = f"{number:06d}-{shot:02d}.jpg"
            Image.fromarray(picture_of(look)).save(folder / "crops" / name)
            told = caption(rng, look, View())
            crops.append({"image": name, "identity": look.person})
            captions.append({"image": f"crops/{name}", "captions": [told.text]})
            said = [{k: v for k, v in asdict(claim).items() if v} for claim in told.claims]
            claims.append({"image": name, "claims": [said]})
    (folder / "looks.json").write_text(json.dumps(looks))
    for name, rows in (("captions", captions), ("claims", claims), ("crops", crops)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture(scope="module")
def stills(tmp_path_factory) -> Path:
    return stills_of(tmp_path_factory.mktemp("stills") / "val", people=60)


def test_half_of_the_people_are_the_background_and_the_others_are_asked_for_twice(stills):
    calibration = calibrate(stills, ENCODER)
    assert calibration.background.shape == (30, ENCODER.dimension)
    assert calibration.fitted_on == 60
    assert calibration.model_id == ENCODER.model_id


def test_a_better_score_is_a_better_match(stills):
    law = calibrate(stills, ENCODER).law
    assert law.rarity + law.excess > 0


def test_the_same_seed_calibrates_the_same_and_another_halves_the_people_otherwise(stills):
    first, again, other = (calibrate(stills, ENCODER, seed=seed) for seed in (1, 1, 2))
    assert (first.law, first.presence, first.threshold) == (
        again.law, again.presence, again.threshold,
    )  # fmt: skip
    np.testing.assert_array_equal(first.background, again.background)
    assert not np.array_equal(first.background, other.background)


def test_the_fewer_false_alarms_are_allowed_the_higher_is_the_threshold(stills):
    strict, lax = (calibrate(stills, ENCODER, false_alarms=share) for share in (0.02, 0.3))
    assert strict.threshold > lax.threshold


def test_what_is_kept_in_a_file_is_what_was_fitted(stills, tmp_path):
    calibration = calibrate(stills, ENCODER)
    save_calibration(calibration, tmp_path / "c.safetensors")
    found = read_calibration(
        tmp_path / "c.safetensors", model_id=ENCODER.model_id, dimension=ENCODER.dimension
    )
    np.testing.assert_array_equal(found.background, calibration.background)
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
