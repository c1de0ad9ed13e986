"""Naming what is seen: the noun phrases of captions, each word tied to its claim."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from pipeline.street.look import Garment, Look
from pipeline.street.wardrobe import Weights, pick
from pipeline.street.words.claims import COLOURS_MEANT, Claim, Part
from pipeline.street.words.fits import colour_fits
from pipeline.street.words.grammar import Phrase, Word, say
from pipeline.street.words.synonyms import (
    PLURAL_WORDS,
    SAID_OF_COLOUR,
    SAID_OF_HAIR,
    SAID_OF_KIND,
    colour_spellings,
    in_dialect,
    spellings,
)
from pipeline.street.words.views import View

#: How far from the border between dark and other shades a witness uses the word, in CIE L*.
_MARGIN = 4.0
_DOUBTS = ("what looks like", "what looks like", "what appears to be", "what might be")
_HEDGES = ("maybe", "possibly", "probably", "what looks like")
_PATTERN_WORDS = MappingProxyType(
    {
        "striped": {"striped": 6.0, "stripy": 0.7},
        "checked": {"checked": 3.0, "checkered": 2.0, "plaid": 2.5, "tartan": 0.4},
        "dotted": {"polka-dot": 2.0, "spotted": 1.5, "dotted": 1.5},
        "camouflage": {"camouflage": 3.0, "camo": 2.0},
        "block": {"two-tone": 1.0, "two-coloured": 1.0},
        "print": {"printed": 1.0, "patterned": 0.4},
    }
)


@dataclass(frozen=True, slots=True)
class Speaker:
    """Somebody who names what they see in one view.

    Attributes:
        rng: chooses their words.
        view: what they see.
        dialect: `british` or `american`.
        articles: whether they write `a`.
        terse: whether they write without verbs.
        exact: whether they always name kind and colour as plainly as they can.
    """

    rng: np.random.Generator
    view: View
    dialect: Literal["british", "american"] = "british"
    articles: bool = True
    terse: bool = False
    exact: bool = False

    def happens(self, chance: float) -> bool:
        """True as often as `chance` says."""
        return bool(self.rng.random() < chance)

    def thing(self, part: Part, garment: Garment) -> Phrase:
        """A garment with its article: `a red coat`, `blue jeans`, `what looks like a hoodie`."""
        named, plural = self._named(part, garment)
        before: Phrase = ()
        if not self.exact and self.happens(0.05):
            doubt = _HEDGES if self.terse else _DOUBTS
            before = say(doubt[self.rng.integers(len(doubt))])
        elif not self.exact and self.happens(0.015):
            return say("some kind of") + named
        if plural:
            paired = self.articles and self.happens(0.1)
            return before + (say("a pair of") if paired else ()) + named
        return before + (say("a") if self.articles else ()) + named

    def named(self, part: Part, garment: Garment) -> Phrase:
        """A garment without its article."""
        return self._named(part, garment)[0]

    def kind(self, part: Part, claim: Claim) -> Word:
        """A claim's kind, spelled."""
        word = claim.kind or part
        return Word(self.spell(spellings(word)), claim, "kind")

    def spell(self, words: Weights) -> str:
        """One of several spellings, of those that the dialect has."""
        return pick(self.rng, in_dialect(words, self.dialect))

    def colour_word(self, garment: Garment) -> str | None:
        """A word of `COLOURS_MEANT` for what is seen of a garment's colour; None for none."""
        fitting = {
            word: weight
            for word, weight in SAID_OF_COLOUR[garment.colour].items()
            if colour_fits(word, garment, _MARGIN) and self._may_say(word)
        }
        return pick(self.rng, fitting) if fitting else None

    def _may_say(self, word: str) -> bool:
        if self.view.light == "colour":
            return not self.exact or word not in ("dark", "light", "black or navy")
        return self.view.light == "grey" and word in ("dark", "light")

    def _named(self, part: Part, garment: Garment) -> tuple[Phrase, bool]:
        kinds = SAID_OF_KIND[garment.kind]
        kind = max(kinds, key=kinds.__getitem__) if self.exact else pick(self.rng, kinds)
        colour = None
        if garment.kind != "hood" and (self.exact or self.happens(0.92)):
            colour = self.colour_word(garment)
        pattern = self._pattern(garment)
        second = None
        if pattern and colour in COLOURS_MEANT and colour not in ("dark", "light"):
            second = garment.second if self.happens(0.6) else None
        if pattern == "block" and second is None and self.happens(0.7):
            pattern = None
        claim = Claim(part, kind, colour, pattern, second)
        noun = self.kind(part, claim)
        return self._arranged(claim, noun), kind in PLURAL_WORDS

    def _pattern(self, garment: Garment) -> str | None:
        if garment.pattern == "plain" or not self.view.shows_patterns:
            return None
        if garment.pattern == "print" and self.view.side != "front":
            return None
        return garment.pattern if self.happens(0.75) else None

    def _arranged(self, claim: Claim, noun: Word) -> Phrase:
        """`blue and white striped shirt`, `black hoodie with a white print`."""
        colours = self._colour(claim.colour, claim, "colour")
        second = self._colour(claim.second, claim, "second")
        if claim.pattern is None:
            return (*colours, noun)
        pattern = Word(self.spell(_PATTERN_WORDS[claim.pattern]), claim, "pattern")
        if claim.pattern == "print":
            what = "print" if self.happens(0.6) else "logo" if self.happens(0.6) else "design"
            on_it = say("on the front") if self.happens(0.4) else ()
            if self.happens(0.8):
                tail = (Word("a"), *second, Word(what, claim, "pattern"), *on_it)
                return (*colours, noun, Word("with"), *tail)
            return (*colours, pattern, noun) if not second else (*colours, noun)
        if not second:
            return (*colours, pattern, noun)
        if claim.pattern == "block":
            return (*colours, Word("and"), *second, noun)
        if claim.pattern == "dotted" and self.happens(0.5):
            return (*colours, noun, Word("with"), *second, Word("dots", claim, "pattern"))
        if claim.pattern == "striped" and self.happens(0.35):
            return (*colours, noun, Word("with"), *second, Word("stripes", claim, "pattern"))
        return (*colours, Word("and"), *second, pattern, noun)

    def _colour(self, word: str | None, claim: Claim, slot: Literal["colour", "second"]) -> Phrase:
        if word is None:
            return ()
        return (Word(self.spell(colour_spellings(word)), claim, slot),)

    def hair_colour(self, look: Look, chance: float = 0.85) -> str | None:
        """A word of `HAIR_MEANT`, or None."""
        if self.view.light == "infrared" or look.hair.length == "bald" or not self.happens(chance):
            return None
        words = SAID_OF_HAIR[look.hair.colour]
        if self.view.light == "grey":
            words = {word: 1.0 for word in words if word in ("dark", "light")}
        return pick(self.rng, words) if words else None

    def hair(self, look: Look) -> Phrase:
        """`long brown hair`, `a grey ponytail`, `short hair`, `a bald head`."""
        hair = look.hair
        if hair.length == "bald":
            bald = Claim("hair", "bald")
            return (Word("a"), Word("bald", bald, "kind"), Word("head"))
        if hair.style in ("ponytail", "bun"):
            return self._tied(look)
        kind = hair.length
        if hair.style == "curly" and self.happens(0.6):
            kind = "curly"
        said = {"medium": "shoulder-length" if self.happens(0.5) else "medium-length"}
        claim = Claim("hair", kind, self.hair_colour(look))
        words = (Word(said.get(kind, kind), claim, "kind"), *self._hair_colour(claim))
        return (*words, Word("hair"))

    def _tied(self, look: Look) -> Phrase:
        """Hair tied up; from in front one sees only that it is."""
        kind = look.hair.style if self.view.side != "front" else "tied"
        claim = Claim("hair", kind, self.hair_colour(look))
        colour = self._hair_colour(claim)
        if kind == "tied":
            back = "tied back" if self.happens(0.7) else "tied up"
            return (*colour, Word("hair"), Word(back, claim, "kind"))
        if self.happens(0.4):
            return (Word("a"), *colour, Word(kind, claim, "kind"))
        return (*colour, Word("hair"), *say("in a"), Word(kind, claim, "kind"))

    def _hair_colour(self, claim: Claim) -> Phrase:
        if claim.colour is None:
            return ()
        return (Word(self.spell(colour_spellings(claim.colour, of_hair=True)), claim, "colour"),)

    def glasses(self, look: Look) -> Phrase:
        """`glasses`, `a pair of sunglasses`."""
        kind = look.glasses or "glasses"
        claim = Claim("glasses", kind)
        pair = say("a pair of") if self.articles and self.happens(0.1) else ()
        return (*pair, self.kind("glasses", claim))
