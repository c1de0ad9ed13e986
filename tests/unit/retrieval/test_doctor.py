"""The query doctor: what it warns of, of what it says nothing, and what it proposes."""

import numpy as np
import pytest

from pipeline.street.casting import cast
from pipeline.street.words.captions import caption
from pipeline.street.words.views import View
from retrieval.search.doctor import Diagnosis, diagnose
from retrieval.search.notes import NoteCode
from retrieval.tokenizer import count_tokens

#: Each with its notes: code and words.
DOUBTFUL = {
    "John Smith in a red jacket": ["name John Smith"],
    "my neighbour Anna in a blue coat": ["relation my neighbour", "name Anna"],
    "john smith, blue coat": ["name john smith"],
    "a woman called Zofka in a green dress": ["name Zofka"],
    "Mr Brown in a brown coat": ["name Mr Brown"],
    "man in a hat who stands with Dariusz": ["name Dariusz"],
    "his brother in a grey hoodie": ["relation his brother"],
    "a suspicious man in a black hoodie": ["intent suspicious"],
    "man about to steal a bag": ["intent about to steal"],
    "the thief wears white trainers": ["intent thief"],
    "a drunk man in jeans": ["intent drunk"],
    "handsome man in a blue suit": ["intent handsome"],
    "a woman stealing a bottle, red coat": ["intent stealing"],
    "asian man in a black coat": ["origin asian"],
    "A Muslim woman with a headscarf and a long dress": ["origin Muslim"],
    "black man in a red jacket": ["origin black"],
    "white elderly woman with a brown handbag": ["origin white"],
    "a dark-skinned girl in a yellow dress": ["origin dark-skinned"],
    "a polite Turkish man in jeans": ["intent polite", "origin Turkish"],
    "angry woman with a yellow umbrella": ["emotion angry"],
    "a man in a grey coat, crying": ["emotion crying"],
    "woman with blue eyes in a red dress": ["face blue eyes"],
    "man with freckles and a green cap": ["face freckles"],
    "yesterday at 5 by the north door a man in a blue coat": [
        "time yesterday", "time at 5", "place by the north door",
    ],
    "red coat at 17:30": ["time at 17:30"],
    "woman in a white top 10 minutes ago": ["time 10 minutes ago"],
    "man in a blue anorak on Monday": ["time on Monday"],
    "a boy in shorts in the car park": ["place in the car park"],
    "red jumper near camera 3": ["place near camera 3"],
    "two men in red jackets": ["quantity two men"],
    "a group of girls in dresses": ["quantity group of", "quantity girls"],
    "a man in a red jacket and a blue jacket": ["contradiction red jacket, blue jacket"],
    "man and woman in jeans": ["contradiction man, woman"],
    "a shirt with short sleeves and long sleeves": [
        "contradiction short sleeves, long sleeves",
    ],
    "a man with a hat and no hat": ["contradiction hat, no hat"],
    "a young elderly woman in black": ["contradiction young, elderly"],
    "without a hat": ["only-negation"],
    "no bag, no glasses": ["only-negation"],
    "coat": ["single-word coat"],
    "a man with a red kite": ["unknown kite"],
    "a red jaket and jeans": ["typo jaket"],
    "eine Frau mit einem roten Mantel": ["language"],
    "woman in a red coat with 李宁 on her back": ["script"],
    "빨간 코트를 입은 여자": ["refused"],
    "женщина в красном пальто": ["refused"],
    "asian": ["refused"],
    "": ["refused"],
    "12345": ["refused"],
}  # fmt: skip

#: What people say, with nothing to say against it.
PLAIN = (
    "a woman in a red coat with a black rucksack",
    "A woman wears a headscarf and a long black dress.",
    "a man with a turban and a grey beard in a white shirt",
    "The tall man wears a navy jacket, grey trousers and white trainers.",
    "He has short brown hair and carries a laptop bag.",
    "a red and blue striped shirt",
    "a short-sleeved shirt over a long-sleeved top",
    "a white shirt under a black jumper and jeans",
    "Black coat, white trousers.",
    "woman in black, brown boots",
    "man in a dark coat, navy coat",
    "a man dressed all in black carrying a suitcase",
    "a black man's jacket",
    "Irish cap and tweed jacket",
    "a woman in an Indian sari",
    "a man in a jacket, not red",
    "man without a hat in a green hoodie",
    "a jacket or coat, blue or grey",
    "a woman or girl in a pink dress",
    "a boy in a school bag and shorts",
    "a girl with a pretty long ponytail",
    "a strange hat and a green coat",
    "pair of blue jeans and a white shirt",
    "Looking for a man in a blue suit.",
    "I saw a lady with a pram and a beige coat",
    "woman with a couple of shopping bags",
    "a ladies handbag and red shoes",
    "a woman in her twenties in a yellow raincoat",
    "man, 40 years old, in a suit",
    "the man walks and looks at his phone",
    "A man on a bike. He wears a helmet and shorts.",
    "Somebody carries a red bag and a blue bag.",
    "Red Jacket With Blue Jeans And A Hat",
    "A MAN IN A RED JACKET",
    "a teenager with headphones and a skateboard",
    "rose pink top, olive trousers and amber scarf",
    "a man in a light blue shirt and a dark blue suit jacket",
    "woman holding a coffee in front of her",
    "a man with sunglasses on his head",
    "violet scarf and a grey beanie",
    "A woman with red hair. Her shoes are white.",
    "bald man with a beard in a leather jacket",
    "a black and white checked shirt",
    "high heels and a fur coat",
    "a person in light clothes with a wheeled suitcase",
    "a bright yellow high-vis vest over an orange jacket",
    "man in jeans with a dog",
    "tall slim young woman in leggings",
    "a woman wearing a mask and gloves",
)


def seen(text: str) -> Diagnosis:
    return diagnose(text, count_tokens=count_tokens)


def codes(told: Diagnosis) -> list[str]:
    return [f"{note.code} {note.words}".strip() for note in told.notes]


@pytest.mark.parametrize("text", DOUBTFUL)
def test_what_is_doubtful_is_named(text: str) -> None:
    told = seen(text)
    assert codes(told) == DOUBTFUL[text]
    assert told.is_searchable is (DOUBTFUL[text] != ["refused"])
    for note in told.notes:
        assert "\n" not in note.text
        if note.code not in (NoteCode.SINGLE_WORD, NoteCode.TOKENS, NoteCode.CONTRADICTION):
            assert note.words.split(" ")[0].lower() in note.text.lower()
        if note.span is not None and note.code is not NoteCode.CONTRADICTION:
            assert told.text[slice(*note.span)] == note.words


@pytest.mark.parametrize("text", PLAIN)
def test_a_plain_description_is_left_alone(text: str) -> None:
    assert codes(seen(text)) == []


def test_half_of_the_sentences_are_plain() -> None:
    assert len(PLAIN) >= len(DOUBTFUL) >= 30


def test_street_captions_get_no_warning() -> None:
    """But of misspelt words, which seven in a hundred have."""
    rng = np.random.default_rng(3)
    warned = []
    for number in range(400):
        view = View(activity=rng.choice([None, "walking", "standing", "phoning", "turning"]))
        made = caption(rng, cast(rng, f"p{number}", "train"), view)
        wrong = [
            n for n in seen(made.text).notes if n.code not in (NoteCode.TYPO, NoteCode.UNKNOWN)
        ]
        warned += [(made.text, note) for note in wrong]
    assert warned == []


SUGGESTED = {
    "man red jacket jeans black bag": "The man wears a red jacket and jeans and carries a black "
    "bag.",
    "John Smith in a red jaket": "The person wears a red jacket.",
    "An elderly muslim lady, headscarf and a long black dress": "The elderly woman wears a "
    "headscarf and a long black dress.",
    "yesterday by the north door: woman, blond hair, pram, no hat": "The woman has blond hair and "
    "a pram and has no hat.",
    "suspicious little girl running in an orange top with white stripes": "The little girl is "
    "running and wears an orange top with white stripes.",
    "red uniform, umbrella, bald": "The person is bald, wears a red uniform and carries an "
    "umbrella.",
}


@pytest.mark.parametrize("text", SUGGESTED)
def test_a_caption_is_proposed(text: str) -> None:
    assert seen(text).suggestion == SUGGESTED[text]


@pytest.mark.parametrize(
    "text",
    [
        "a woman in a red coat and jeans",  # is one already
        "John Smith with a red kite",  # a kite may well be seen
        "man about to steal a black bag",  # he does not carry it
        "suspicious man by a bicycle in a red coat",  # nor this
        "suspicious man in a shirt over a jumper",  # what is worn above would be lost
        "two men, red coats",  # of which of them
        "suspicious man, red coat, blue coat",  # which of both
        "suspicious man",  # nothing is worn
        "a red jaket and a zorkle",  # is not understood
        "suspicious, no hat",  # says nothing that is there
    ],
)
def test_where_a_caption_would_add_or_lose_something_there_is_none(text: str) -> None:
    assert seen(text).suggestion is None


def test_what_no_shot_shows_is_no_phrase() -> None:
    told = seen("John Smith, suspicious, in a red coat with a red kite")
    assert [phrase.text for phrase in told.phrases] == ["red coat", "red kite"]
