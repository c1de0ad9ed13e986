"""pipeline.same_ground, and the setting that it reads."""

import pytest

from pipeline.config_sections import Search
from pipeline.same_ground import read_same_ground


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("", set()),
        (" , ", set()),
        ("gate+yard", {("gate", "yard")}),
        ("yard + gate, gate+yard", {("gate", "yard")}),
        ("a+b+c", {("a", "b"), ("a", "c"), ("b", "c")}),
    ],
)
def test_pairs_are_read(text, pairs):
    assert {tuple(sorted(pair)) for pair in read_same_ground(text)} == pairs
    assert Search(same_ground=text).same_ground == text


@pytest.mark.parametrize("text", ["gate", "gate+", "gate+gate", "gate yard", "Gate+yard", "a+b;c"])
def test_what_names_no_two_cameras_is_refused_with_how_to_write_it(text):
    with pytest.raises(ValueError, match=r"write gate\+yard"):
        read_same_ground(text)
    with pytest.raises(ValueError, match=r"write gate\+yard"):
        Search(same_ground=text)
