"""The encoder learns from crops that show clothes, and from sentences that say much."""

import json

import pytest

from pipeline.street.footage.stills import CAPTIONS, CROPS, LOOKS
from pipeline.street.look import Body, Garment, Hair, Look
from pipeline.street.recipe.choosing import SENTENCES_EACH, choose, is_well_seen, told_at_length
from pipeline.street.recipe.tagging import tags_of


def dressed(person: str, top: Garment) -> Look:
    body, hair = Body("man", "adult", "average", "average", "light", 1), Hair("short", "brown", "")
    return Look(person, body, hair, top, Garment("jeans", "blue"), Garment("boots", "black"))


CLEAR = {"light": "night", "height_px": 56.0, "visible": 0.45}
PEOPLE = (dressed("x", Garment("jumper", "red")), dressed("y", Garment("shirt", "blue", "checked")))


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({}, True),
        ({"light": "infrared"}, False),
        ({"height_px": 55.9}, False),
        ({"visible": 0.44}, False),
    ],
)
def test_small_hidden_and_infrared_people_are_left_out(change, kept):
    assert is_well_seen({**CLEAR, **change}) is kept


def test_the_longest_sentences_stay_in_their_order():
    told = ["abcd", "a", "abcdef", "ab", "abcde"]
    entry = told_at_length({"image": "crops/1.jpg", "captions": told})
    assert SENTENCES_EACH == 2
    assert entry == {"image": "crops/1.jpg", "captions": ["abcdef", "abcde"]}


def test_a_sentence_told_often_is_no_more_than_others():
    entry = told_at_length({"image": "crops/1.jpg", "captions": ["a man", "a man", "a", "a man"]})
    assert entry["captions"] == ["a man", "a man"]


def test_what_is_chosen_is_written_whole_with_what_is_true_of_each_person(tmp_path):
    chosen = tmp_path / "chosen.jsonl"
    looks = {look.person: look.to_mapping() for look in PEOPLE}
    (tmp_path / LOOKS).write_text(json.dumps(looks))
    (tmp_path / CROPS).write_text(
        json.dumps({"image": "1.jpg", **CLEAR}) + "\n"
        + json.dumps({"image": "2.jpg", **CLEAR, "light": "infrared"}) + "\n"
    )  # fmt: skip
    (tmp_path / CAPTIONS).write_text(
        "".join(
            json.dumps({"image": f"crops/{n}.jpg", "captions": ["a man"], "identity": "x"}) + "\n"
            for n in (1, 2)
        )
    )
    told = []
    assert choose(tmp_path, chosen, lambda done, total: told.append((done, total))) == 1
    assert told == [(line, 4) for line in range(1, 5)]  # of two files of two lines
    (line,) = map(json.loads, chosen.read_text().splitlines())
    assert line["image"] == "crops/1.jpg"
    assert {"upper: red jumper", "upper: jumper", "upper: red", "upper: plain"} <= set(line["tags"])


def test_tags_are_the_claims_that_are_true_of_some_and_not_of_others():
    tags = tags_of(PEOPLE)
    assert {"upper: checked", "upper: blue", "upper: blue shirt", "upper: top"} & set(
        tags["y"]
    ) == {"upper: checked", "upper: blue", "upper: blue shirt"}  # both wear a top
    assert not set(tags["x"]) & set(tags["y"])
    said = [*tags["x"], *tags["y"]]
    assert not any("jeans" in tag or "man" in tag for tag in said)


def test_rare_tags_are_left_out():
    crowd = [dressed(str(n), Garment("jumper", "red")) for n in range(300)]
    assert tags_of([*crowd, PEOPLE[1]])["y"] == ()
