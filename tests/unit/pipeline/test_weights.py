"""pipeline.wiring.weights: which weights the settings mean, beside those that Descry brings."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.cli.app import exit_code_of, main
from pipeline.config import Settings
from pipeline.errors import ConfigError
from pipeline.wiring.weights import (
    detector_file,
    detector_name,
    usable_encoder,
    usual_detector,
)
from retrieval.errors import WeightsError, WeightsUnknown, WeightsUnusable
from retrieval.gadms.checkpoint import Checkpoint, write_checkpoint
from retrieval.gadms.configuration import PRESETS
from retrieval.gadms.towers import draw_weights
from retrieval.weights.bundle import copy_of
from retrieval.weights.library import ModelLibrary
from retrieval.weights.manifest import Entry, digest_of, known_models

TINY = PRESETS["tiny"]


def brought(folder: Path, name: str, kind) -> Entry:
    path = folder / f"{name}.safetensors"
    path.write_bytes(name.encode())
    return Entry(
        name=name, kind=kind, licence="ours", source="drawn", file=path.name,
        sha256=digest_of(path), bundled=True, synthetic=True,
    )  # fmt: skip


@pytest.fixture
def bundled(tmp_path: Path) -> Path:
    folder = tmp_path / "bundled"
    folder.mkdir()
    return folder


@pytest.fixture
def library(tmp_path: Path, bundled: Path) -> ModelLibrary:
    entries = [
        brought(bundled, "street-yolo", "detector"),
        brought(bundled, "street-gadms", "encoder"),
    ]
    catalogue = {**known_models(), **{entry.name: entry for entry in entries}}
    return ModelLibrary(tmp_path / "models", catalogue=catalogue, bundled=bundled)


def install_encoder(library: ModelLibrary, name: str, folder: Path) -> None:
    file = folder / "any.safetensors"
    write_checkpoint(Checkpoint(TINY, "ga-dms", draw_weights(TINY, 1)), file)
    library.import_file(file, name, kind="encoder")


def test_the_detector_that_was_brought_is_meant_until_yolo11n_is_installed(library, tmp_path):
    assert usual_detector(library) == "street-yolo"
    file = tmp_path / "yolo11n.pt"
    file.write_bytes(b"weights")
    library.import_file(file, "yolo11n", kind="detector")
    assert usual_detector(library) == "yolo11n"


def test_without_any_detector_it_is_the_one_whose_absence_says_how_to_get_it(tmp_path):
    library = ModelLibrary(tmp_path / "models", catalogue=known_models())
    assert usual_detector(library) == "yolo11n"
    with pytest.raises(WeightsUnusable, match="descry models pull yolo11n"):
        library.path_of(usual_detector(library))


def test_an_encoder_installed_beside_the_one_that_was_brought_is_meant(library, tmp_path):
    assert usable_encoder(library, None) == "street-gadms"
    install_encoder(library, "real", tmp_path)
    assert usable_encoder(library, None) == "real"
    assert usable_encoder(library, "street-gadms") == "street-gadms"
    install_encoder(library, "other", tmp_path)
    with pytest.raises(WeightsUnknown, match="name one of other, real"):
        usable_encoder(library, None)


@pytest.mark.parametrize("damage", [lambda path: path.write_bytes(b"x"), Path.unlink])
def test_damaged_weights_that_were_brought_are_said_before_any_worker_and_end_with_1(
    library, bundled, damage
):
    path = bundled / "street-gadms.safetensors"
    damage(path)
    with pytest.raises(WeightsError, match="street-gadms") as refusal:
        usable_encoder(library, None)
    assert str(path) in str(refusal.value)
    assert exit_code_of(refusal.value) == 1


def test_an_encoder_that_is_not_installed_is_refused_with_the_next_step(library):
    with pytest.raises(WeightsUnusable, match="import FILE --name irra") as refusal:
        usable_encoder(library, "irra")
    assert exit_code_of(refusal.value) == 2


@pytest.mark.parametrize("model", ["people.safetensors", "people.pt", "in/a/folder"])
def test_a_detector_that_is_a_file_is_named_where_it_is_missing(tmp_path, model):
    settings = Settings(data_dir=tmp_path, detector={"model": str(tmp_path / model)})
    with pytest.raises(ConfigError, match=model):
        detector_file(settings)


def test_a_detector_that_is_a_file_is_taken_as_it_is(tmp_path):
    path = tmp_path / "people.safetensors"
    path.touch()
    settings = Settings(data_dir=tmp_path, detector={"model": str(path)})
    assert detector_file(settings) == path
    assert detector_name(settings) == str(path)


@pytest.fixture
def own_library(library, monkeypatch) -> ModelLibrary:
    """The library with the two that were brought, whatever the settings say."""
    monkeypatch.setattr("pipeline.wiring.weights.open_library", lambda settings: library)
    return library


@pytest.mark.parametrize("where", ["bundled/street-yolo.safetensors", "elsewhere/people.pt"])
def test_a_file_that_was_brought_has_its_models_name_wherever_it_lies(own_library, tmp_path, where):
    path = tmp_path / where
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"street-yolo")
    settings = Settings(data_dir=tmp_path, detector={"model": str(path)})
    assert detector_name(settings) == "street-yolo"
    path.write_bytes(b"other-model")  # of the same size
    assert detector_name(settings) == str(path)


def test_a_file_of_another_size_is_not_read_for_its_name(tmp_path, bundled, monkeypatch):
    entry = replace(brought(bundled, "street-yolo", "detector"), size=11)
    read = []
    monkeypatch.setattr("retrieval.weights.bundle.digest_of", read.append)
    path = tmp_path / "other.pt"
    path.write_bytes(b"weights")
    assert copy_of(path, [entry]) is None
    assert copy_of(tmp_path / "missing.pt", [entry]) is None
    assert read == []
    path.write_bytes(b"eleven byte")
    copy_of(path, [entry])
    assert read == [path]


@pytest.mark.parametrize("damage", [lambda path: path.write_bytes(b"x"), Path.unlink])
def test_a_damaged_calibration_is_one_line_on_the_command_line_and_ends_with_1(
    tmp_path, bundled, monkeypatch, capsys, damage
):
    entry, said = brought(bundled, "street-gadms", "encoder"), bundled / "calibration.safetensors"
    said.write_bytes(b"what scores mean")
    entry = replace(entry, calibration=said.name, calibration_sha256=digest_of(said))
    library = ModelLibrary(tmp_path / "m", catalogue={entry.name: entry}, bundled=bundled)
    assert usable_encoder(library, None) == "street-gadms"
    damage(said)
    monkeypatch.setattr("pipeline.wiring.weights.open_library", lambda settings: library)
    monkeypatch.setenv("DESCRY_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr("sys.argv", ["descry", "search", "a man in a red coat"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert str(said) in line
    assert "install Descry again" in line
    if said.exists():
        assert entry.calibration_sha256 in line
        assert digest_of(said) in line
