"""Copies of bundled weights: what is known of the original goes for them under any name."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from detectors.safetensors_weights import Architecture, PackedDetector, pack_detector
from retrieval.encoder import load_encoder_named
from retrieval.errors import WeightsError
from retrieval.gadms.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from retrieval.gadms.configuration import PRESETS
from retrieval.gadms.towers import draw_weights
from retrieval.search.background import Strangers
from retrieval.search.calibration import Calibration, Law
from retrieval.search.calibration_file import (
    carry_calibration,
    read_calibration,
    save_calibration,
)
from retrieval.weights.copies import copied_from, model_id
from retrieval.weights.intake import description_in, looks_like_a_detector
from retrieval.weights.library import ModelLibrary
from retrieval.weights.manifest import Entry, digest_of

TINY = PRESETS["tiny"]
NOTE = "learnt on synthetic people only"


@pytest.fixture
def library(tmp_path: Path) -> ModelLibrary:
    """One bundled encoder with a calibration, and nothing installed."""
    folder = tmp_path / "bundled"
    folder.mkdir()
    weights, fitted = folder / "street.safetensors", folder / "street-calibration.safetensors"
    write_checkpoint(Checkpoint(TINY, "ga-dms", draw_weights(TINY, 1)), weights)
    people = Strangers.of_one_shot(np.full((3, TINY.embed_dim), TINY.embed_dim**-0.5, np.float32))
    law, digest = Law(-3.0, 0.5, 1.0, -0.5), digest_of(weights)
    save_calibration(
        Calibration(model_id("street", digest), people, law, law, 0.4, 0.1, 60), fitted
    )
    street = Entry(
        name="street", kind="encoder", licence="ours", source="drawn", file=weights.name,
        size=weights.stat().st_size, sha256=digest, note=NOTE, bundled=True, synthetic=True,
        calibration=fitted.name, calibration_sha256=digest_of(fitted),
    )  # fmt: skip
    return ModelLibrary(
        tmp_path / "models", catalogue={"street": street}, bundled=folder,
        carry_calibration=carry_calibration,
    )  # fmt: skip


def test_an_import_of_bundled_weights_says_what_they_learnt_on(library: ModelLibrary):
    mine = library.import_file(library.path_of("street"), "mine")
    assert mine.sha256 != library.find("street").sha256  # it was rewritten
    assert (mine.synthetic, mine.note, mine.licence) == (True, NOTE, "ours")
    assert library.find("mine") == mine


def test_an_import_of_that_import_says_it_too(library: ModelLibrary, tmp_path: Path):
    library.import_file(library.path_of("street"), "mine")
    rewritten = library.path_of("mine").rename(tmp_path / "mine.safetensors")
    library.path_of("street").unlink()  # it is known by its digest alone
    again = library.import_file(rewritten, "again")
    assert (again.synthetic, again.note) == (True, NOTE)


@pytest.mark.parametrize("times", [1, 2])
def test_the_calibration_comes_along_as_that_of_the_copy(library: ModelLibrary, times: int):
    name, source = "street", library.path_of("street")
    for count in range(times):
        name = f"copy-{count}"
        library.import_file(source, name)
        source = library.path_of(name)
    path = library.calibration_path(name)
    encoder = load_encoder_named(library, name, device="cpu")
    carried = read_calibration(path, model_id=encoder.model_id, dimension=encoder.dimension)
    original = read_calibration(
        library.calibration_path("street"),
        model_id=model_id("street", library.find("street").sha256), dimension=TINY.embed_dim,
    )  # fmt: skip
    np.testing.assert_array_equal(carried.background.shots, original.background.shots)
    for field in ("law", "presence", "threshold", "false_alarms", "fitted_on"):
        assert getattr(carried, field) == getattr(original, field)
    assert all(one.is_ok for one in library.verify())
    library.remove(name)
    assert not path.exists()


def test_other_weights_that_name_the_same_source_are_judged_without_it(
    library: ModelLibrary, tmp_path: Path
):
    source = tmp_path / "other.safetensors"
    said = library.find("street").sha256
    write_checkpoint(Checkpoint(TINY, "ga-dms", draw_weights(TINY, 2), source_sha256=said), source)
    other = library.import_file(source, "other")
    assert (other.synthetic, other.calibration) == (True, None)
    assert sorted(path.name for path in library.folder.iterdir()) == [
        ".lock", "models.yaml", "other.safetensors",
    ]  # fmt: skip


def test_a_damaged_calibration_of_the_original_costs_the_copy_only_its_own(library: ModelLibrary):
    library.calibration_path("street").write_bytes(b"damaged")
    with pytest.raises(WeightsError):
        library.calibration_path("street")
    mine = library.import_file(library.path_of("street"), "mine")
    assert (mine.synthetic, mine.calibration) == (True, None)


def test_weights_of_ones_own_are_nobodys_copy(library: ModelLibrary, tmp_path: Path):
    source = tmp_path / "own.pth"
    torch.save({"model": draw_weights(TINY, 3), "configuration": TINY.to_mapping()}, source)
    own = library.import_file(source, "own")
    assert (own.synthetic, own.note, own.calibration) == (False, None, None)
    stored = library.path_of("own")
    assert read_checkpoint(stored).source_sha256 == digest_of(source)
    assert copied_from(stored, list(library.catalogue.values())) is None


def test_a_model_without_a_digest_has_no_copies(library: ModelLibrary, tmp_path: Path):
    unknown = replace(library.find("street"), sha256=None, size=None)
    source = tmp_path / "own.safetensors"
    write_checkpoint(Checkpoint(TINY, "ga-dms", draw_weights(TINY, 3)), source)
    assert description_in(source)["source_sha256"] is None
    assert copied_from(source, [unknown]) is None


def detector(folder: Path) -> Path:
    path = folder / "people.safetensors"
    pack_detector(PackedDetector(Architecture(), {"a": np.ones(3, np.float32)}), path)
    return path


def test_a_detector_in_safetensors_is_known_for_one(library: ModelLibrary, tmp_path: Path):
    path = detector(tmp_path)
    assert looks_like_a_detector(path)
    assert not looks_like_a_detector(library.path_of("street"))
    brought = replace(
        library.find("street"), name="street-yolo", kind="detector", sha256=digest_of(path),
        size=path.stat().st_size, calibration=None, calibration_sha256=None,
    )  # fmt: skip
    library.catalogue[brought.name] = brought
    mine = library.import_file(path, "mine")
    assert (mine.kind, mine.file, mine.synthetic) == ("detector", "mine.safetensors", True)


@pytest.mark.parametrize(
    "metadata",
    [None, {}, {"descry": "{"}, {"descry": "[]"}, {"descry": "[" * 100_000}, {"other": "{}"}],
)
def test_a_file_that_says_nothing_of_itself_is_no_detector(tmp_path: Path, metadata):
    path = tmp_path / "a.safetensors"
    save_file({"a": torch.zeros(1)}, path, metadata)
    assert description_in(path) == {}
    assert not looks_like_a_detector(path)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff" * 100, json.dumps({"a": 1}).encode()])
def test_what_is_no_safetensors_says_nothing(tmp_path: Path, content: bytes):
    path = tmp_path / "a.safetensors"
    path.write_bytes(content)
    assert description_in(path) == {}
    assert description_in(tmp_path / "missing") == {}
