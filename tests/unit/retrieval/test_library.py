import hashlib
import io
import pickle
import stat
import zipfile
from pathlib import Path

import pytest
import torch

from retrieval.errors import WeightsUnknown, WeightsUnusable
from retrieval.gadms.checkpoint import read_checkpoint
from retrieval.gadms.configuration import PRESETS
from retrieval.gadms.towers import draw_weights
from retrieval.weights import library as library_module
from retrieval.weights.bundle import Verified
from retrieval.weights.library import ModelLibrary
from retrieval.weights.manifest import Entry, known_models
from tests.fileserver import Behaviour, serving

TINY = PRESETS["tiny"]


@pytest.fixture
def library(tmp_path: Path) -> ModelLibrary:
    return ModelLibrary(tmp_path / "data" / "models")


def encoder_file(folder: Path, seed: int = 1) -> Path:
    path = folder / f"best{seed}.pth"
    torch.save({"model": draw_weights(TINY, seed), "configuration": TINY.to_mapping()}, path)
    return path


def detector_file(folder: Path) -> Path:
    """As ultralytics writes it: an archive whose pickle names one of its classes."""
    path = folder / "people.pt"
    named = io.BytesIO(b"\x80\x02cultralytics.nn.tasks\nDetectionModel\n.")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("people/data.pkl", named.getvalue())
    return path


def quiet(done: int, total: int | None) -> None:
    pass


def refuse(digest: str) -> bool:
    pytest.fail(f"asked about {digest}")


def test_it_knows_the_bundled_models_and_makes_no_folder(library: ModelLibrary):
    assert "yolo11n" in {entry.name for entry in library.entries()}
    assert not library.is_installed("yolo11n")
    assert library.is_installed("untrained-small")
    assert library.installed() == []
    assert not library.folder.exists()


def test_an_unknown_name_gets_the_nearest(library: ModelLibrary):
    with pytest.raises(WeightsUnknown, match="'yolo11m'; did you mean 'yolo11n'"):
        library.find("yolo11m")
    with pytest.raises(WeightsUnknown, match="descry models list"):
        library.path_of("qqqqqqqq")


@pytest.mark.parametrize(
    ("name", "step"),
    [("yolo11n", "descry models pull yolo11n"), ("irra", "import FILE --name irra")],
)
def test_a_model_that_is_not_installed_says_how_to(library: ModelLibrary, name: str, step: str):
    with pytest.raises(WeightsUnusable, match=step):
        library.path_of(name)


def test_an_encoder_is_stored_as_safetensors_and_found_again(library: ModelLibrary, tmp_path: Path):
    source = encoder_file(tmp_path)
    entry = library.import_file(source, "mine")
    path = library.path_of("mine")
    assert (entry.kind, entry.file, path.name) == ("encoder", "mine.safetensors", entry.file)
    assert (entry.size, entry.sha256) == (
        path.stat().st_size,
        hashlib.sha256(path.read_bytes()).hexdigest(),
    )
    stored = read_checkpoint(path)
    assert stored.config == TINY
    assert stored.source_sha256 == hashlib.sha256(source.read_bytes()).hexdigest()
    again = ModelLibrary(library.folder)
    assert again.find("mine") == entry
    assert again.installed("encoder") == [entry]
    assert again.installed("detector") == []


def test_the_only_encoder_is_the_one_meant(tmp_path: Path):
    library = ModelLibrary(tmp_path / "models", catalogue=known_models())  # nothing is bundled
    with pytest.raises(WeightsUnknown, match="no encoder is installed"):
        library.only_encoder()
    library.import_file(detector_file(tmp_path), "people")
    library.import_file(encoder_file(tmp_path), "mine")
    assert library.only_encoder() == "mine"
    library.import_file(encoder_file(tmp_path), "other")
    with pytest.raises(WeightsUnknown, match="name one of mine, other"):
        library.only_encoder()


def test_a_detector_in_safetensors_keeps_the_suffix_by_which_it_is_loaded(
    library: ModelLibrary, tmp_path: Path
):
    source = tmp_path / "people.safetensors"
    source.write_bytes(b"tensors")
    entry = library.import_file(source, "people", kind="detector")
    assert entry.file == "people.safetensors"
    assert library.path_of("people").read_bytes() == b"tensors"
    library.remove("people")
    assert not (library.folder / "people.safetensors").exists()


def test_only_the_owner_may_look(library: ModelLibrary, tmp_path: Path):
    library.import_file(encoder_file(tmp_path), "mine")
    assert stat.S_IMODE(library.folder.stat().st_mode) == 0o700
    for name in ("mine.safetensors", "models.yaml"):
        assert stat.S_IMODE((library.folder / name).stat().st_mode) == 0o600


def test_a_known_name_keeps_its_licence_and_source(library: ModelLibrary, tmp_path: Path):
    before = library.find("irra")
    entry = library.import_file(encoder_file(tmp_path), "irra")
    assert (entry.licence, entry.source) == (before.licence, before.source)
    assert library.is_installed("irra")


def test_a_detector_is_told_by_its_file_and_copied(library: ModelLibrary, tmp_path: Path):
    source = detector_file(tmp_path)
    entry = library.import_file(source, "people")
    assert entry.kind == "detector"
    assert library.path_of("people").read_bytes() == source.read_bytes()


def test_a_detector_that_the_check_refuses_is_not_kept(tmp_path: Path):
    def check(path: Path) -> None:
        assert path.suffix == ".pt"
        raise WeightsUnusable(f"{path}: finds no people")

    library = ModelLibrary(tmp_path / "models", check_detector=check)
    with pytest.raises(WeightsUnusable, match="finds no people"):
        library.import_file(detector_file(tmp_path), "people")
    assert library.installed() == []
    assert not list(library.folder.iterdir())


def test_a_bad_encoder_leaves_nothing(library: ModelLibrary, tmp_path: Path):
    bad = tmp_path / "bad.pth"
    bad.write_bytes(pickle.dumps(print))
    with pytest.raises(WeightsUnusable, match=r"bad\.pth"):
        library.import_file(bad, "bad")
    assert not list(library.folder.iterdir())


@pytest.mark.parametrize("name", ["../up", "UP", "", "a b", "untrained-mine", ".x"])
def test_a_name_that_cannot_be_one_is_refused(library: ModelLibrary, tmp_path: Path, name: str):
    with pytest.raises(WeightsUnusable, match="name"):
        library.import_file(encoder_file(tmp_path), name)


def test_a_missing_file_is_named(library: ModelLibrary, tmp_path: Path):
    with pytest.raises(WeightsUnusable, match="no such file"):
        library.import_file(tmp_path / "nowhere.pth", "mine")


def test_installed_weights_are_not_replaced_unasked(library: ModelLibrary, tmp_path: Path):
    first = library.import_file(encoder_file(tmp_path, 1), "mine")
    with pytest.raises(WeightsUnusable, match="descry models remove mine"):
        library.import_file(encoder_file(tmp_path, 2), "mine")
    assert library.find("mine") == first


def test_removing_forgets_the_file_and_the_entry(library: ModelLibrary, tmp_path: Path):
    library.import_file(encoder_file(tmp_path), "mine")
    path = library.path_of("mine")
    library.remove("mine")
    assert not path.exists()
    with pytest.raises(WeightsUnknown, match="not installed"):
        library.remove("mine")
    with pytest.raises(WeightsUnknown):
        library.find("mine")


def test_verifying_finds_what_changed_or_went(library: ModelLibrary, tmp_path: Path):
    for name in ("a", "b", "c"):
        library.import_file(encoder_file(tmp_path), name)
    library.path_of("b").write_bytes(b"changed")
    library.path_of("c").unlink()
    own = [result for result in library.verify() if result.name in ("a", "b", "c")]
    sound, changed, gone = own
    assert (sound.name, sound.is_ok) == ("a", True)
    assert (changed.name, changed.is_ok) == ("b", False)
    assert "expected" in changed.detail
    assert gone == Verified("c", False, f"{library.folder / 'c.safetensors'} is gone")
    assert [result.is_ok for result in library.verify("a")] == [True]
    bundled = [result for result in library.verify() if result not in own]
    assert {result.name for result in bundled if result.is_ok} >= {"street-gadms", "street-yolo"}
    with pytest.raises(WeightsUnusable, match="is gone"):
        library.path_of("c")
    with pytest.raises(WeightsUnusable, match="not installed"):
        library.verify("yolo11n")


def test_a_damaged_manifest_is_named(library: ModelLibrary):
    library.folder.mkdir(parents=True)
    (library.folder / "models.yaml").write_text("models: [")
    with pytest.raises(WeightsUnusable, match=r"models\.yaml: not a list of models"):
        library.entries()


def offered(library: ModelLibrary, address: str, sha256: str | None = None) -> None:
    """Let the library offer a detector at `address`, as the bundled list would."""
    entry = Entry(
        name="people", kind="detector", licence="l", source="s", address=address, sha256=sha256
    )
    library.catalogue = {**library.catalogue, "people": entry}


def test_a_pulled_model_is_installed_and_its_digest_recorded(library: ModelLibrary, tmp_path: Path):
    content = detector_file(tmp_path).read_bytes()
    with serving(Behaviour(content)) as address:
        offered(library, address)
        entry = library.pull("people", progress=quiet, confirm_digest=lambda _: True)
        assert entry.sha256 == hashlib.sha256(content).hexdigest()
        assert library.path_of("people").read_bytes() == content
        library.remove("people")
        library.pull("people", progress=quiet, confirm_digest=refuse)
    assert library.is_installed("people")


def test_a_file_other_than_the_one_first_accepted_is_refused(library: ModelLibrary, tmp_path: Path):
    server = Behaviour(detector_file(tmp_path).read_bytes())
    with serving(server) as address:
        offered(library, address)
        library.pull("people", progress=quiet, confirm_digest=lambda _: True)
        library.remove("people")
        server.content += b"changed"
        with pytest.raises(WeightsUnusable, match="expected"):
            library.pull("people", progress=quiet, confirm_digest=refuse)
    assert not library.is_installed("people")
    assert {path.name for path in library.folder.iterdir()} == {"models.yaml", ".lock"}


def test_a_known_digest_is_not_asked_about(library: ModelLibrary, tmp_path: Path):
    content = detector_file(tmp_path).read_bytes()
    with serving(Behaviour(content)) as address:
        offered(library, address, hashlib.sha256(content).hexdigest())
        assert library.pull("people", progress=quiet, confirm_digest=refuse).name == "people"


def test_a_pulled_encoder_is_rewritten_like_an_imported_one(library: ModelLibrary, tmp_path: Path):
    with serving(Behaviour(encoder_file(tmp_path).read_bytes())) as address:
        offered(library, address)
        library.catalogue = {
            "people": Entry(name="people", kind="encoder", licence="l", source="s", address=address)
        }
        entry = library.pull("people", progress=quiet, confirm_digest=lambda _: True)
    assert entry.file == "people.safetensors"
    assert read_checkpoint(library.path_of("people")).config == TINY


def test_a_model_without_an_address_says_where_to_get_it(library: ModelLibrary):
    with pytest.raises(
        WeightsUnusable,
        match=r"(?s)pan\.baidu\.com.*descry models import FILE --name ga-dms-pretrained",
    ) as caught:
        library.pull("ga-dms-pretrained", progress=quiet, confirm_digest=refuse)
    assert "\n" not in str(caught.value)


def test_a_name_nobody_knows_cannot_be_pulled(library: ModelLibrary):
    with pytest.raises(WeightsUnknown):
        library.pull("nobody", progress=quiet, confirm_digest=refuse)


def test_listing_models_does_not_load_torch():
    import subprocess
    import sys

    code = f"import sys, {library_module.__name__}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
