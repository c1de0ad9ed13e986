"""pipeline.cli.likeness: what is typed, as a request; what makes no sense, in a line."""

from base64 import b64decode

import pytest

from pipeline.answers import SearchRequest
from pipeline.cli.likeness import NO_LIKENESS, Likeness, read_box
from pipeline.errors import ConfigError
from pipeline.likeness_fields import MOST_BYTES, MOST_JUDGED


def test_a_picture_travels_as_its_bytes(tmp_path):
    file = tmp_path / "anna.jpg"
    file.write_bytes(b"\xff\xd8 anna")
    asked = Likeness(None, file, "1,2,30.5,40", ["lobby/r1/1"], ["lobby/r1/2"])
    request = SearchRequest(**asked.fields())
    assert asked.is_given
    assert b64decode(request.picture) == b"\xff\xd8 anna"
    assert request.box == (1, 2, 30.5, 40)
    assert (request.more_like, request.less_like) == (["lobby/r1/1"], ["lobby/r1/2"])
    assert request.picture not in repr(request)


def test_nothing_given_asks_nothing():
    assert not NO_LIKENESS.is_given
    assert SearchRequest(text="a man", **NO_LIKENESS.fields()) == SearchRequest(text="a man")
    assert not SearchRequest(text="a man").is_more_than_words


@pytest.mark.parametrize("text", ["", "1,2,3", "1,2,3,4,5", "a,b,c,d"])
def test_a_box_is_four_numbers(text):
    with pytest.raises(ConfigError, match="is no four numbers: give x1,y1,x2,y2"):
        Likeness(box=text).fields()


def test_a_file_that_cannot_be_read_or_is_too_large_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"cannot read the picture .*gone\.jpg \(No such file"):
        Likeness(picture=tmp_path / "gone.jpg").fields()
    with pytest.raises(ConfigError, match=r"cannot read the picture .*Is a directory"):
        Likeness(picture=tmp_path).fields()
    large = tmp_path / "large.jpg"
    with large.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(ConfigError, match=r"large\.jpg has more than 16 MiB"):
        Likeness(picture=large).fields()


def test_only_so_many_are_judged():
    with pytest.raises(ConfigError, match="more than 100 tracks are judged"):
        Likeness(more=["lobby/r1/1"] * (MOST_JUDGED + 1)).fields()


def test_answers_travel_as_they_were_typed_and_only_so_many():
    said = ["upper-red=yes", "no hat"]
    assert SearchRequest(text="a man", **Likeness(answers=said).fields()).answers == said
    with pytest.raises(ConfigError, match="more than 20 answers"):
        Likeness(answers=["no hat"] * 21).fields()


@pytest.mark.parametrize("typed", ["nan,0,9,9", "0,0,inf,9", "1,2,3", "a,b,c,d", ""])
def test_a_box_that_is_no_four_numbers_is_refused(typed):
    with pytest.raises(ConfigError, match="is no four numbers"):
        read_box(typed)
