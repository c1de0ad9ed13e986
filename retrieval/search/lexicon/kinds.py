"""What words can be: kinds of phrases, and parts in a sentence."""

from dataclasses import dataclass
from enum import StrEnum


class PhraseKind(StrEnum):
    """What a phrase is about.

    FULL is worn above and below in one (dress, coverall, "all in black"); ACCESSORY is worn, but
    no garment (glasses, scarf, gloves). OTHER is everything that the lexicon does not know.
    """

    UPPER = "upper garment"
    LOWER = "lower garment"
    FULL = "full-length garment"
    FOOTWEAR = "footwear"
    HEADWEAR = "headwear"
    HAIR = "hair"
    CARRIED = "carried thing"
    ACCESSORY = "accessory"
    BUILD = "build"
    AGE = "age"
    GENDER = "gender"
    ACTION = "action"
    OTHER = "other"


class Role(StrEnum):
    """What a word does in a sentence.

    NOUN heads a phrase; TRAIT is one by itself ("elderly", "walking"); EITHER is a TRAIT of people
    and a DETAIL of things ("short", "slim", "large"). PART belongs to a thing before it ("print",
    "buttons"). The others join, limit, deny, or mean nothing by themselves.
    """

    NOUN = "noun"
    PERSON = "person"
    TRAIT = "trait"
    EITHER = "either"
    COLOUR = "colour"
    PATTERN = "pattern"
    DETAIL = "detail"
    PART = "part"
    ARTICLE = "article"
    AND = "and"
    OR = "or"
    COMMA = "comma"
    STOP = "stop"
    BE = "be"
    IN = "in"
    WITH = "with"
    NOT = "not"
    NO = "no"
    LESS = "less"
    PRONOUN = "pronoun"
    VERB = "verb"
    FILLER = "filler"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a word, or words that stay together, mean.

    Attributes:
        role: their part in a sentence.
        meaning: the canonical word.
        kind: of nouns, persons and traits.
        is_plural: a noun that stands in the plural.
    """

    role: Role
    meaning: str
    kind: PhraseKind = PhraseKind.OTHER
    is_plural: bool = False
