"""The encoder learns from crops that show clothes, and from sentences that say much."""

import json

import pytest

from pipeline.street.recipe.choosing import SENTENCES_EACH, choose, is_well_seen, told_at_length

CLEAR = {"light": "night", "height_px": 56.0, "visible": 0.45}


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


def test_what_is_chosen_is_written_whole(tmp_path):
    crops, captions, chosen = (tmp_path / name for name in ("crops", "captions", "chosen"))
    crops.write_text(
        json.dumps({"image": "1.jpg", **CLEAR}) + "\n"
        + json.dumps({"image": "2.jpg", **CLEAR, "light": "infrared"}) + "\n"
    )  # fmt: skip
    captions.write_text(
        "".join(
            json.dumps({"image": f"crops/{n}.jpg", "captions": ["a man"], "identity": "x"}) + "\n"
            for n in (1, 2)
        )
    )
    assert choose(crops, captions, chosen) == 1
    (line,) = chosen.read_text().splitlines()
    assert json.loads(line)["image"] == "crops/1.jpg"
