"""pipeline.street.recipe.bundle: the list of what was packed proves every file of it."""

import pytest

from pipeline.street.recipe.bundle import (
    CALIBRATION_FILE,
    DETECTOR,
    DETECTOR_FILE,
    ENCODER,
    ENCODER_FILE,
    write_list,
)
from retrieval.weights.bundle import models_in
from retrieval.weights.manifest import digest_of


@pytest.mark.parametrize("is_calibrated", [True, False])
def test_the_list_has_a_digest_of_each_file(tmp_path, is_calibrated):
    names = [DETECTOR_FILE, ENCODER_FILE, *([CALIBRATION_FILE] if is_calibrated else [])]
    for name in names:
        (tmp_path / name).write_bytes(name.encode())
    write_list(tmp_path)
    listed = models_in(tmp_path)
    assert listed[DETECTOR].sha256 == digest_of(tmp_path / DETECTOR_FILE)
    assert listed[ENCODER].sha256 == digest_of(tmp_path / ENCODER_FILE)
    assert listed[DETECTOR].calibration_sha256 is None
    said = tmp_path / CALIBRATION_FILE
    expected = digest_of(said) if is_calibrated else None
    assert listed[ENCODER].calibration_sha256 == expected
