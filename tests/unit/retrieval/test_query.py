"""What is refused, what is cleaned, what is noted."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.errors import QueryRefused
from retrieval.search.query import CONTEXT_TOKENS, EXAMPLE, MAX_CHARACTERS, check_query, clean
from retrieval.tokenizer import count_tokens, tokenize


def count_words(text):
    return len(text.split()) + 2  # the marks at both ends


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the query is empty"),
        (" \t\n", "the query is empty"),
        ("\x00\u200b\x07", "the query is empty"),
        ("red " * 1250, "has 4,999 characters and at most 1,000"),
        ("👩‍🦰🧥🎒", "no words, only digits, signs or emoji"),
        ("?! ...", "no words, only punctuation"),
        ("man \udc9b31m", "no text in UTF-8"),
        ("\ud83d coat", "no text in UTF-8"),
        ("12 345", "no words, only digits"),
        ("빨간 코트를 입은 여자", "written in Hangul: the encoder reads English only"),
        ("женщина в красном пальто", "written in Cyrillic"),
        ("穿红色外套的女人", "written in Chinese characters"),
        ("赤いコートの女性", "written in Japanese"),
        ("امرأة ترتدي معطفا أحمر", "written in Arabic"),
        ("γυναίκα με κόκκινο παλτό with bag", "written in Greek"),
    ],
)
def test_what_the_encoder_cannot_read_is_refused_with_what_to_type_instead(text, reason):
    with pytest.raises(QueryRefused, match=reason) as refused:
        check_query(text)
    assert EXAMPLE in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_plain_description_passes_as_it_is_without_notes():
    checked = check_query("a woman in a red coat, black rucksack", count_tokens=count_words)
    assert checked.text == "a woman in a red coat, black rucksack"
    assert checked.notes == ()


def test_control_and_invisible_characters_go_and_spaces_are_single():
    assert (
        check_query("red\x00 \x1bcoat\n\twith\u200b a\u00a0hat\u202e").text == "red coat with a hat"
    )


def test_full_width_letters_are_latin():
    assert check_query("ｒｅｄ ｃｏａｔ").text == "red coat"


def test_exactly_the_longest_query_passes():
    checked = check_query("ab" * (MAX_CHARACTERS // 2))
    assert len(checked.text) == MAX_CHARACTERS


def test_a_few_foreign_letters_are_noted():
    (note,) = check_query("woman in a red coat with 李宁 on her back").notes
    assert str(note) == (
        "the words written in Chinese characters are not understood: the encoder reads English only"
    )


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("una mujer con un abrigo rojo y una mochila negra", "Spanish"),
        ("une femme avec un manteau rouge", "French"),
        ("eine Frau mit einem roten Mantel", "German"),
        ("ein Mann in einem blauen Hemd", "German"),
        ("una donna con uno zaino nero che indossa il cappotto", "Italian"),
        ("uma mulher com um casaco vermelho", "Portuguese"),
        ("een vrouw met een rode jas", "Dutch"),
        ("kobieta w czerwonym płaszczu z torbą na ramieniu", "Polish"),
        ("en kvinna med en röd jacka och svart väska", "Swedish"),
        ("kırmızı ceketli bir kadın ve siyah çanta ile", "Turkish"),
        ("o femeie cu un palton roșu și pantaloni negri", "Romanian"),
    ],
)
def test_a_sentence_evidently_in_another_language_is_noted_and_searched(text, language):
    checked = check_query(text)
    assert checked.text == text
    assert [str(note) for note in checked.notes] == [
        f"this looks like {language}: the encoder reads English only"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "man with an umbrella",
        "a man in a Los Angeles Lakers top de la",
        "red coat, black rucksack",
        "man no hat",
        "red hat on die-cut bag",
        "olive jacket en route",
        "man in tan van",
    ],
)
def test_english_is_never_taken_for_another_language(text):
    assert check_query(text).notes == ()


def test_a_single_word_is_noted():
    (note,) = check_query("Rucksack!").notes
    assert str(note) == "a single word: a fuller description finds more"


def test_what_the_context_cuts_off_is_named():
    text = " ".join(["red"] * 75 + ["coat,", "hat"])
    (note,) = check_query(text, count_tokens=count_words).notes
    assert note.words == "coat, hat"
    assert str(note) == (
        "only the first 75 tokens are read, and the query has 77: leave something out before "
        "'coat, hat', which is not read"
    )
    assert check_query(text[: -len(" coat, hat")], count_tokens=count_words).notes == ()


def test_what_is_cut_off_is_what_the_tokenizer_leaves_out():
    text = "A woman wears a red coat, " + ", ".join(["burgundyish trousers"] * 15)
    (note,) = check_query(text, count_tokens=count_tokens).notes
    read = text.removesuffix(note.words)
    assert read.endswith(" ")
    kept = tokenize([text])[0]
    assert (tokenize([read])[0][:60] == kept[:60]).all()
    assert count_tokens(read) <= CONTEXT_TOKENS < count_tokens(f"{read}{note.words.split()[0]}")


@pytest.mark.parametrize(
    ("text", "searched"),
    [
        ("an asian man in black", "a man in black"),
        ("a black man in a red coat", "a man in a red coat"),
        ("dark-skinned woman, red hat", "woman, red hat"),
        ("A tall, muslim woman in a headscarf", "A tall, woman in a headscarf"),
        ("an Irish cap and a black coat", "an Irish cap and a black coat"),
    ],
)
def test_nobody_is_searched_by_origin(text, searched):
    assert check_query(text).text == searched


@pytest.mark.parametrize("text", ["asian", "a muslim", "Chinese, dark-skinned"])
def test_a_query_of_origin_alone_is_refused(text):
    with pytest.raises(QueryRefused, match="origin"):
        check_query(text)


@given(st.text(max_size=300))
def test_any_text_is_refused_in_one_line_or_comes_out_clean(text):
    try:
        checked = check_query(text)
    except QueryRefused as refused:
        assert len(str(refused).splitlines()) == 1
    else:
        assert checked.text == clean(checked.text)
        assert checked.text.isprintable()
        assert 1 <= len(checked.text) <= MAX_CHARACTERS


def test_the_text_is_never_logged(caplog):
    with caplog.at_level(logging.DEBUG):
        check_query("una mujer con un abrigo 李")
    assert not caplog.records
