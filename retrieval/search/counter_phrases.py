"""What else could be said in place of a phrase: blue coat for red coat, no hat for a hat.

An encoder's score of a phrase alone says little, since some words score high with everybody. What
tells is whether a picture is nearer to the phrase than to what would be true in its place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from retrieval.search.phrases import Phrase, PhraseKind

#: Colours of cloth that are held against each other, each with the words that it covers.
COLOUR_FAMILIES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "black": frozenset({"black", "dark"}),
        "white": frozenset({"white", "cream", "light"}),
        "grey": frozenset({"grey", "silver", "dark", "light"}),
        "blue": frozenset({"blue", "navy", "teal", "dark", "light"}),
        "red": frozenset({"red", "burgundy", "ginger", "dark"}),
        "green": frozenset({"green", "olive", "khaki", "teal", "dark", "light"}),
        "yellow": frozenset({"yellow", "gold", "light"}),
        "orange": frozenset({"orange"}),
        "pink": frozenset({"pink", "light"}),
        "purple": frozenset({"purple", "dark"}),
        "brown": frozenset({"brown", "dark"}),
        "beige": frozenset({"beige", "cream", "khaki", "light brown", "light"}),
    }
)

#: Colours that go with any of them.
_ANY_COLOUR = frozenset({"bright", "multicoloured"})

#: The same of hair.
HAIR_COLOURS = ("black", "brown", "blond", "red", "grey", "white")
_HAIR_FAMILIES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "black": frozenset({"black", "dark"}),
        "brown": frozenset({"brown", "dark"}),
        "blond": frozenset({"blond", "light"}),
        "red": frozenset({"red", "ginger"}),
        "grey": frozenset({"grey", "light"}),
        "white": frozenset({"white", "grey", "light"}),
    }
)

#: Things of one kind that are held against each other.
_RIVALS: Mapping[PhraseKind, tuple[str, ...]] = MappingProxyType(
    {
        PhraseKind.UPPER: (
            "coat", "jacket", "hoodie", "jumper", "t-shirt", "shirt", "dress", "vest",
        ),
        PhraseKind.FULL: ("dress", "coat", "jacket", "hoodie", "jumper", "t-shirt", "shirt"),
        PhraseKind.LOWER: ("jeans", "trousers", "leggings", "shorts", "skirt"),
        PhraseKind.FOOTWEAR: ("trainers", "boots", "sandals", "heels", "shoes"),
        PhraseKind.HEADWEAR: ("cap", "beanie", "hat", "helmet"),
        PhraseKind.CARRIED: ("rucksack", "handbag", "shoulder bag", "suitcase", "umbrella"),
        PhraseKind.HAIR: ("short hair", "long hair", "a bald head"),
        PhraseKind.GENDER: ("woman", "man"),
        PhraseKind.AGE: ("child", "young person", "elderly person"),
        PhraseKind.BUILD: ("slim person", "heavyset person"),
    }
)  # fmt: skip

#: Words that cover several of the things above, so that those do not speak against them.
_COVERED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "jacket": frozenset({"coat"}), "coat": frozenset({"jacket"}),
        "puffer jacket": frozenset({"coat", "jacket"}), "blazer": frozenset({"jacket"}),
        "top": frozenset({"hoodie", "jumper", "t-shirt", "shirt"}),
        "sweatshirt": frozenset({"hoodie", "jumper"}), "cardigan": frozenset({"jumper"}),
        "shirt": frozenset({"t-shirt"}), "blouse": frozenset({"shirt"}),
        "polo shirt": frozenset({"t-shirt", "shirt"}),
        "pants": frozenset({"trousers", "jeans", "leggings"}),
        "trousers": frozenset({"jeans", "leggings"}), "parka": frozenset({"coat", "jacket"}),
        "suit": frozenset({"jacket", "shirt"}), "uniform": frozenset({"jacket", "shirt"}),
        "tracksuit": frozenset({"jacket"}),
        "clothes": frozenset({
            "dress", "coat", "jacket", "hoodie", "jumper", "t-shirt", "shirt",
        }),
        "girl": frozenset({"woman"}), "female": frozenset({"woman"}),
        "boy": frozenset({"man"}), "male": frozenset({"man"}),
        "joggers": frozenset({"trousers"}),
        "hat": frozenset({"cap", "beanie"}),
        "bag": frozenset({"rucksack", "handbag", "shoulder bag"}),
        "shoes": frozenset({"trainers", "boots", "heels"}),
    }
)  # fmt: skip

#: What a picture is nearer to where there is no such thing at all.
_LACKING: Mapping[PhraseKind, tuple[str, ...]] = MappingProxyType(
    {
        PhraseKind.HEADWEAR: ("a person without a hat", "a bareheaded person"),
        PhraseKind.CARRIED: ("a person without a bag", "a person carrying nothing"),
    }
)

#: Kinds whose words are said of the person itself.
_OF_THE_PERSON = frozenset({PhraseKind.GENDER, PhraseKind.AGE, PhraseKind.BUILD})
_CARRIED_OR_GROWN = frozenset({PhraseKind.CARRIED, PhraseKind.HAIR, PhraseKind.OTHER})

#: Words that are in several things alike.
_FILLING = frozenset({"a", "hair", "head", "person", "bag"})

#: Nouns that say what somebody is.
_PEOPLE = frozenset({"person", "child", "man", "woman", "boy", "girl", "adult", "teenager"})

#: Nouns that stand without an article.
_PLURAL = frozenset(
    {
        "jeans", "trousers", "pants", "leggings", "joggers", "shorts", "trainers", "shoes", "boots",
        "sandals", "heels", "glasses", "sunglasses", "hair", "clothes", "dreadlocks", "dungarees",
        "gloves", "headphones", "socks",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Contrast:
    """A phrase and what it is held against, as sentences that an encoder reads.

    Attributes:
        claim: the phrase itself, never negated.
        colours: the same thing in other colours; empty where no colour is said.
        kinds: other things in its place; empty where nothing takes its place.
        lacking: that there is no such thing; empty where nobody lacks one.
    """

    claim: str
    colours: tuple[str, ...]
    kinds: tuple[str, ...]
    lacking: tuple[str, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """All of them, the phrase first."""
        return (self.claim, *self.colours, *self.kinds, *self.lacking)


def contrast_of(phrase: Phrase) -> Contrast:
    """What `phrase`, negated or not, is held against.

    >>> from retrieval.search.phrases import phrases_of
    >>> contrast_of(phrases_of("red coat")[0]).colours[:2]
    ('a person wearing a black coat', 'a person wearing a white coat')
    """
    kind, head = phrase.kind, phrase.head
    said = " ".join([*phrase.colours, head]) if phrase.negated else phrase.text
    families = _HAIR_FAMILIES if kind is PhraseKind.HAIR else COLOUR_FAMILIES
    meant = {*phrase.colours, *(colour.split()[-1] for colour in phrase.colours)}
    is_told = meant and meant.isdisjoint(_ANY_COLOUR)
    others = [name for name, of in families.items() if is_told and meant.isdisjoint(of)]
    words = {*said.split(), head}
    rivals = [
        rival
        for rival in _RIVALS.get(kind, ())
        if words.isdisjoint({rival, *rival.split()} - _FILLING)
        and rival not in _covered(head)
        and head not in _covered(rival)
    ]
    colour = "" if kind is PhraseKind.HAIR else " ".join(phrase.colours)
    return Contrast(
        claim=sentence_about(kind, said, head),
        colours=tuple(sentence_about(kind, f"{other} {head}", head) for other in others),
        kinds=tuple(sentence_about(kind, f"{colour} {one}".strip(), one) for one in rivals),
        lacking=_LACKING.get(kind, ()),
    )


def sentence_about(kind: PhraseKind, said: str, head: str) -> str:
    """A sentence about a person that says one thing.

    >>> sentence_about(PhraseKind.UPPER, "orange coat", "coat")
    'a person wearing an orange coat'
    """
    if kind is PhraseKind.ACTION:
        return f"a person {said}"
    if kind in (PhraseKind.AGE, PhraseKind.BUILD) and said.split()[-1] not in _PEOPLE:
        said = f"{said} person"
    thing = (
        said if _is_plural(head) or said.startswith(("a ", "an ")) else f"{_article(said)} {said}"
    )
    if kind in _OF_THE_PERSON:
        return thing
    return f"a person {'with' if kind in _CARRIED_OR_GROWN else 'wearing'} {thing}"


def distinct(contrasts: Sequence[Contrast]) -> list[str]:
    """The sentences of all contrasts, each once, in order."""
    return list(dict.fromkeys(text for contrast in contrasts for text in contrast.texts))


def _covered(head: str) -> frozenset[str]:
    return _COVERED.get(head, frozenset())


def _is_plural(head: str) -> bool:
    return head in _PLURAL or head.split()[-1:] == ["hair"]


def _article(said: str) -> str:
    return "an" if said[:1] in "aeiou" else "a"
