"""pipeline.wiring.trust: which calibration belongs to an encoder, and whose answers need care."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.wiring.trust import calibration_of, synthetic_models
from retrieval.errors import WeightsError, WeightsUnusable
from retrieval.search.background import Strangers
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
    people = Strangers.of_one_shot(np.full((3, 4), 0.5, np.float32))
    law = Law(-3.0, 0.5, 1.0, -0.5)
    fitted = Calibration("street@1", people, law, law, 0.4, 0.1, 60)
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


@pytest.mark.parametrize("has_digest", [True, False])
def test_a_calibration_is_held_against_its_digest_where_there_is_one(library, has_digest):
    said = library.path_of("street").with_name("street.calibration.safetensors")
    expected = digest_of(said) if has_digest else None
    library.catalogue["street"] = replace(library.find("street"), calibration_sha256=expected)
    assert calibration_of(library, encoder()).is_fitted
    content = bytearray(said.read_bytes())
    content[-2] ^= 1  # the lowest bits of a number: a file that can still be read
    said.write_bytes(content)
    if has_digest:
        with pytest.raises(WeightsError, match=f"{digest_of(said)}, expected {expected}"):
            calibration_of(library, encoder())
    else:
        assert calibration_of(library, encoder()).is_fitted


def test_models_that_learnt_on_rendered_people_are_known_by_name(library):
    assert synthetic_models(library) == {"street"}


def test_a_copy_under_another_name_learnt_on_rendered_people_too(library):
    mine = replace(library.find("street"), name="mine", bundled=False, synthetic=False)
    library.catalogue["mine"] = mine
    library.catalogue["other"] = replace(mine, name="other", sha256="0" * 64)
    assert synthetic_models(library) == {"street", "mine"}
