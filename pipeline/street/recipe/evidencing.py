"""Fits what an encoder can tell of each kind of phrase, on people whose looks are known."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from types import MappingProxyType

import numpy as np

from pipeline.street.look import Look
from pipeline.street.recipe.shots import SeenPeople
from pipeline.street.words.claims import Claim, Part
from pipeline.street.words.fits import Relevance
from retrieval.ports import Encoder
from retrieval.search.background import Strangers
from retrieval.search.evidence import EvidenceReader
from retrieval.search.evidence_fit import Example, fit_kind
from retrieval.search.evidence_law import EvidenceLaws, KindLaw, law_name
from retrieval.search.phrases import Phrase, phrases_of
from retrieval.search.visibility import can_show

#: A thing is asked of everybody if it is true of at least this share of them, and untrue of it.
LEAST_SHARE = 0.03

_COLOURS = (
    "black", "white", "grey", "blue", "red", "green", "yellow", "orange", "pink", "purple",
    "beige", "brown",
)  # fmt: skip

_KINDS: Mapping[Part, Sequence[str]] = MappingProxyType(
    {
        "upper": (
            "t-shirt", "shirt", "jumper", "dress", "jacket", "coat", "hoodie", "cardigan", "blazer",
            "vest", "puffer jacket", "top",
        ),
        "lower": ("jeans", "trousers", "leggings", "joggers", "shorts", "skirt"),
        "shoes": ("trainers", "boots", "sandals", "heels", "shoes"),
        "hat": ("cap", "beanie", "hat", "helmet"),
        "carried": ("rucksack", "shoulder bag", "handbag", "shopping bag", "bag", "suitcase",
                    "umbrella"),
        "gender": ("woman", "man", "boy", "girl"),
        "age": ("child", "young", "elderly"),
        "build": ("slim", "heavy"),
    }
)  # fmt: skip

_HAIR = ("short", "long", "ponytail", "bald")
_HAIR_COLOURS = ("black", "brown", "blond", "red", "grey", "white")
_SPOKEN = MappingProxyType(
    {
        "young": "young person", "elderly": "elderly person", "slim": "slim person",
        "heavy": "heavyset person", "bald": "bald head",
    }
)  # fmt: skip


def fit_laws(seen: SeenPeople, encoder: Encoder, background: Strangers | None) -> EvidenceLaws:
    """The laws of each kind of phrase, without one for the order of tracks.

    Args:
        seen: people that neither `encoder` nor `background` ever saw.
        encoder: whose vectors the sightings have.
        background: unrelated people.
    """
    asked: dict[str, list[Example]] = defaultdict(list)
    for phrase, example in examples(seen, encoder, background):
        asked[law_name(phrase)].append(example)
    fitted = {name: fit_kind(some) for name, some in asked.items()}
    laws: dict[str, KindLaw] = {name: law for name, law in fitted.items() if law is not None}
    return EvidenceLaws(MappingProxyType(laws))


def examples(
    seen: SeenPeople, encoder: Encoder, background: Strangers | None
) -> Iterator[tuple[Phrase, Example]]:
    """Every phrase that is true of some and untrue of others, asked of all tracks."""
    reader = EvidenceReader(encoder, EvidenceLaws(MappingProxyType({})), background)
    for phrase, claim in spoken(seen.looks):
        _, question = reader.read([phrase], phrase.text, lawless=True)
        able = [
            (sighting, track)
            for track, some in enumerate(seen.tracks)
            for sighting in some
            if can_show(sighting, phrase)
        ]
        if not able:
            continue
        fits = Relevance(seen.looks).mask([claim])[seen.people]
        margins = question.margins(0, np.stack([sighting.vector for sighting, _ in able]))
        yield phrase, Example(margins, np.array([track for _, track in able]), fits)


def spoken(looks: Sequence[Look]) -> Iterator[tuple[Phrase, Claim]]:
    """Phrases that tell these people apart, each with what it claims."""
    crowd = Relevance(looks)
    for text, claim in _said():
        share = float(crowd.mask([claim]).mean())
        if not LEAST_SHARE <= share <= 1 - LEAST_SHARE:
            continue
        phrases = phrases_of(text)
        if len(phrases) == 1 and not phrases[0].negated:
            yield replace(phrases[0]), claim


def _said() -> Iterator[tuple[str, Claim]]:
    for part, kinds in _KINDS.items():
        yield from ((_SPOKEN.get(kind, kind), Claim(part, kind)) for kind in kinds)
        if part in ("gender", "age", "build"):
            continue
        for colour, kind in product(_COLOURS, kinds):
            yield f"{colour} {kind}", Claim(part, kind, colour)
    for length in _HAIR:
        yield _SPOKEN.get(length, _hair(length)), Claim("hair", length)
        if length != "bald":
            for colour in _HAIR_COLOURS:
                yield _hair(length, colour), Claim("hair", length, colour)


def _hair(length: str, colour: str = "") -> str:
    words = [colour, length] if length == "ponytail" else [length, colour, "hair"]
    return " ".join(word for word in words if word)
