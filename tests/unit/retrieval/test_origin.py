"""What an encoder learnt from is said by its files, through training, export and import."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from pipeline.wiring.training import export_model
from retrieval.gadms.checkpoint import Checkpoint, origin_in, read_checkpoint, write_checkpoint
from retrieval.gadms.configuration import PRESETS
from retrieval.gadms.description import description
from retrieval.gadms.origin import NOTES
from retrieval.gadms.packing import write_packed
from retrieval.gadms.towers import draw_weights
from retrieval.training import beginning
from retrieval.training.beginning import build_model, what_it_says
from retrieval.training.datasets import open_dataset
from retrieval.training.plan import TrainingPlan
from retrieval.training.run_folder import RunFolder
from retrieval.weights import bundle
from retrieval.weights.library import ModelLibrary
from retrieval.weights.manifest import Entry, digest_of
from tests.miniature_datasets import make_jsonl

TINY = PRESETS["tiny"]
STREET = Checkpoint(TINY, "ga-dms", draw_weights(TINY, 1))


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_jsonl(tmp_path_factory.mktemp("people"), train=2, val=1, test=1)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_jsonl(tmp_path_factory.mktemp("drawn"), train=2, val=1, test=1)
    (root / "stills.json").write_text(json.dumps({"kind": "stills", "seed": 6}))
    return root


@pytest.fixture
def start(tmp_path: Path):
    """A file of weights that says what they learnt from."""

    def write(origin) -> Path:
        path = tmp_path / f"{origin}.safetensors"
        write_checkpoint(replace(STREET, tensors=draw_weights(TINY, 2), origin=origin), path)
        return path

    return write


def told(root: Path, start: Path | None = None):
    """What the files of a training would say that the model learnt from."""
    values = {
        "dataset": {"name": "jsonl", "root": str(root)}, "out": "run", "configuration": "tiny",
        "start_from": None if start is None else str(start),
    }  # fmt: skip
    plan = TrainingPlan.model_validate(values).for_task("pretrain")
    model = build_model(plan, open_dataset("jsonl", root).split("train"), start)
    return what_it_says(plan, model, start).get("origin")


def test_what_learnt_from_drawn_people_alone_is_synthetic(drawn, people):
    assert told(drawn) == "synthetic"
    assert told(drawn / "people.jsonl") == "synthetic"
    assert told(people) is None


@pytest.mark.parametrize(
    ("before", "on_drawn", "on_others"),
    [
        ("synthetic", "synthetic", "began-synthetic"),
        ("began-synthetic", "began-synthetic", "began-synthetic"),
        (None, None, None),
    ],
)
def test_who_trains_on_is_told_how_it_began(drawn, people, start, before, on_drawn, on_others):
    begun = start(before)
    assert (told(drawn, begun), told(people, begun)) == (on_drawn, on_others)


def test_a_note_that_is_none_makes_no_picture_drawn(tmp_path):
    root = make_jsonl(tmp_path, train=2, val=1, test=1)
    for content in ("{", "[]", '{"kind": "story"}'):
        (root / "stills.json").write_text(content)
        assert told(root) is None


@pytest.fixture
def street(tmp_path: Path) -> Entry:
    """A bundled model whose file was packed before files said what they learnt from."""
    folder = tmp_path / "bundled"
    folder.mkdir()
    write_checkpoint(STREET, folder / "street.safetensors")
    return Entry(
        name="street", kind="encoder", licence="ours", source="drawn", file="street.safetensors",
        sha256=digest_of(folder / "street.safetensors"), bundled=True, synthetic=True,
    )  # fmt: skip


@pytest.fixture
def library(tmp_path: Path, street: Entry, monkeypatch) -> ModelLibrary:
    models = {"street": street}
    monkeypatch.setattr(beginning, "catalogue", lambda: models)
    monkeypatch.setattr(bundle, "catalogue", lambda: models)
    return ModelLibrary(tmp_path / "models", catalogue=models, bundled=tmp_path / "bundled")


def test_a_training_from_bundled_weights_or_a_copy_knows_them(library, people):
    library.import_file(library.path_of("street"), "mine")
    for name in ("street", "mine"):
        assert told(people, library.path_of(name)) == "began-synthetic"


def test_the_word_goes_through_an_export_and_an_import(library, tmp_path):
    name = "street"
    for again in ("first", "second"):
        out = tmp_path / f"{again}.pth"
        export_model(library.path_of(name), out, full_precision=False, prefix=True)
        assert read_checkpoint(out).origin == "synthetic"
        entry = library.import_file(out, again)
        assert (entry.synthetic, entry.note) == (True, NOTES["synthetic"])
        name = again


def test_what_began_with_synthetic_weights_is_told_in_the_list(library, tmp_path, start):
    out = tmp_path / "mine.pth"
    export_model(start("began-synthetic"), out, full_precision=True, prefix=False)
    entry = library.import_file(out, "mine")
    assert (entry.synthetic, entry.note) == (False, NOTES["began-synthetic"])
    assert origin_in(library.path_of("mine")) == "began-synthetic"


def test_files_of_others_say_nothing(library, tmp_path, start):
    out = tmp_path / "mine.pth"
    export_model(start(None), out, full_precision=True, prefix=False)
    assert "origin" not in torch.load(out, weights_only=True)
    entry = library.import_file(out, "mine")
    assert (entry.synthetic, entry.note) == (False, None)
    torch.save({"model": draw_weights(TINY, 2), "origin": ["odd"]}, tmp_path / "odd.pth")
    assert origin_in(tmp_path / "odd.pth") is None


def test_every_file_of_a_run_says_it(tmp_path):
    folder, said = RunFolder(tmp_path), description(TINY, "ga-dms", origin="synthetic")
    tensors = {f"base_model.{name}": value for name, value in STREET.tensors.items()}
    best = folder.save_best(1, tensors, {}, said)
    saved = folder.save(1, {"model": tensors}, {}, said)
    for file in (best, saved / "model.safetensors"):
        assert read_checkpoint(file).origin == "synthetic"
    packed = tmp_path / "packed.safetensors"
    write_packed(read_checkpoint(best), (1, 2), packed)
    assert origin_in(packed) == "synthetic"
