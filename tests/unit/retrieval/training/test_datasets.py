"""Each layout in miniature: its splits, identities, captions and pictures."""

import json
from pathlib import Path

import pytest

from retrieval.errors import DatasetUnusable, PlanRefused
from retrieval.training.datasets import NAMES, open_dataset, open_pairs
from retrieval.training.samples import SampleTable
from tests.miniature_datasets import (
    change_json,
    figure,
    make_cuhk,
    make_icfg,
    make_jsonl,
    make_rstp,
    make_webperson,
    sentence,
)

MAKERS = dict(
    zip(NAMES, (make_cuhk, make_icfg, make_rstp, make_webperson, make_jsonl), strict=True)
)


def rows(table: SampleTable) -> list[tuple[str, str, int]]:
    """(file name, caption, identity) of each row."""
    return [(sample.picture.name, sample.caption, sample.identity) for sample in table]


def write_jsonl(folder: Path, *entries: dict) -> Path:
    """The entries in `people.jsonl`, with a picture for each."""
    for entry in entries:
        figure(0, 0).save(folder / entry["image"])
    file = folder / "people.jsonl"
    file.write_text("\n".join(json.dumps(entry) for entry in entries))
    return file


@pytest.mark.parametrize("name", NAMES)
def test_the_folder_above_serves_as_well(tmp_path: Path, name: str):
    folder = MAKERS[name](tmp_path)
    datasets = [open_dataset(name, root) for root in (folder, tmp_path)]
    assert datasets[0].root == datasets[1].root == folder
    assert datasets[0].split("train").digest == datasets[1].split("train").digest


@pytest.mark.parametrize("name", NAMES)
def test_every_caption_names_the_colours_of_its_picture(tmp_path: Path, name: str):
    MAKERS[name](tmp_path)
    for table in open_dataset(name, tmp_path).splits.values():
        for sample in table:
            outfit = int(sample.picture.name[:4])
            assert sample.caption in {sentence(outfit, number) for number in range(4)}
            assert sample.picture.is_file()


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("cuhk-pedes", {"train": (24, 12, 6), "val": (8, 4, 2), "test": (8, 4, 2)}),
        ("icfg-pedes", {"train": (12, 12, 6), "test": (4, 4, 2)}),
        ("rstpreid", {"train": (60, 30, 6), "val": (20, 10, 2), "test": (20, 10, 2)}),
        ("webperson", {"train": (16, 8, 16)}),
        ("jsonl", {"train": (12, 12, 6), "val": (4, 4, 2), "test": (4, 4, 2)}),
    ],
)
def test_splits_have_their_captions_pictures_and_identities(tmp_path, name, sizes):
    MAKERS[name](tmp_path)
    splits = open_dataset(name, tmp_path).splits
    assert {
        split: (len(table), table.images, table.classes) for split, table in splits.items()
    } == sizes


@pytest.mark.parametrize("name", ["cuhk-pedes", "icfg-pedes", "rstpreid", "jsonl"])
def test_identities_to_train_on_run_from_zero_in_their_own_order(tmp_path: Path, name: str):
    MAKERS[name](tmp_path)
    train = open_dataset(name, tmp_path).split("train")
    assert [sample.identity for sample in train] == [int(s.picture.name[:4]) for s in train]


def test_gaps_between_identities_are_closed(tmp_path: Path):
    folder = make_icfg(tmp_path, train=3, pictures_each=1)
    ids = {0: 900, 1: 5, 2: 70}
    change_json(
        folder / "ICFG-PEDES.json",
        lambda entries: [{**entry, "id": ids.get(entry["id"], 1000)} for entry in entries],
    )
    train = open_dataset("icfg-pedes", tmp_path).split("train")
    assert [identity for _, _, identity in rows(train)] == [2, 0, 1]


def test_test_identities_stay_as_published(tmp_path: Path):
    make_cuhk(tmp_path, train=1, val=1, test=1, pictures_each=1)
    dataset = open_dataset("cuhk-pedes", tmp_path)
    assert set(dataset.split("val").image_identities.tolist()) == {2}
    assert set(dataset.split("test").image_identities.tolist()) == {3}


def test_a_split_of_another_name_is_val(tmp_path: Path):
    folder = make_cuhk(tmp_path, train=1, val=1, test=1)
    change_json(
        folder / "reid_raw.json",
        lambda entries: [{**e, "split": e["split"].replace("val", "dev")} for e in entries],
    )
    assert open_dataset("cuhk-pedes", tmp_path).split("val").images == 2


def test_the_other_name_of_the_icfg_file_is_known(tmp_path: Path):
    folder = make_icfg(tmp_path)
    (folder / "ICFG-PEDES.json").rename(folder / "ICFG_PEDES.json")
    assert open_dataset("icfg-pedes", tmp_path).split("test").images == 4


def test_a_split_that_is_not_there_is_told(tmp_path: Path):
    make_icfg(tmp_path)
    with pytest.raises(DatasetUnusable, match="icfg-pedes has no val split; it has train and test"):
        open_dataset("icfg-pedes", tmp_path).split("val")


def test_webperson_loses_its_stray_characters_and_is_sorted_by_path(tmp_path: Path):
    folder = make_webperson(tmp_path, pictures=3)
    change_json(folder / "100w.json", lambda entries: entries[::-1])
    assert rows(open_dataset("webperson", tmp_path).split("train")) == [
        (f"{picture:04}_0.jpg", sentence(picture, number), 2 * picture + number)
        for picture in range(3)
        for number in range(2)
    ]


def test_any_one_file_of_webperson_will_do(tmp_path: Path):
    folder = make_webperson(tmp_path, pictures=3)
    (folder / "100w.json").rename(folder / "500w.json")
    assert open_dataset("webperson", tmp_path).split("train").images == 3


def test_our_own_layout_takes_one_caption_or_several(tmp_path: Path):
    file = write_jsonl(
        tmp_path,
        {"image": "b.png", "captions": ["one", "two"], "identity": 4},
        {"image": "./a.png", "caption": "three", "identity": 9, "colour of hair": "grey"},
    )
    table = open_dataset("jsonl", file).split("test")
    assert rows(table) == [("b.png", "one", 4), ("b.png", "two", 4), ("a.png", "three", 9)]


def test_identities_by_name_are_numbered_in_their_order(tmp_path: Path):
    write_jsonl(
        tmp_path,
        {"image": "a.png", "caption": "one", "identity": "Zoë"},
        {"image": "b.png", "caption": "two", "identity": "Ann"},
        {"image": "c.png", "caption": "three", "identity": "Zoë"},
    )
    assert [i for _, _, i in rows(open_dataset("jsonl", tmp_path).split("test"))] == [1, 0, 1]


def test_pairs_without_identities_have_one_a_picture(tmp_path: Path):
    file = write_jsonl(
        tmp_path,
        {"image": "a.png", "captions": ["one", "two"], "split": "train"},
        {"image": "b.png", "caption": "three"},
    )
    assert rows(open_pairs(tmp_path, file)) == [
        ("a.png", "one", 0),
        ("a.png", "two", 0),
        ("b.png", "three", 1),
    ]


def test_pairs_are_read_from_a_json_list_elsewhere(tmp_path: Path):
    figure(0, 0).save(tmp_path / "a.png")
    (tmp_path / "words").mkdir()
    file = tmp_path / "words" / "pairs.json"
    file.write_text(json.dumps([{"image": "a.png", "caption": "one", "identity": 3}]))
    assert rows(open_pairs(tmp_path, file)) == [("a.png", "one", 3)]


def test_captions_may_be_long_and_odd(tmp_path: Path):
    odd = ["word " * 200, "a\tcoat\x07", "帽子", "half an emoji \ud83d", "nul\0byte"]
    file = write_jsonl(tmp_path, {"image": "a.png", "captions": odd, "identity": 0})
    assert list(open_dataset("jsonl", file).split("test").captions) == [
        "word " * 200,
        "a\tcoat\x07",
        "帽子",
        "half an emoji ?",
        "nul byte",
    ]


def test_a_picture_listed_again_gets_all_its_captions(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    file = write_jsonl(
        tmp_path,
        {"image": "a.png", "caption": "one", "identity": 0},
        {"image": "b.png", "caption": "two", "identity": 1},
        {"image": "./a.png", "caption": "three", "identity": 0},
    )
    table = open_dataset("jsonl", file).split("test")
    assert rows(table) == [("a.png", "one", 0), ("b.png", "two", 1), ("a.png", "three", 0)]
    assert table.images == 2
    assert [record.getMessage() for record in caplog.records] == [
        f"{file}: pictures listed again: 1; the new captions were added to theirs"
    ]


def test_a_webperson_picture_listed_again_has_its_captions_together(tmp_path: Path):
    folder = make_webperson(tmp_path, pictures=2)
    change_json(folder / "100w.json", lambda entries: [*entries, entries[0]])
    train = open_dataset("webperson", tmp_path).split("train")
    assert train.caption_images.tolist() == [0, 0, 0, 0, 1, 1]
    assert train.image_identities.tolist() == [0, 4]


def test_links_to_pictures_and_folders_are_followed(tmp_path: Path):
    folder = make_rstp(tmp_path)
    (folder / "imgs").rename(tmp_path / "elsewhere")
    (folder / "imgs").symlink_to(tmp_path / "elsewhere")
    assert open_dataset("rstpreid", tmp_path).split("train").images == 30


def test_progress_ends_with_every_picture(tmp_path: Path):
    make_icfg(tmp_path)
    told: list[tuple[float, float | None]] = []
    open_dataset("icfg-pedes", tmp_path, report=lambda done, total: told.append((done, total)))
    assert told[-1] == (16, 16)


def test_an_unknown_data_set_is_refused(tmp_path: Path):
    with pytest.raises(PlanRefused, match=r"no data set 'cuhk'; it is one of cuhk-pedes, "):
        open_dataset("cuhk", tmp_path)


def test_one_blank_caption_of_webperson_is_left_out(tmp_path: Path):
    """Ten million captions that a machine wrote are not refused for one."""
    folder = make_webperson(tmp_path, pictures=2)

    def blank(entries: list[dict]) -> None:
        (captions,) = entries[0].values()
        captions["caption2"] = "/n"

    change_json(folder / "100w.json", blank)
    table = open_dataset("webperson", tmp_path).split("train")
    assert len(table) == 3
    assert "" not in list(table.captions)


def test_test_identities_of_icfg_that_start_again_are_other_people(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    def restart(entries: list[dict]) -> None:
        for entry in entries:
            entry["id"] -= 6 if entry["split"] == "test" else 0

    file = make_icfg(tmp_path, train=6, test=2)
    change_json(file if file.is_file() else file / "ICFG-PEDES.json", restart)
    opened = open_dataset("icfg-pedes", tmp_path)
    assert sorted(set(opened.split("test").image_identities.tolist())) == [0, 1]
    assert opened.split("train").classes == 6
    assert "2 identities of test are numbers of train too" in caplog.text
