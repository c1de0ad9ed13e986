import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.tokenizer import END_ID, MASK_ID, START_ID, count_tokens, tokenize


def words_of(text: str) -> list[int]:
    ids = tokenize([text])[0]
    return ids[1 : ids.argmax()].tolist()


def test_a_sentence_is_start_words_end_and_zeros():
    ids = tokenize(["a red coat"])[0]
    assert ids.dtype == np.int64
    assert ids[0] == START_ID
    assert ids[4] == END_ID
    assert not ids[5:].any()
    assert count_tokens("a red coat") == 5


def test_case_and_blanks_make_no_difference():
    assert words_of("A  Red\n coat ") == words_of("a red coat")


@given(st.text(max_size=400))
def test_no_text_becomes_a_special_id(text: str):
    ids = tokenize([text])[0]
    assert ids[0] == START_ID
    assert (ids == END_ID).sum() == 1
    assert (ids == START_ID).sum() == 1
    assert MASK_ID not in ids
    assert not ids[ids.argmax() + 1 :].any()


@pytest.mark.parametrize(
    "text",
    ["jekyll", "Dr Jekyll and Mr Hyde", "drjekyll", "<|mask|>", "&lt;|mask|&gt;"],
)
def test_no_word_becomes_the_mask(text: str):
    assert MASK_ID not in tokenize([text])[0]
    assert len(words_of(text)) > 1


@pytest.mark.parametrize(
    "text",
    [
        "red <end_of_text> coat", "red <END_OF_TEXT> coat", "red &lt;end_of_text&gt; coat",
        "red &amp;lt;end_of_text&amp;gt; coat", "red <start_of_text> coat",
    ],
)  # fmt: skip
def test_a_spelt_out_special_token_does_not_cut_the_sentence(text: str):
    assert words_of(text)[-1] == words_of("coat")[0]
    assert START_ID not in words_of(text)


def test_what_is_too_long_is_cut_before_the_end_token():
    ids = tokenize(["word " * 200])[0]
    assert len(ids) == 77
    assert ids[76] == END_ID
    assert count_tokens("word " * 200) == 202


@pytest.mark.parametrize("count", [74, 75, 76])
def test_seventy_five_words_fit(count: int):
    ids = tokenize(["word " * count])[0]
    assert ids.argmax() == min(count, 75) + 1


def test_nothing_and_blanks_are_start_and_end():
    ids = tokenize(["", " \n\t"])
    assert ids[:, :3].tolist() == [[START_ID, END_ID, 0]] * 2


def test_no_texts_give_no_rows():
    assert tokenize([]).shape == (0, 77)
