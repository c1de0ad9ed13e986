"""How much of what sentences about the street's people truly claim is read as a phrase.

    python tests/benchmarks/phrases.py --looks 2000

A sentence is drawn of each look, 7 % of them misspelt. Of each claim that is said by a word for its
kind, the phrase that holds this word has to agree: in kind, head, colours and negation.
"""

import argparse
import time
from collections import Counter
from dataclasses import replace

import numpy as np

from pipeline.street.casting import cast
from pipeline.street.words.captions import caption
from pipeline.street.words.claims import Claim
from pipeline.street.words.grammar import Caption
from pipeline.street.words.views import View
from retrieval.search.lexicon.entries import LEXICON, split
from retrieval.search.phrases import Phrase, PhraseKind, phrases_of

KINDS = {
    "upper": PhraseKind.UPPER, "lower": PhraseKind.LOWER, "shoes": PhraseKind.FOOTWEAR,
    "hat": PhraseKind.HEADWEAR, "carried": PhraseKind.CARRIED, "glasses": PhraseKind.ACCESSORY,
    "hair": PhraseKind.HAIR, "beard": PhraseKind.HAIR, "gender": PhraseKind.GENDER,
    "age": PhraseKind.AGE, "build": PhraseKind.BUILD, "activity": PhraseKind.ACTION,
}  # fmt: skip
#: Written "black or dark blue" too.
EITHER = ({"black", "navy"}, {"black", "dark blue"})


def agrees(claim: Claim, phrase: Phrase) -> bool:
    kind = PhraseKind.FULL if claim.kind == "dress" else KINDS[claim.part]
    if phrase.kind is not kind or phrase.negated != claim.negated:
        return False
    if claim.part not in ("hair", "beard", "activity") and not is_head(
        claim.kind or claim.part, phrase
    ):
        return False
    if claim.colour == "black or navy":
        return set(phrase.colours) in EITHER
    colours = filter(None, (claim.colour, claim.second))
    said = {LEXICON[split(colour)].meaning for colour in colours}
    return {colour.replace("ginger", "red") for colour in phrase.colours} == said


def is_head(kind: str, phrase: Phrase) -> bool:
    heads = {phrase.head, *phrase.alternatives}
    if kind == "grown-up":
        return phrase.head == "adult"
    meant = {LEXICON[split(word)].meaning for word in kind.split(" or ")}
    return heads <= meant if phrase.negated else heads >= meant


def told(found: tuple[Phrase, ...], start: int, claim: Claim) -> bool:
    return any(p.span[0] <= start < p.span[1] and agrees(claim, p) for p in found)


def judge(sentence: Caption, right: Counter[str], asked: Counter[str], wrong: list[str]) -> None:
    found = phrases_of(sentence.text)
    seen: set[int] = set()
    for mark in sentence.marks:
        claim = sentence.claims[mark.claim]
        if mark.slot != "kind" or mark.claim in seen:
            continue
        seen.add(mark.claim)
        # A print of another colour may be left out where the garment is said with one colour.
        if not any(m.claim == mark.claim and m.slot == "second" for m in sentence.marks):
            claim = replace(claim, second=None)
        part = "denied" if claim.negated else claim.part
        asked[part] += 1
        if told(found, mark.start, claim):
            right[part] += 1
        else:
            wrong.append(f"{part}: {sentence.text[mark.start : mark.stop]!r} in {sentence.text!r}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--looks", type=int, default=2000)
    parser.add_argument("--wrong", type=int, default=0, help="print so many misread claims")
    args = parser.parse_args()
    rng = np.random.default_rng(7)
    sentences = [
        caption(rng, cast(rng, f"p{number}", "train"), View()) for number in range(args.looks)
    ]
    begun = time.perf_counter()
    for sentence in sentences:
        phrases_of(sentence.text)
    each = (time.perf_counter() - begun) / args.looks
    right: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    wrong: list[str] = []
    for sentence in sentences:
        judge(sentence, right, asked, wrong)
    for part in sorted(asked):
        print(f"| {part} | {asked[part]:,} | {100 * right[part] / asked[part]:.2f} |")
    print(f"| all | {asked.total():,} | {100 * right.total() / asked.total():.2f} |")
    print(f"{each * 1e6:.0f} µs a sentence")
    print("\n".join(wrong[: args.wrong]))


if __name__ == "__main__":
    main()
