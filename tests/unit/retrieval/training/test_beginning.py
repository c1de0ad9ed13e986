"""What a training begins with: never a test split, and a model of the plan's own shape."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from retrieval.errors import DatasetUnusable, PlanRefused, WeightsUnusable
from retrieval.gadms.checkpoint import Checkpoint, write_checkpoint
from retrieval.gadms.configuration import PRESETS, GadmsConfig
from retrieval.gadms.heads import draw_heads
from retrieval.gadms.reference_layout import write_reference
from retrieval.gadms.towers import draw_weights
from retrieval.training.beginning import (
    Tables,
    build_model,
    check_tables,
    device_of,
    open_tables,
    what_decides,
)
from retrieval.training.datasets import NAMES, ignore, open_dataset
from retrieval.training.plan import Task, TrainingPlan
from retrieval.training.samples import SampleTable
from tests.miniature_datasets import (
    make_cuhk,
    make_icfg,
    make_jsonl,
    make_rstp,
    make_webperson,
)

TINY = PRESETS["tiny"]
MAKERS: dict[str, Callable[[Path], Path]] = {
    "cuhk-pedes": make_cuhk,
    "icfg-pedes": make_icfg,
    "rstpreid": make_rstp,
    "webperson": make_webperson,
    "jsonl": make_jsonl,
}


def plan(root: Path, task: Task = "finetune", name: str = "jsonl", **changes) -> TrainingPlan:
    least = {
        "dataset": {"name": name, "root": str(root)}, "out": str(root / "run"),
        "configuration": "tiny",
    }  # fmt: skip
    return TrainingPlan.model_validate({**least, **changes}).for_task(task)


def opened(chosen: TrainingPlan) -> Tables:
    return open_tables(chosen, lambda _label: ignore)


def pictures(table: SampleTable) -> set[Path]:
    return {sample.picture for sample in table}


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_jsonl(tmp_path_factory.mktemp("people"), train=3, val=1, test=1)


@pytest.fixture(scope="module")
def train(people: Path) -> SampleTable:
    return open_dataset("jsonl", people).split("train")


def test_every_layout_is_tried():
    assert set(MAKERS) == set(NAMES)


@pytest.mark.parametrize("name", MAKERS)
def test_no_picture_of_a_test_split_is_learnt_from_or_judged_by(tmp_path: Path, name: str):
    MAKERS[name](tmp_path)
    tables = opened(plan(tmp_path, "pretrain", name, validation_share=0.25))
    splits = open_dataset(name, tmp_path).splits
    tested = pictures(splits["test"]) if "test" in splits else set()
    used = pictures(tables.train) | pictures(tables.validation)
    assert used & tested == set()
    assert pictures(tables.train) & pictures(tables.validation) == set()
    if "val" in splits:
        assert (tables.source, len(tables.validation)) == (
            f"val split of {name}",
            len(splits["val"]),
        )
    else:
        aside = tables.validation.images
        assert tables.source == f"{aside} pictures of the train split of {name}, set aside"
        assert used == pictures(splits["train"])
    assert tables.train.caption_identities.min() == 0
    assert tables.train.caption_identities.max() == tables.train.classes - 1


def test_people_set_aside_are_none_of_those_learnt_from(tmp_path: Path):
    root = make_icfg(tmp_path, train=8, pictures_each=3)
    tables = opened(plan(root, name="icfg-pedes", validation_share=0.25))
    assert (tables.train.classes, tables.validation.classes) == (6, 2)
    assert set(tables.train.captions) & set(tables.validation.captions) == set()


def test_another_data_set_may_judge_by_its_val_split_alone(tmp_path: Path):
    learnt, other = make_icfg(tmp_path / "a"), make_rstp(tmp_path / "b")
    judge = {"name": "rstpreid", "root": str(other)}
    tables = opened(plan(learnt, name="icfg-pedes", validate_on=judge))
    assert tables.source == "val split of rstpreid"
    assert pictures(tables.validation) == pictures(open_dataset("rstpreid", other).split("val"))
    assert len(tables.train) == len(open_dataset("icfg-pedes", learnt).split("train"))


def test_a_judge_without_a_val_split_is_refused(tmp_path: Path):
    learnt, other = make_rstp(tmp_path / "a"), make_icfg(tmp_path / "b")
    judge = {"name": "icfg-pedes", "root": str(other)}
    with pytest.raises(DatasetUnusable, match="icfg-pedes has no val split; it has train and test"):
        opened(plan(learnt, name="rstpreid", validate_on=judge))


def test_too_little_to_learn_from_or_to_judge_by_is_refused(train: SampleTable):
    usual = plan(Path("people"))
    check_tables(Tables(train, train[:1], "a part"), usual, 2)
    with pytest.raises(DatasetUnusable, match="1 captions to learn from, for 1 processes"):
        check_tables(Tables(train[:1], train, "a part"), usual, 1)
    with pytest.raises(DatasetUnusable, match="6 captions to learn from, for 7 processes"):
        check_tables(Tables(train, train, "a part"), usual, 7)
    with pytest.raises(DatasetUnusable, match="a part is empty"):
        check_tables(Tables(train, train[:0], "a part"), usual, 1)
    with pytest.raises(DatasetUnusable, match="people: no entry has 'tags', which the loss tags"):
        check_tables(Tables(train, train, "a part"), plan(Path("people"), losses={"tags": 1}), 1)


def test_a_drawn_model_is_the_same_for_the_same_seed(people: Path, train: SampleTable):
    first, again, other = (
        build_model(plan(people, seed=seed), train, None).state_dict() for seed in (1, 1, 2)
    )
    assert all(torch.equal(first[name], again[name]) for name in first)
    for name in ("base_model.visual.proj", "classifier.weight", "mlm_head.fc.weight"):
        assert not torch.equal(first[name], other[name])


@pytest.mark.parametrize(
    ("changes", "classes"),
    [({}, 3), ({"classes": "captions"}, 6), ({"losses": {"sdm": 1, "mlm": 1}}, None)],
)
def test_a_classifier_has_a_class_for_each_person_or_caption(
    people: Path, train: SampleTable, changes: dict, classes: int | None
):
    model = build_model(plan(people, **changes), train, None)
    assert (None if model.classifier is None else model.classifier.out_features) == classes


def test_pretraining_knows_no_people(people: Path, train: SampleTable):
    assert build_model(plan(people, "pretrain"), train, None).classifier is None


@pytest.mark.parametrize(
    ("losses", "are_trained"), [({"sdm": 1, "id": 1}, False), ({"sdm": 1, "id": 1, "mlm": 1}, True)]
)
def test_heads_without_a_loss_are_frozen(people: Path, train: SampleTable, losses, are_trained):
    model = build_model(plan(people, losses=losses), train, None)
    for name, parameter in model.named_parameters():
        always = name.startswith(("base_model.", "classifier."))
        assert parameter.requires_grad is (always or are_trained), name


def saved(
    path: Path, config: GadmsConfig = TINY, *, classes: int | None = None, tags: int | None = None,
    **heads,
) -> Path:  # fmt: skip
    """A checkpoint of another seed than the plan's; `heads` replace some of its own."""
    drawn = draw_heads(config, classes=classes, tags=tags, seed=77) | heads
    family = "ga-dms" if classes is None else "irra"
    write_checkpoint(Checkpoint(config, family, draw_weights(config, 77), heads=drawn), path)
    return path


def test_towers_and_heads_come_from_the_checkpoint_and_a_classifier_is_drawn(
    people: Path, train: SampleTable, tmp_path: Path
):
    start = saved(tmp_path / "pretrained.safetensors")
    state = build_model(plan(people, seed=5), train, start).state_dict()
    expected = {f"base_model.{name}": value for name, value in draw_weights(TINY, 77).items()}
    expected |= draw_heads(TINY, classes=None, seed=77)
    expected |= {
        name: value
        for name, value in draw_heads(TINY, classes=3, seed=5).items()
        if name.startswith("classifier.")
    }
    assert state.keys() == expected.keys()
    assert all(torch.equal(state[name], value) for name, value in expected.items())


@pytest.mark.parametrize(("classes", "seed"), [(3, 77), (4, 5)])
def test_a_classifier_of_as_many_people_is_kept_and_one_of_others_drawn_anew(
    people: Path, train: SampleTable, tmp_path: Path, classes: int, seed: int
):
    start = saved(tmp_path / "fine-tuned.safetensors", classes=classes)
    model = build_model(plan(people, seed=5), train, start)
    expected = draw_heads(TINY, classes=3, seed=seed)["classifier.weight"]
    assert torch.equal(model.classifier.weight, expected)
    assert torch.equal(model.base_model.visual.proj, draw_weights(TINY, 77)["visual.proj"])


def test_a_classifier_that_pretraining_cannot_use_is_left(
    people: Path, train: SampleTable, tmp_path: Path
):
    start = saved(tmp_path / "fine-tuned.safetensors", classes=4)
    assert build_model(plan(people, "pretrain"), train, start).classifier is None


def test_towers_alone_get_heads_of_the_plans_seed(people: Path, train: SampleTable, tmp_path: Path):
    start = tmp_path / "towers.safetensors"
    write_checkpoint(Checkpoint(TINY, "clip", draw_weights(TINY, 77)), start)
    state = build_model(plan(people, seed=5), train, start).state_dict()
    drawn = draw_heads(TINY, classes=3, seed=5)
    assert all(torch.equal(state[name], value) for name, value in drawn.items())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("vision_width", 48), ("vision_layers", 3), ("text_width", 48), ("text_layers", 1),
        ("embed_dim", 64), ("patch_size", 64),
    ],
)  # fmt: skip
def test_a_checkpoint_of_another_shape_is_refused_by_the_name_of_the_field(
    people: Path, train: SampleTable, tmp_path: Path, name: str, value: int
):
    start = saved(tmp_path / "other.safetensors", replace(TINY, **{name: value}))
    said = rf"{name} {value}, but configuration 'tiny' has {getattr(TINY, name)}"
    with pytest.raises(PlanRefused, match=said) as refusal:
        build_model(plan(people), train, start)
    assert str(refusal.value).startswith(str(start))
    assert "\n" not in str(refusal.value)


def test_a_head_of_another_shape_is_refused_by_its_name(
    people: Path, train: SampleTable, tmp_path: Path
):
    start = saved(tmp_path / "odd.safetensors", **{"ln_post.weight": torch.ones(5)})
    with pytest.raises(PlanRefused, match=r"ln_post.weight has shape \(5,\).*needs \(32,\)"):
        build_model(plan(people), train, start)


def test_what_is_no_checkpoint_is_refused(people: Path, train: SampleTable, tmp_path: Path):
    (tmp_path / "odd.pth").write_bytes(b"no weights")
    with pytest.raises(WeightsUnusable, match=r"odd\.pth"):
        build_model(plan(people), train, tmp_path / "odd.pth")


def test_plan_data_and_first_weights_decide(people: Path, train: SampleTable, tmp_path: Path):
    tables = Tables(train, train[:2], "a part")
    first = what_decides(plan(people), tables, None, 1)
    assert first["start_from"] is None
    assert first["train_captions"] != first["validation_captions"]
    path = tmp_path / "best0.pth"
    write_reference({"classifier.bias": torch.ones(1)}, path, epoch=1, epochs=2)
    changed = [
        what_decides(plan(people, seed=1), tables, None, 1),
        what_decides(plan(people), tables, path, 1),
        what_decides(plan(people), Tables(train[:4], train[:2], "a part"), None, 1),
        what_decides(plan(people), Tables(train, train[:1], "a part"), None, 1),
    ]
    assert all(other != first for other in changed)
    assert what_decides(plan(people, workers=0), tables, None, 1) == first


def test_the_cpu_is_taken_where_it_is_asked_for_or_nothing_else_is_there():
    wanted = plan(Path("data"), device="cpu")
    assert device_of(wanted, 3) == torch.device("cpu")
    if not torch.cuda.is_available():
        assert device_of(plan(Path("data")), 0) == torch.device("cpu")


@pytest.mark.parametrize(
    ("device", "local_rank", "index"),
    [("cuda:999", 0, 999), ("cuda:256", 0, 256), ("cuda", 998, 998)],
)
def test_a_gpu_that_is_not_there_is_refused(device: str, local_rank: int, index: int):
    with pytest.raises(PlanRefused, match=f"device '{device}'.*wants number {index}"):
        device_of(plan(Path("data"), device=device), local_rank)
