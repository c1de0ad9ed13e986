"""A caption of phrases, written as those that encoders learn from."""

from collections.abc import Iterator, Sequence
from typing import Final

from retrieval.search.lexicon.kinds import PhraseKind
from retrieval.search.phrase_types import Phrase

_WORN: Final = (
    PhraseKind.UPPER, PhraseKind.LOWER, PhraseKind.FULL, PhraseKind.FOOTWEAR, PhraseKind.HEADWEAR,
    PhraseKind.ACCESSORY,
)  # fmt: skip
#: What nobody carries.
_BESIDE: Final = frozenset(
    {"pram", "bicycle", "scooter", "wheelchair", "trolley", "dog", "skateboard"}
)
_SHOWN: Final = frozenset({*_WORN, PhraseKind.CARRIED, PhraseKind.HAIR})


def is_shown(phrase: Phrase) -> bool:
    """Whether a shot shows it as a thing: something worn or carried, or hair."""
    return phrase.kind in _SHOWN


def caption_of(phrases: Sequence[Phrase]) -> str | None:
    """One sentence that says all phrases; None where one of them has no place in it.

    >>> from retrieval.search.phrases import phrases_of
    >>> caption_of(phrases_of("young man red jacket jeans, black bag, no hat"))
    'The young man wears a red jacket and jeans, carries a black bag and has no hat.'
    """
    who = _subject(phrases)
    if who is None or any(phrase.kind is PhraseKind.OTHER for phrase in phrases):
        return None
    said = [phrase for phrase in phrases if not phrase.negated]
    worn = [_with_article(phrase) for phrase in said if phrase.kind in _WORN]
    hair = [phrase for phrase in said if phrase.kind is PhraseKind.HAIR]
    carried = [phrase for phrase in said if phrase.kind is PhraseKind.CARRIED]
    has = [_with_article(phrase) for phrase in hair if phrase.head != "bald"]
    has += [_with_article(phrase) for phrase in carried if phrase.head in _BESIDE]
    carries = [_with_article(phrase) for phrase in carried if phrase.head not in _BESIDE]
    does = [phrase.head for phrase in said if phrase.kind is PhraseKind.ACTION]
    lacks = [f"no {phrase.text}" for phrase in phrases if phrase.negated]
    parts = [
        f"is {_listed([*(['bald'] if any(p.head == 'bald' for p in hair) else []), *does])}"
        if does or any(phrase.head == "bald" for phrase in hair)
        else "",
        f"wears {_listed(worn)}" if worn else "",
        f"has {_listed(has)}" if has else "",
        f"carries {_listed(carries)}" if carries else "",
        f"has {_listed(lacks)}" if lacks else "",
    ]
    return f"{who} {_listed([part for part in parts if part])}."


def says_the_same(first: Sequence[Phrase], second: Sequence[Phrase]) -> bool:
    """Whether two readings have the same phrases, in whatever order."""
    return sorted(map(_meaning, first)) == sorted(map(_meaning, second))


def _meaning(phrase: Phrase) -> str:
    """Everything that a phrase says, as one word to compare."""
    bare = phrase.kind in (PhraseKind.AGE, PhraseKind.BUILD, PhraseKind.ACTION, PhraseKind.GENDER)
    details = () if bare else tuple(sorted(phrase.details))
    said = (
        phrase.kind.value, phrase.head, sorted(phrase.colours), phrase.negated, phrase.pattern,
        details, phrase.either, sorted(phrase.alternatives),
    )  # fmt: skip
    return repr(said)


def _subject(phrases: Sequence[Phrase]) -> str | None:
    """`The young slim woman`; None where it would need a second noun."""
    about = [phrase for phrase in phrases if not phrase.negated]
    nouns = [phrase for phrase in about if phrase.kind is PhraseKind.GENDER]
    traits = list(_traits(about))
    if len(nouns) > 1 or any(trait is None for trait in traits):
        return None
    if any(phrase.negated and phrase.kind not in _SHOWN for phrase in phrases):
        return None
    ages = [phrase for phrase in about if phrase.head in _AGES_AS_NOUNS]
    if len(ages) + len(nouns) > 1:
        return None
    noun = _noun((nouns or ages)[0]) if nouns or ages else "person"
    return " ".join(["The", *(trait for trait in traits if trait), noun])


def _noun(phrase: Phrase) -> str:
    """As it was said, "little girl", if that has the noun in it."""
    return phrase.text if phrase.text.split()[-1] == phrase.head else phrase.head


_AGES_AS_NOUNS: Final = frozenset({"child", "baby", "teenager", "adult", "pensioner"})
_AGES_BEFORE_NOUNS: Final = frozenset({"young", "teenage", "middle-aged", "elderly"})
_BUILDS: Final = frozenset({"slim", "heavy", "tall", "short", "athletic"})


def _traits(about: Sequence[Phrase]) -> Iterator[str | None]:
    """Words before the noun; None for what cannot stand there."""
    for phrase in about:
        if phrase.kind is PhraseKind.AGE and phrase.head not in _AGES_AS_NOUNS:
            yield phrase.head if phrase.head in _AGES_BEFORE_NOUNS else None
        elif phrase.kind is PhraseKind.BUILD:
            yield phrase.head if phrase.head in _BUILDS else None


def _with_article(phrase: Phrase) -> str:
    is_mass = phrase.kind is PhraseKind.HAIR and (
        "hair" in phrase.text.split() or phrase.text.endswith(("s", "stubble"))
    )
    is_bare = phrase.is_plural or is_mass or phrase.head in ("clothes", "luggage", "shopping")
    return phrase.text if is_bare else f"{_article(phrase.text)} {phrase.text}"


def _article(text: str) -> str:
    is_vowel = text[:1] in "aeiou" and not text.startswith(("uni", "eu", "one"))
    return "an" if is_vowel else "a"


def _listed(parts: Sequence[str]) -> str:
    """`a, b and c`.

    >>> _listed(["a red coat", "jeans"])
    'a red coat and jeans'
    """
    *before, last = parts
    return f"{', '.join(before)} and {last}" if before else last
