import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.street.casting import cast
from pipeline.street.look import Garment, Look
from pipeline.street.words.captions import caption
from pipeline.street.words.claims import Claim
from pipeline.street.words.fits import fits
from pipeline.street.words.grammar import Caption, Word, article, listed, say, written
from pipeline.street.words.misspelling import misspelt
from pipeline.street.words.synonyms import COLOUR_SPELLINGS, SAID_OF_COLOUR, in_dialect
from pipeline.street.words.views import View, visible
from retrieval.tokenizer import CONTEXT_LENGTH, count_tokens

untimed = settings(deadline=None)
seeds = st.integers(0, 2**32 - 1)
views = st.builds(
    View,
    side=st.sampled_from(["front", "back", "left", "right"]),
    above=st.sampled_from([0.0, 0.1]),
    below=st.sampled_from([0.0, 0.1, 0.5]),
    height_px=st.sampled_from([45.0, 80.0, 100.0, 300.0]),
    light=st.sampled_from(["colour", "grey", "infrared"]),
    activity=st.sampled_from([None, "walking", "standing", "phoning", "turning"]),
)
styles = st.sampled_from([None, "witness", "operator", "list"])
lengths = st.sampled_from([None, "short", "medium", "long"])
WHOLE = View()
COLOUR_WORDS = {word for said in SAID_OF_COLOUR.values() for word in said} | {
    spelling for word in COLOUR_SPELLINGS for spelling in COLOUR_SPELLINGS[word]
}


def told(seed: int, view: View = WHOLE, **how) -> tuple[Look, Caption]:
    rng = np.random.default_rng(seed)
    look = cast(rng, "p1", "train")
    return look, caption(rng, look, view, **how)


@untimed
@given(seeds, views, styles, lengths)
def test_a_caption_is_true_of_whom_it_describes(seed, view, style, length):
    look, made = told(seed, view, style=style, length=length)
    assert fits(made.claims, look, view.activity)


@pytest.mark.parametrize("style", ["witness", "operator"])
def test_some_captions_say_that_somebody_turns_about(style):
    view = View(activity="turning")
    made = [told(seed, view, style=style, length="long")[1] for seed in range(120)]
    said = [one for one in made if Claim("activity", "turning") in one.claims]

    assert 5 < len(said) < 60
    assert sum("turning" in one.text.lower() for one in said) > 0.8 * len(said)  # others misspelt


@untimed
@given(seeds, views, styles, lengths)
def test_a_caption_is_words_that_the_encoder_reads_whole(seed, view, style, length):
    _, made = told(seed, view, style=style, length=length)
    assert made.text.strip() == made.text != ""
    assert count_tokens(made.text) <= CONTEXT_LENGTH
    assert not re.search(r" [,.]|  |\ba [aeio]|,,|\.\.", made.text)


@untimed
@given(seeds, views)
def test_marks_lie_on_the_words_that_make_the_claims(seed, view):
    _, made = told(seed, view)
    assert {mark.claim for mark in made.marks} == set(range(len(made.claims)))
    for mark in made.marks:
        word = made.text[mark.start : mark.stop]
        assert word
        assert word == word.strip(" ,.")


@untimed
@given(seeds, views)
def test_the_same_seed_writes_the_same_text(seed, view):
    assert told(seed, view) == told(seed, view)


@untimed
@given(seeds, styles, lengths)
def test_infrared_has_no_colour_words(seed, style, length):
    _, made = told(seed, View(light="infrared"), style=style, length=length)
    assert all(claim.colour is None and claim.second is None for claim in made.claims)
    words = set(re.findall(r"[a-z]+", made.text.lower()))
    assert words.isdisjoint(COLOUR_WORDS)


@untimed
@given(seeds, lengths)
def test_a_grey_picture_has_only_dark_and_light(seed, length):
    _, made = told(seed, View(light="grey"), length=length)
    assert {claim.colour for claim in made.claims} <= {None, "dark", "light"}


@untimed
@given(seeds, lengths)
def test_from_behind_nobody_sees_the_face_or_what_an_open_coat_shows(seed, length):
    look, made = told(seed, View(side="back"), length=length)
    assert {claim.part for claim in made.claims}.isdisjoint({"glasses", "beard"})
    assert "print" not in {claim.pattern for claim in made.claims}
    if look.outer is not None and look.top.kind != "dress":
        assert visible(look, View(side="back")).uppers == (look.outer,)


@untimed
@given(seeds, lengths)
def test_what_the_crop_cut_off_is_not_told(seed, length):
    _, made = told(seed, View(above=0.2, below=0.5), length=length)
    parts = {claim.part for claim in made.claims}
    assert parts.isdisjoint({"hat", "hair", "glasses", "beard", "lower", "shoes"})


@untimed
@given(seeds)
def test_a_small_figure_has_no_small_things(seed):
    _, made = told(seed, View(height_px=50), length="long")
    parts = {claim.part for claim in made.claims}
    assert parts.isdisjoint({"hair", "glasses", "beard", "shoes"})
    assert {claim.pattern for claim in made.claims} == {None}


def test_only_what_is_missing_is_denied():
    denied = [
        (claim, look)
        for seed in range(400)
        for look, made in [told(seed)]
        for claim in made.claims
        if claim.negated
    ]
    assert len(denied) > 10
    assert {claim.part for claim, _ in denied} >= {"hat", "carried"}
    assert all(look.hat is None for claim, look in denied if claim.part == "hat")


def test_witnesses_hardly_ever_repeat_each_other():
    look = cast(np.random.default_rng(7), "p1", "train")
    texts = {caption(np.random.default_rng(seed), look, View()).text for seed in range(300)}
    assert len(texts) > 270


def test_lengths_are_told_apart():
    words = {
        length: np.mean([len(told(seed, length=length)[1].text.split()) for seed in range(100)])
        for length in ("short", "medium", "long")
    }
    assert words["short"] + 3 < words["medium"] < words["long"] - 3


def test_a_witness_writes_sentences_and_a_list_has_none():
    _, sentence = told(1, style="witness")
    assert sentence.text[0].isupper()
    assert sentence.text.endswith(".")
    assert not told(1, style="list")[1].text.endswith(".")


def test_words_become_text():
    coat = Claim("upper", "coat", "olive")
    phrase = (*say("the man wears a"), Word("olive", coat, "colour"), Word("coat", coat, "kind"))
    made = written((*phrase, Word(",")))
    assert made.text == "The man wears an olive coat,"
    assert made.claims == (coat,)
    assert [made.text[mark.start : mark.stop] for mark in made.marks] == ["olive", "coat"]


def test_lists_have_commas_and_one_and():
    things = [say("jeans"), say("boots"), say("a cap")]
    assert written(listed(things), sentences=False).text == "jeans, boots and a cap"
    assert written(listed(things[:1]), sentences=False).text == "jeans"
    assert listed([]) == ()


@pytest.mark.parametrize(
    ("word", "before"), [("Olive", "an"), ("red", "a"), ("one-piece", "a"), ("uniform", "a")]
)
def test_articles_go_by_sound(word, before):
    assert article(word) == before


@untimed
@given(seeds)
def test_a_slip_changes_a_word_and_moves_the_marks_along(seed):
    coat = Claim("upper", "coat", "burgundy")
    words = (Word("burgundy", coat, "colour"), Word("coat", coat, "kind"))
    right = written((*say("wearing a"), *words), sentences=False)
    wrong = misspelt(np.random.default_rng(seed), right)
    assert wrong.claims == right.claims
    assert [wrong.text[mark.start - 1] for mark in wrong.marks] == [" ", " "]
    assert wrong.text[: wrong.marks[0].start].endswith(" a ")
    assert wrong.text[wrong.marks[1].stop :] == ""


def test_too_few_letters_cannot_be_misspelt():
    short = written(say("a man in red"), sentences=False)
    assert misspelt(np.random.default_rng(0), short) == short


def test_a_writer_mostly_keeps_to_one_side_of_the_ocean():
    both = {"rucksack": 1.0, "backpack": 1.0, "bag": 1.0}
    assert in_dialect(both, "british")["backpack"] < 0.1
    assert in_dialect(both, "american")["rucksack"] < 0.1
    assert in_dialect(both, "american")["bag"] == 1


def test_a_dress_below_a_closed_coat_is_seen_if_legs_are():
    look = cast(np.random.default_rng(0), "p1", "train")
    coat, dress = Garment("coat", "black"), Garment("dress", "red")
    look = replace(look, top=dress, bottom=None, outer=coat, outer_open=False)
    assert visible(look, View()).uppers == (coat, dress)
    assert visible(look, View(below=0.5)).uppers == (coat,)


def test_a_short_skirt_under_a_longer_coat_is_seen_in_front_of_an_open_one_only():
    look = cast(np.random.default_rng(0), "p1", "train")
    skirt, coat = Garment("skirt", "red", shape=0.0), Garment("coat", "black", shape=1.0)
    closed = replace(look, bottom=skirt, outer=coat, outer_open=False)
    opened = replace(closed, outer_open=True)

    assert visible(closed, View()).lower is None
    assert visible(opened, View()).lower == skirt
    assert visible(opened, View(side="back")).lower is None
    assert visible(replace(opened, outer=None), View(side="back")).lower == skirt


@pytest.mark.parametrize(("seed", "told"), [(5, "plain"), (6, "print")])
def test_a_print_on_the_back_is_not_told_from_in_front(seed, told):
    look = cast(np.random.default_rng(0), "p1", "train")
    shirt = Garment("t-shirt", "white", "print", "red")
    look = replace(look, body=replace(look.body, seed=seed), top=shirt, outer=None)

    (seen,) = visible(look, View()).uppers

    assert (seen.pattern, seen.second) == (told, None if told == "plain" else "red")
