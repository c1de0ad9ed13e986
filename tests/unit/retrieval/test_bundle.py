"""Models that come with Descry are there without a download, and never silently damaged."""

from dataclasses import replace
from pathlib import Path

import pytest

from retrieval.errors import WeightsError, WeightsUnknown, WeightsUnusable
from retrieval.gadms.checkpoint import Checkpoint, write_checkpoint
from retrieval.gadms.configuration import PRESETS
from retrieval.gadms.towers import draw_weights
from retrieval.weights import bundle
from retrieval.weights.bundle import FOLDER, bundled_path, models_in
from retrieval.weights.library import ModelLibrary
from retrieval.weights.manifest import Entry, digest_of, known_models, write_manifest

TINY = PRESETS["tiny"]


def brought(name: str, kind, folder: Path) -> Entry:
    path = folder / f"{name}.safetensors"
    path.write_bytes(name.encode() * 9)
    return Entry(
        name=name, kind=kind, licence="AGPL-3.0-only", source="here", file=path.name,
        size=path.stat().st_size, sha256=digest_of(path), bundled=True, synthetic=True,
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "bundled"
    folder.mkdir()
    entries = [
        brought("street-yolo", "detector", folder),
        brought("street-gadms", "encoder", folder),
    ]
    (folder / "models.yaml").write_text(write_manifest({e.name: e for e in entries}, {}))
    return folder


@pytest.fixture
def library(folder: Path, tmp_path: Path) -> ModelLibrary:
    catalogue = {**known_models(), **models_in(folder)}
    return ModelLibrary(tmp_path / "models", catalogue=catalogue, bundled=folder)


def test_what_was_brought_counts_as_installed_without_a_download(
    library: ModelLibrary, folder: Path
):
    assert library.is_installed("street-gadms")
    assert library.path_of("street-gadms") == folder / "street-gadms.safetensors"
    assert library.installed() == []
    assert [entry.name for entry in library.bundled("detector")] == ["street-yolo"]
    assert not library.folder.exists()


def test_the_encoder_that_was_brought_is_meant_until_another_is_installed(
    library: ModelLibrary, tmp_path: Path
):
    assert library.only_encoder() == "street-gadms"
    file = tmp_path / "real.safetensors"
    write_checkpoint(Checkpoint(TINY, "ga-dms", draw_weights(TINY, 1)), file)
    library.import_file(file, "real", kind="encoder")
    assert library.only_encoder() == "real"


def test_a_damaged_file_is_named_with_both_digests_and_the_next_step(
    library: ModelLibrary, folder: Path
):
    path = folder / "street-yolo.safetensors"
    expected = digest_of(path)
    path.write_bytes(b"x" + path.read_bytes()[1:])
    with pytest.raises(WeightsError) as refusal:
        library.path_of("street-yolo")
    assert not isinstance(refusal.value, WeightsUnusable)  # nothing that was typed is wrong
    said = str(refusal.value)
    for part in (str(path), digest_of(path), expected, "install Descry again"):
        assert part in said
    assert "\n" not in said
    assert [one.is_ok for one in library.verify("street-yolo")] == [False]


def test_a_damaged_calibration_is_named_with_both_digests(folder: Path, tmp_path: Path):
    path = folder / "says.safetensors"
    path.write_bytes(b"whole")
    expected = digest_of(path)
    entry = replace(
        models_in(folder)["street-gadms"], calibration=path.name, calibration_sha256=expected
    )
    library = ModelLibrary(tmp_path / "m", catalogue={entry.name: entry}, bundled=folder)
    assert library.calibration_path("street-gadms") == path
    assert [one.is_ok for one in library.verify()] == [True]
    path.write_bytes(b"other")
    with pytest.raises(WeightsError) as refusal:
        library.calibration_path("street-gadms")
    assert not isinstance(refusal.value, WeightsUnusable)
    for part in (str(path), digest_of(path), expected, "install Descry again"):
        assert part in str(refusal.value)
    assert [(one.is_ok, one.detail) for one in library.verify()] == [(False, str(refusal.value))]


@pytest.mark.parametrize(
    ("calibration", "digest", "reason"),
    [
        ("says.safetensors", "abc", "calibration_sha256 is not 64"),
        ("says.safetensors", 7, "calibration_sha256 is not 64"),
        (None, "0" * 64, "calibration_sha256 without a calibration"),
    ],
)
def test_a_digest_of_a_calibration_that_makes_no_sense_is_refused(
    folder: Path, calibration, digest, reason
):
    entry = models_in(folder)["street-gadms"]
    with pytest.raises(ValueError, match=reason):
        replace(entry, calibration=calibration, calibration_sha256=digest)


def test_a_file_that_is_gone_is_named(library: ModelLibrary, folder: Path):
    path = folder / "street-gadms.safetensors"
    path.unlink()
    with pytest.raises(WeightsError, match=r"street-gadms\.safetensors is gone; install Descry"):
        library.path_of("street-gadms")
    path.mkdir()
    with pytest.raises(WeightsError, match=r"street-gadms\.safetensors cannot be read"):
        library.path_of("street-gadms")


def test_verifying_all_looks_at_what_was_brought(library: ModelLibrary):
    assert {one.name: one.is_ok for one in library.verify()} == {
        "street-yolo": True, "street-gadms": True,
    }  # fmt: skip


def test_what_was_brought_can_be_neither_removed_nor_replaced(
    library: ModelLibrary, tmp_path: Path
):
    with pytest.raises(WeightsUnusable, match="came with Descry and stays"):
        library.remove("street-yolo")
    with pytest.raises(WeightsUnusable, match="came with Descry; choose another name"):
        library.import_file(tmp_path / "any.pt", "street-yolo")


def test_a_folder_without_a_list_brings_nothing(tmp_path: Path):
    assert models_in(tmp_path) == {}
    library = ModelLibrary(tmp_path / "m", catalogue=dict(known_models()), bundled=tmp_path)
    with pytest.raises(WeightsUnknown, match="no encoder is installed"):
        library.only_encoder()


@pytest.mark.parametrize("changes", [{"sha256": None}, {"file": None}, {"bundled": False}])
def test_a_list_without_files_or_digests_is_refused(folder: Path, changes):
    entry = replace(models_in(folder)["street-yolo"], **changes)
    (folder / "models.yaml").write_text(write_manifest({entry.name: entry}, {}))
    with pytest.raises(WeightsError, match="street-yolo has no file or digest; install") as no:
        models_in(folder)
    assert not isinstance(no.value, WeightsUnusable)


@pytest.mark.parametrize(
    "content",
    [b"models: [", b"models: 3", b"[]", b"models: [{name: a}]", b"\xff\xfe", b"[" * 5000, b""],
)
def test_a_damaged_list_of_what_was_brought_is_for_us_to_mend(folder: Path, content: bytes):
    (folder / "models.yaml").write_bytes(content)
    with pytest.raises(WeightsError, match=r"models\.yaml: .*; install Descry again") as no:
        models_in(folder)
    assert not isinstance(no.value, WeightsUnusable)  # nothing that was typed or set is wrong
    assert "\n" not in str(no.value)
    assert "mend" not in str(no.value)


def test_every_file_of_this_version_is_what_its_list_says():
    for entry in models_in(FOLDER).values():
        assert bundled_path(entry) == FOLDER / str(entry.file)
        assert bundled_path(entry).stat().st_size == entry.size
        assert (FOLDER / f"{entry.name}.md").is_file()
        assert entry.synthetic
        if entry.calibration is not None:
            assert digest_of(FOLDER / entry.calibration) == entry.calibration_sha256
    files = [path for path in FOLDER.iterdir() if path.is_file()] if FOLDER.is_dir() else []
    assert sum(path.stat().st_size for path in files) <= 30_000_000


def test_the_catalogue_has_what_is_brought_beside_what_is_to_be_had():
    assert set(known_models()) <= set(bundle.catalogue())
