"""What can be asked back about a person whom a description leaves open: yes-or-no, by what is seen.

Colours of what is worn above and below, hats, kinds of trousers, and whether it was a woman: what
a law decides somewhere. Nothing else is in the table, so nobody is asked about origin, religion,
skin, faces, or anything else that the doctor refuses.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from retrieval.search.counter_phrases import COLOUR_FAMILIES, Contrast, contrast_of
from retrieval.search.evidence_law import EvidenceLaws
from retrieval.search.phrases import Phrase, PhraseKind, phrases_of

#: A word for whatever is worn above, or below, by where it is worn.
_PLACES: Final = {"upper": "top", "lower": "trousers"}
_TONES: Final = ("dark", "light")
_KINDS: Final = {"upper": PhraseKind.UPPER, "lower": PhraseKind.LOWER}

#: How common things are, of the people of the street's validation split, roughly: of which
#: an answer says the more, the rarer they are.
_SHARE_OF_A_COLOUR: Final = 1 / len(COLOUR_FAMILIES)
_SHARES: Final = {
    "dark": 0.4, "light": 0.2, "hat": 0.3, "woman": 0.5, "jeans": 0.3, "shorts": 0.1, "skirt": 0.1,
}  # fmt: skip
_OTHERS: Final = {
    "hat": "did they wear a hat, a cap or a beanie?",
    "woman": "was it a woman?",
    "jeans": "did they wear jeans?",
    "shorts": "did they wear shorts?",
    "skirt": "did they wear a skirt?",
}


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Something to ask about a person.

    Attributes:
        name: for programs, the same each time: `upper-red`.
        phrase: what a yes says; never negated.
        contrast: what it is held against.
        share: of people of whom it is true, roughly, 0 to 1.
    """

    name: str
    phrase: Phrase
    contrast: Contrast
    share: float


@cache
def every_inquiry() -> tuple[Inquiry, ...]:
    """All there are, whatever is known already."""
    colours = [
        _coloured(place, colour) for place in _PLACES for colour in (*COLOUR_FAMILIES, *_TONES)
    ]
    return (*colours, *map(_plain, _OTHERS))


def open_inquiries(phrases: Sequence[Phrase], laws: EvidenceLaws) -> list[Inquiry]:
    """Those that a description leaves open, and of which shots can tell something.

    Args:
        phrases: of the description, and of what was answered.
        laws: of the encoder; a kind of phrase that they never decide is not asked about.
    """
    return [
        inquiry
        for inquiry in every_inquiry()
        if laws.decides(inquiry.phrase)
        and not any(_is_told_by(phrase, inquiry) for phrase in phrases)
    ]


def asked_of(phrase: Phrase, name: str = "") -> Inquiry:
    """A phrase of somebody's own words, as if it had been asked; a negation is no part of it."""
    bare = replace(phrase, negated=False)
    share = _SHARE_OF_A_COLOUR if phrase.colours else 0.5
    return Inquiry(name or phrase.text, bare, contrast_of(bare), share)


def wording(inquiry: Inquiry, phrases: Sequence[Phrase]) -> str:
    """The question, in the words of the description where it names the thing.

    >>> from retrieval.search.phrases import phrases_of
    >>> (red,) = [one for one in every_inquiry() if one.name == "upper-red"]
    >>> wording(red, phrases_of("a man in a coat")), wording(red, phrases_of("a man"))
    ('was the coat red?', 'was what they wore above the waist red?')
    """
    if inquiry.name in _OTHERS:
        return _OTHERS[inquiry.name]
    place, _, colour = inquiry.name.partition("-")
    kinds = {_KINDS[place], PhraseKind.FULL} - ({PhraseKind.FULL} if place == "lower" else set())
    for phrase in phrases:
        if phrase.kind in kinds and not phrase.negated and not phrase.colours:
            return f"{'were' if phrase.is_plural else 'was'} the {phrase.text} {colour}?"
    where = "above the waist" if place == "upper" else "below the waist"
    return f"was what they wore {where} {colour}?"


def _coloured(place: str, colour: str) -> Inquiry:
    (phrase,) = phrases_of(f"{colour} {_PLACES[place]}")
    # Whatever the garment: other garments of the colour do not speak against it.
    contrast = replace(contrast_of(phrase), kinds=())
    share = _SHARES.get(colour, _SHARE_OF_A_COLOUR)
    return Inquiry(f"{place}-{colour}", phrase, contrast, share)


def _plain(word: str) -> Inquiry:
    (phrase,) = phrases_of(word)
    return Inquiry(word, phrase, contrast_of(phrase), _SHARES[word])


def _is_told_by(phrase: Phrase, inquiry: Inquiry) -> bool:
    """Whether a description that says `phrase` leaves nothing to ask."""
    kinds = {phrase.kind}
    if phrase.kind is PhraseKind.FULL:  # is worn above and below
        kinds = {PhraseKind.UPPER, PhraseKind.LOWER}
    if inquiry.phrase.kind not in kinds:
        return False
    if not inquiry.phrase.colours:
        return not phrase.negated or not phrase.colours
    if phrase.negated:
        return phrase.colours == inquiry.phrase.colours
    is_tone = set(phrase.colours) <= set(_TONES)
    return bool(phrase.colours) and (not is_tone or inquiry.phrase.colours[0] in _TONES)
