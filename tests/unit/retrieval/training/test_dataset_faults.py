"""What is wrong with a data set is one line that names the file and the entry."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from retrieval.errors import DatasetUnusable
from retrieval.training.datasets import open_dataset, open_pairs
from tests.miniature_datasets import (
    change_json,
    figure,
    make_cuhk,
    make_icfg,
    make_rstp,
    make_webperson,
)

Opens = Callable[[], object]


def said_by(open_it: Opens) -> str:
    """The one line that it is refused with."""
    with pytest.raises(DatasetUnusable) as caught:
        open_it()
    line = str(caught.value)
    assert "\n" not in line
    return line


def refused_rstp(root: Path, change: Callable[[Any], Any]) -> str:
    folder = make_rstp(root, train=2, val=1, test=1, pictures_each=1)
    change_json(folder / "data_captions.json", change)
    return said_by(lambda: open_dataset("rstpreid", root))


def refused_ours(root: Path, *entries: object) -> str:
    for name in ("a.png", "b.png"):
        figure(0, 0).save(root / name)
    (root / "p.jsonl").write_text("\n".join(json.dumps(entry) for entry in entries))
    return said_by(lambda: open_dataset("jsonl", root))


def ours(image: str = "a.png", **fields: object) -> dict[str, object]:
    return {"image": image, "caption": "a coat", "identity": 1} | fields


def test_a_root_that_is_not_there_is_named(tmp_path: Path):
    line = said_by(lambda: open_dataset("rstpreid", tmp_path / "nowhere"))
    assert line == f"{tmp_path / 'nowhere'}: no such file or folder; name where rstpreid lies"


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("cuhk-pedes", "reid_raw.json"),
        ("icfg-pedes", "ICFG-PEDES.json"),
        ("rstpreid", "data_captions.json"),
        ("webperson", "100w.json"),
    ],
)
def test_a_missing_annotation_file_is_named_where_it_is_looked_for(tmp_path, name, file):
    assert f"no file {tmp_path / file};" in said_by(lambda: open_dataset(name, tmp_path))


def test_the_annotation_file_is_looked_for_in_the_folder_that_is_there(tmp_path: Path):
    (make_cuhk(tmp_path) / "reid_raw.json").unlink()
    expected = tmp_path / "CUHK-PEDES" / "reid_raw.json"
    assert f"no file {expected};" in said_by(lambda: open_dataset("cuhk-pedes", tmp_path))


def test_two_files_of_webperson_leave_a_choice(tmp_path: Path):
    folder = make_webperson(tmp_path)
    (folder / "100w.json").rename(folder / "a.json")
    (folder / "b.json").write_text("[]")
    assert "100w.json" in said_by(lambda: open_dataset("webperson", tmp_path))


@pytest.mark.parametrize("files", [(), ("a.jsonl", "b.jsonl")])
def test_a_folder_without_exactly_one_file_of_ours_is_refused(tmp_path: Path, files):
    for name in files:
        (tmp_path / name).touch()
    assert f"{len(files)} .jsonl files" in said_by(lambda: open_dataset("jsonl", tmp_path))


def test_what_is_not_json_is_placed_by_its_line(tmp_path: Path):
    file = make_icfg(tmp_path, train=1, test=1) / "ICFG-PEDES.json"
    file.write_text(file.read_text().replace("}, {", "},\n{", 1).replace('"id": 1', "id: 1", 1))
    line = said_by(lambda: open_dataset("icfg-pedes", tmp_path))
    assert line.startswith(f"{file}: line 2: not JSON")


def test_a_file_of_no_entries_is_refused(tmp_path: Path):
    assert "holds no entries" in refused_rstp(tmp_path, lambda _: [])


@pytest.mark.parametrize("field", ["id", "img_path", "captions", "split"])
def test_a_missing_field_is_named(tmp_path: Path, field: str):
    line = refused_rstp(tmp_path, lambda entries: entries[2].pop(field) and None)
    assert line.endswith(f"data_captions.json: entry 3: no field '{field}'")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("id", "7", "'id' is not a whole number"),
        ("id", True, "'id' is not a whole number"),
        ("id", 1.0, "'id' is not a whole number"),
        ("id", 2**63, "'id' is not a whole number"),
        ("img_path", 5, "'img_path' is not text"),
        ("captions", "a coat", "'captions' is not a list of texts"),
        ("captions", [], "'captions' is empty"),
        ("captions", ["a coat", None], "'captions' holds what is not text"),
        ("captions", ["a coat", ""], "a caption is empty"),
        ("captions", ["\0 \0"], "a caption is empty"),
        ("split", None, "'split' is not text"),
    ],
)
def test_a_field_of_a_wrong_type_is_named(tmp_path: Path, field: str, value: object, said: str):
    line = refused_rstp(tmp_path, lambda entries: entries[1].update({field: value}))
    assert line.endswith(f"data_captions.json: entry 2: {said}")


@pytest.mark.parametrize("entry", [None, 5, "a coat", ["a coat"]])
def test_an_entry_that_is_no_object_is_named(tmp_path: Path, entry: object):
    line = refused_rstp(tmp_path, lambda entries: [*entries, entry])
    assert line.endswith("entry 5: is not an object with named fields")


def test_the_layout_of_another_data_set_is_refused(tmp_path: Path):
    make_cuhk(tmp_path).rename(tmp_path / "RSTPReid")
    (tmp_path / "RSTPReid" / "reid_raw.json").rename(tmp_path / "RSTPReid" / "data_captions.json")
    line = said_by(lambda: open_dataset("rstpreid", tmp_path))
    assert line.endswith("entry 1: no field 'img_path'")


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({}, "is not {"),
        ({"a.jpg": {}, "b.jpg": {}}, "is not {"),
        ({"a.jpg": "a coat"}, "'a.jpg' has no object of captions"),
        ({"a.jpg": {"caption1": "a coat"}}, "no field 'caption2'"),
        ({"a.jpg": {"caption1": "a coat", "caption2": 5}}, "'caption2' is not text"),
        ({"a.jpg": {"caption1": " ", "caption2": "/n"}}, "a caption is empty"),
    ],
)
def test_an_odd_entry_of_webperson_is_named(tmp_path: Path, entry: object, said: str):
    folder = make_webperson(tmp_path, pictures=1)
    change_json(folder / "100w.json", lambda entries: [*entries, entry])
    line = said_by(lambda: open_dataset("webperson", tmp_path))
    assert f"100w.json: entry 2: {said}" in line


@pytest.mark.parametrize("path", ["../a.jpg", "b/../../a.jpg", "/etc/a.jpg", "b/.."])
def test_a_path_that_leaves_the_folder_is_refused(tmp_path: Path, path: str):
    line = refused_rstp(tmp_path, lambda entries: entries[0].update(img_path=path))
    assert line.endswith(f"entry 1: the path {path!r} leaves the folder of pictures")


@pytest.mark.parametrize("path", ["", ".", "a\nb.jpg", "a\0.jpg", "\ud83d.jpg"])
def test_what_is_no_path_is_refused(tmp_path: Path, path: str):
    line = refused_rstp(tmp_path, lambda entries: entries[0].update(img_path=path))
    assert line.endswith("is no path of a picture")


def test_missing_pictures_are_counted_and_the_first_are_named(tmp_path: Path):
    folder = make_rstp(tmp_path, train=2, val=1, test=1, pictures_each=5)
    for name in ("0000_1", "0001_0", "0001_3", "0003_4"):
        (folder / "imgs" / f"{name}.jpg").unlink()
    assert said_by(lambda: open_dataset("rstpreid", tmp_path)) == (
        f"RSTPReid: 4 of 20 pictures are missing below {folder / 'imgs'}, the first: 0000_1.jpg, "
        "0001_0.jpg, 0001_3.jpg; complete the download"
    )


@pytest.mark.parametrize("instead", ["nothing", "a file", "folders", "dead links"])
def test_what_is_no_file_counts_as_missing(tmp_path: Path, instead: str):
    imgs = make_icfg(tmp_path, train=1, test=1, pictures_each=1) / "imgs"
    imgs.rename(tmp_path / "away")
    if instead == "a file":
        imgs.touch()
    for name in ("0000_0.jpg", "0001_0.jpg"):
        if instead == "folders":
            (imgs / name).mkdir(parents=True)
        elif instead == "dead links":
            imgs.mkdir(exist_ok=True)
            (imgs / name).symlink_to(tmp_path / "nowhere.jpg")
    assert "2 of 2 pictures are missing" in said_by(lambda: open_dataset("icfg-pedes", tmp_path))


def test_a_picture_in_two_splits_is_named(tmp_path: Path):
    line = refused_ours(tmp_path, ours(split="train"), ours(split="test"))
    assert "line 2: 'a.png' is in test, but an entry before has it in train" in line


def test_tags_without_end_are_no_tags(tmp_path: Path):
    many = [f"seen at {second} s" for second in range(10_001)]
    line = refused_ours(tmp_path, ours("b.png", tags=many), ours(tags=["red"]))
    assert "line 2: more than 10,000 different tags" in line


def test_a_picture_with_two_lists_of_tags_is_named(tmp_path: Path):
    line = refused_ours(tmp_path, ours(tags=["red", "coat"]), ours(tags=["red"]))
    assert line.endswith("line 2: 'a.png' has other tags than in an entry before; keep one")
    assert "other tags" in refused_ours(tmp_path, ours(), ours(tags=["red"]))
    assert "other tags" in refused_ours(tmp_path, ours(tags=["red"]), ours())


def test_a_picture_of_two_people_is_named(tmp_path: Path):
    line = refused_ours(tmp_path, ours(identity="Ann"), ours(identity="Zoë"))
    assert "line 2: 'a.png' has identity 'Zoë', but another in an entry before" in line


@pytest.mark.parametrize(("identity", "other"), [(7, 2), ("Zoë", "Bo"), ("Bo", "Zoë")])
def test_an_identity_in_two_splits_is_named(tmp_path: Path, identity, other):
    line = refused_ours(
        tmp_path,
        ours("c.png", identity=other, split="train"),
        ours(identity=identity, split="train"),
        ours("b.png", identity=identity),
    )
    assert f"p.jsonl: identity {identity!r} is in train and in test (such identities: 1)" in line


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"identity": None}, "no field 'identity'"),
        ({"identity": 1.5}, "'identity' is neither a whole number nor text"),
        ({"identity": False}, "'identity' is neither a whole number nor text"),
        ({"identity": "Ann"}, "the identity is text, before it was a number"),
        ({"split": "dev"}, "'split' is 'dev'; expected 'train', 'val' or 'test'"),
        ({"split": ["test"]}, "'split' is ['test']; expected"),
        ({"captions": ["a coat"]}, "has both 'caption' and 'captions'"),
        ({"caption": 5}, "'caption' is not text"),
        ({"image": None}, "'image' is not text"),
        ({"tags": "red"}, "'tags' is not a list of texts"),
        ({"tags": 0}, "'tags' is not a list of texts"),
        ({"tags": ["red", 5]}, "'tags' holds what is not text"),
        ({"tags": ["red", " "]}, "a tag is empty"),
    ],
)
def test_an_odd_line_of_ours_is_named(tmp_path: Path, fields: dict, said: str):
    assert f"p.jsonl: line 2: {said}" in refused_ours(tmp_path, ours("b.png"), ours(**fields))


def test_pairs_with_some_identities_are_refused(tmp_path: Path):
    file = tmp_path / "pairs.json"
    file.write_text(json.dumps([ours(), {"image": "b.png", "caption": "a hat"}]))
    line = said_by(lambda: open_pairs(tmp_path, file))
    assert line == f"{file}: entry 2: the identity is missing, before it was a number"


def test_pairs_without_their_folder_or_file_are_refused(tmp_path: Path):
    nowhere = tmp_path / "nowhere"
    assert f"{nowhere}: no such folder" in said_by(lambda: open_pairs(nowhere, nowhere))
    assert f"{nowhere}: no such file" in said_by(lambda: open_pairs(tmp_path, nowhere))
