"""Few words, as operators type them: a noun and things, or things alone."""

from collections.abc import Sequence
from types import MappingProxyType

from pipeline.street.look import Garment
from pipeline.street.words.claims import Claim, Part
from pipeline.street.words.grammar import Phrase, Word, listed, say
from pipeline.street.words.naming import Speaker
from pipeline.street.words.subjects import subject_of
from pipeline.street.words.views import Facts

#: What may be said to be missing, as a claim and the words for it.
_ABSENT = MappingProxyType(
    {
        "hat": (Claim("hat", negated=True), ("hat",)),
        "bag": (Claim("carried", "bag", negated=True), ("bag",)),
        "glasses": (Claim("glasses", "glasses", negated=True), ("glasses",)),
        "jacket": (Claim("upper", "jacket or coat", negated=True), ("jacket", "coat")),
        "beard": (Claim("beard", negated=True), ("beard",)),
    }
)


def query(speaker: Speaker, facts: Facts) -> Phrase:
    """`man in a black hoodie and jeans with a red rucksack`."""
    subject = subject_of(speaker, facts)
    asked = ("looking for", "find", "search for")
    before = say(asked[speaker.rng.integers(3)]) if speaker.happens(0.08) else ()
    who = subject.named("a" if speaker.articles else "")
    clothes = [speaker.thing("upper", one) for one in facts.uppers]
    if len(clothes) == 2 and speaker.happens(0.5):
        clothes = [(*clothes[0], Word("over"), *clothes[1])]
    if facts.lower is not None:
        clothes.append(speaker.thing("lower", facts.lower))
    if facts.shoes is not None:
        clothes.append(speaker.thing("shoes", facts.shoes))
    extras = _extras(speaker, facts)
    worn: Phrase = ()
    if clothes:
        joint = ("in", "wearing", "with") if not speaker.articles else ("in", "wearing")
        chosen = joint[speaker.rng.integers(len(joint))]
        worn = say(chosen) + listed(clothes)
    tail = (say("with") if not worn or worn[0].text != "with" else say(",")) + listed(extras)
    out = before + who + worn + (tail if extras else ())
    return out + _doing(facts) + (lacking(speaker, facts.absent, bare=True) if facts.absent else ())


def listing(speaker: Speaker, facts: Facts) -> Phrase:
    """`male, black hoodie, blue jeans, white trainers, no hat`."""
    items: list[Phrase] = []
    if facts.plain & {"gender", "age", "build"}:
        items.append(subject_of(speaker, facts).named(""))
    items += [speaker.named("upper", one) for one in facts.uppers]
    if facts.lower is not None:
        items.append(speaker.named("lower", facts.lower))
    if facts.shoes is not None:
        items.append(speaker.named("shoes", facts.shoes))
    items += _extras(speaker, facts)
    if facts.activity is not None:
        items.append(_doing(facts))
    if facts.absent:
        items.append(lacking(speaker, facts.absent, bare=True))
    if len(items) > 2 and speaker.happens(0.25):
        first = items[:1]
        rest = items[1:]
        items = first + [rest[number] for number in speaker.rng.permutation(len(rest))]
    joined: Phrase = ()
    comma = not speaker.happens(0.2)
    for number, item in enumerate(items):
        joined += (Word(","), *item) if number and comma else item
    return joined


def lacking(speaker: Speaker, absent: Sequence[str], *, bare: bool = False) -> Phrase:
    """`no hat and no bag`; `bare` may be `without a hat`."""
    without = bare and speaker.happens(0.4)
    parts = []
    for name in absent:
        claim, words = _ABSENT[name]
        word = Word(words[speaker.rng.integers(len(words))], claim, "kind")
        needs = without and name != "glasses"
        parts.append((*say("a" if needs else "" if without else "no"), word))
    if without:
        return say("without") + listed(parts, "or")
    return listed(parts)


def carried_with(speaker: Speaker, carried: Sequence[Garment]) -> Phrase:
    """`carrying a red bag`, `with a black rucksack`, at the end of a clause."""
    if not carried:
        return ()
    things = listed([speaker.thing("carried", one) for one in carried])
    verb = {"suitcase": "pulling", "umbrella": "holding"}.get(carried[0].kind, "carrying")
    return say("with" if speaker.happens(0.45) else verb) + things


def _extras(speaker: Speaker, facts: Facts) -> list[Phrase]:
    extras: list[Phrase] = []
    if "hair" in facts.plain:
        extras.append(speaker.hair(facts.look))
    if facts.hat is not None:
        if facts.hat.kind == "hood":
            extras.append((Word("hood", Claim("hat", "hood"), "kind"), Word("up")))
        else:
            extras.append(_thing(speaker, "hat", facts.hat))
    if "glasses" in facts.plain:
        extras.append(speaker.glasses(facts.look))
    if "beard" in facts.plain:
        beard = Word("beard", Claim("beard"), "kind")
        extras.append((Word("a"), beard) if speaker.articles else (beard,))
    return extras + [_thing(speaker, "carried", one) for one in facts.carried]


def _thing(speaker: Speaker, part: Part, garment: Garment) -> Phrase:
    return speaker.thing(part, garment)


def _doing(facts: Facts) -> Phrase:
    if facts.activity is None:
        return ()
    words = {"phoning": "on the phone", "turning": "turning round"}.get(
        facts.activity, facts.activity
    )
    return (Word(words, Claim("activity", facts.activity), "kind"),)
