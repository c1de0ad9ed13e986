"""pipeline.wiring.trust: which calibration belongs to an encoder, and whose answers need care."""

from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.wiring.trust import calibration_of, synthetic_models
from retrieval.errors import WeightsUnusable
from retrieval.search.calibration import Calibration, Law
from retrieval.search.calibration_file import save_calibration
from retrieval.weights.library import ModelLibrary
from retrieval.weights.manifest import Entry, digest_of

WEIGHTS = b"weights"


def encoder(model_id="street@1", *, is_trained=True):
    return SimpleNamespace(model_id=model_id, dimension=4, is_trained=is_trained)


@pytest.fixture
def library(tmp_path):
    """One bundled encoder with a calibration, one without, and nothing installed."""
    bundled = tmp_path / "bundled"
    bundled.mkdir()
    path = bundled / "street.safetensors"
    path.write_bytes(WEIGHTS)
    street = Entry(
        name="street",
        kind="encoder",
        licence="ours",
        source="drawn",
        file=path.name,
        size=len(WEIGHTS),
        sha256=digest_of(path),
        bundled=True,
        synthetic=True,
        calibration="street.calibration.safetensors",
    )
    clip = Entry(name="clip", kind="encoder", licence="MIT", source="elsewhere")
    people = np.full((3, 4), 0.5, np.float32)
    fitted = Calibration("street@1", people, Law(-3.0, 0.5, 1.0, -0.5), 0.4, 0.1, 60)
    save_calibration(fitted, bundled / "street.calibration.safetensors")
    return ModelLibrary(
        tmp_path / "models", catalogue={"street": street, "clip": clip}, bundled=bundled
    )


def test_the_calibration_beside_the_weights_is_taken(library):
    calibration = calibration_of(library, encoder())
    assert calibration.is_fitted
    assert calibration.threshold == 0.4


def test_weights_changed_under_a_calibration_are_noticed(library):
    with pytest.raises(WeightsUnusable, match="calibration of street@1"):
        calibration_of(library, encoder("street@2"))


def test_an_encoder_that_came_without_one_is_judged_roughly(library):
    calibration = calibration_of(library, encoder("clip@1"))
    assert (calibration.is_fitted, calibration.model_id) == (False, "clip@1")


def test_an_encoder_that_has_learnt_nothing_is_not_judged(library):
    assert calibration_of(library, encoder("untrained-tiny@1", is_trained=False)) is None


def test_models_that_learnt_on_rendered_people_are_known_by_name(library):
    assert synthetic_models(library) == {"street"}
