"""The whole lexicon: every way of writing a word or words, and what it means."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from retrieval.search.lexicon import appearance, garments, joints, people, things
from retrieval.search.lexicon.kinds import Entry, PhraseKind, Role

#: A way of writing: lower case, a space where a hyphen may be.
Words = tuple[str, ...]


def table(text: str) -> Iterator[tuple[str, list[str]]]:
    """Lines of `canonical: word, word` as the canonical word and all ways to write it."""
    for line in text.strip().splitlines():
        canonical, _, others = line.partition(":")
        yield canonical, [canonical, *(word.strip() for word in others.split(",") if word.strip())]


def split(writing: str) -> Words:
    """`hi-vis vest` as its words, hyphens being spaces."""
    return tuple(writing.replace("-", " ").split())


def plural(noun: str) -> str:
    """The regular plural of an English noun.

    >>> plural("scarf"), plural("box"), plural("buggy"), plural("coat")
    ('scarves', 'boxes', 'buggies', 'coats')
    """
    if noun.endswith("rf"):
        return noun[:-1] + "ves"
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun + "es"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + "s"


def _add(found: dict[Words, Entry], text: str, entry: Entry) -> None:
    """Put in all writings of a table's lines; the first that was put in stays."""
    for canonical, writings in table(text):
        for writing in writings:
            meant = Entry(entry.role, canonical, entry.kind, entry.is_plural)
            found.setdefault(split(writing), meant)


def _nouns(found: dict[Words, Entry], text: str, kind: PhraseKind, *, pairs: bool = False) -> None:
    _add(found, text, Entry(Role.NOUN, "", kind, pairs))
    for canonical, writings in table(text):
        for writing in writings if not pairs else ():
            found.setdefault(split(plural(writing)), Entry(Role.NOUN, canonical, kind, True))
        for writing in writings if pairs else ():
            if writing.endswith("s") and kind is PhraseKind.FOOTWEAR:
                found.setdefault(split(writing[:-1]), Entry(Role.NOUN, canonical, kind, True))


def _shades(found: dict[Words, Entry], base: str) -> None:
    meant = found[base,].meaning
    for words, shade in ((appearance.DARK, "dark"), (appearance.LIGHT, "light")):
        shaded = found.setdefault((shade, base), Entry(Role.COLOUR, f"{shade} {meant}"))
        for word in words:
            found.setdefault((word, base), shaded)
    for word in appearance.BRIGHT:
        found.setdefault((word, base), Entry(Role.COLOUR, meant))


def _colours(found: dict[Words, Entry]) -> None:
    _add(found, appearance.COLOURS, Entry(Role.COLOUR, ""))
    for base in appearance.SHADED:
        _shades(found, base)
    for words, entry in list(found.items()):
        plain = words[:-1] if words[-1] == "coloured" else words
        if entry.role is Role.COLOUR:
            for ending in ("coloured", "colored"):
                found.setdefault((*plain, ending), entry)


def _joints(found: dict[Words, Entry]) -> None:
    roles = (
        (joints.ARTICLES, Role.ARTICLE), (joints.AND, Role.AND), (joints.OR, Role.OR),
        (joints.BE, Role.BE), (joints.IN, Role.IN), (joints.WITH, Role.WITH),
        (joints.NOT, Role.NOT), (joints.NO, Role.NO), (joints.VERBS, Role.VERB),
        (joints.FILLERS, Role.FILLER), (", :", Role.COMMA), (". ; ! ?", Role.STOP),
    )  # fmt: skip
    for words, role in roles:
        for word in words.split():
            found.setdefault((word,), Entry(role, word))


def _people(found: dict[Words, Entry]) -> None:
    for canonical, writings in table(people.PRONOUNS):
        for word in writings[1:]:
            found.setdefault((word,), Entry(Role.PRONOUN, canonical, PhraseKind.GENDER))
    for text, kind in ((people.GENDER, PhraseKind.GENDER), (people.AGE_NOUNS, PhraseKind.AGE)):
        _add(found, text, Entry(Role.PERSON, "", kind))
        for canonical, writings in table(text):
            for writing in writings:
                more = Entry(Role.PERSON, canonical, kind, True)
                found.setdefault(split(plural(writing)), more)
    _add(found, people.EITHER, Entry(Role.EITHER, "", PhraseKind.BUILD))
    _add(found, people.AGE, Entry(Role.TRAIT, "", PhraseKind.AGE))
    _add(found, people.BUILD, Entry(Role.TRAIT, "", PhraseKind.BUILD))
    _add(found, people.ACTION, Entry(Role.TRAIT, "", PhraseKind.ACTION))
    _add(found, people.BUILD_NOUNS, Entry(Role.NOUN, "", PhraseKind.BUILD))
    _add(found, people.AGED, Entry(Role.NOUN, "", PhraseKind.AGE))
    _add(found, people.HAIR_COLOURS, Entry(Role.COLOUR, ""))
    _add(found, people.HAIR_DETAILS, Entry(Role.DETAIL, "", PhraseKind.HAIR))
    _nouns(found, people.HAIR, PhraseKind.HAIR)


def _lexicon() -> Mapping[Words, Entry]:
    found: dict[Words, Entry] = {}
    _people(found)
    for text, kind in (
        (garments.UPPER, PhraseKind.UPPER), (garments.LOWER, PhraseKind.LOWER),
        (garments.FULL, PhraseKind.FULL), (garments.HEADWEAR, PhraseKind.HEADWEAR),
        (things.CARRIED, PhraseKind.CARRIED), (things.ACCESSORY, PhraseKind.ACCESSORY),
    ):  # fmt: skip
        _nouns(found, text, kind)
    for text, kind in (
        (garments.LOWER_PLURAL, PhraseKind.LOWER), (garments.FULL_PLURAL, PhraseKind.FULL),
        (garments.FOOTWEAR_PLURAL, PhraseKind.FOOTWEAR),
        (things.ACCESSORY_PLURAL, PhraseKind.ACCESSORY),
    ):  # fmt: skip
        _nouns(found, text, kind, pairs=True)
    for canonical, writings in table(joints.ABSENCES):
        for writing in writings[1:]:
            kind = found[canonical,].kind
            found[split(writing)] = Entry(Role.LESS, canonical, kind)
    _add(found, things.PARTS, Entry(Role.PART, ""))
    for pattern in ("striped", "dotted", "checked", "floral"):  # by itself it stands before
        found.pop((pattern,))
    _colours(found)
    _add(found, appearance.PATTERNS, Entry(Role.PATTERN, ""))
    _add(found, appearance.DETAILS, Entry(Role.DETAIL, ""))
    _joints(found)
    return MappingProxyType(found)


LEXICON: Mapping[Words, Entry] = _lexicon()
LONGEST = max(map(len, LEXICON))
