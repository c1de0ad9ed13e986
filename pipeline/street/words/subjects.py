"""Whom a sentence is about: the noun, what comes before it, and the verbs and pronouns after it."""

from dataclasses import dataclass
from types import MappingProxyType

from pipeline.street.wardrobe import pick
from pipeline.street.words.claims import Claim
from pipeline.street.words.grammar import Phrase, Word, say
from pipeline.street.words.naming import Speaker
from pipeline.street.words.synonyms import spellings
from pipeline.street.words.views import Facts

#: Present singular, present plural, past, and the form after `is`.
_VERBS = MappingProxyType(
    {
        "be": ("is", "are", "was", "being"),
        "have": ("has", "have", "had", "having"),
        "wear": ("wears", "wear", "wore", "wearing"),
        "carry": ("carries", "carry", "carried", "carrying"),
        "hold": ("holds", "hold", "held", "holding"),
        "pull": ("pulls", "pull", "pulled", "pulling"),
    }
)
_NOBODY: tuple[str, ...] = ("person", "person", "person", "individual", "pedestrian", "someone")


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody spoken of.

    Attributes:
        before: adjectives.
        noun: the noun.
        gender: the claim that the noun and its pronouns make; None of `person`.
        is_past: whether the writer tells of what was.
    """

    before: Phrase
    noun: Word
    gender: Claim | None
    is_past: bool = False

    @property
    def is_female(self) -> bool:
        """Whether `she` goes with the noun."""
        return self.gender is not None and self.gender.kind in ("woman", "girl", "female")

    def named(self, article: str) -> Phrase:
        """`the old man`; `someone` has no article."""
        if self.noun.text == "someone":
            return (self.noun,)
        return (*(say(article) if article else ()), *self.before, self.noun)

    def pronoun(self) -> Word:
        """`she`, `he` or `they`, which claims what the noun does."""
        return self._pronoun("she", "he", "they")

    def possessive(self) -> Word:
        """`her`, `his` or `their`."""
        return self._pronoun("her", "his", "their")

    def _pronoun(self, hers: str, his: str, theirs: str) -> Word:
        if self.gender is None:
            return Word(theirs)
        return Word(hers if self.is_female else his, self.gender, "kind")

    def verb(self, name: str, *, after_pronoun: bool = True, going_on: bool = False) -> Phrase:
        """A verb that agrees: `wears`, `they wear`, `was wearing`.

        Args:
            name: of the verb: `be`, `have`, `wear`, `carry`, `hold`, `pull`.
            after_pronoun: whether it follows the pronoun; `they` takes the plural.
            going_on: `is wearing` for `wears`.
        """
        is_plural = after_pronoun and self.gender is None
        if going_on:
            aid = self.verb("be", after_pronoun=after_pronoun)
            return (*aid, Word(_VERBS[name][3]))
        if self.is_past:
            return say("were" if is_plural and name == "be" else _VERBS[name][2])
        return say(_VERBS[name][1 if is_plural else 0])


def subject_of(speaker: Speaker, facts: Facts, *, is_past: bool = False) -> Subject:
    """Whom the facts are about, told as far as they say."""
    before = _before(speaker, facts)
    body = facts.look.body
    if "gender" not in facts.plain:
        return Subject(before, Word(_NOBODY[speaker.rng.integers(len(_NOBODY))]), None, is_past)
    if body.age == "child" and speaker.happens(0.25):
        claim = Claim("age", "child")
        return Subject(
            before, Word(speaker.spell(spellings("child")), claim, "kind"), None, is_past
        )
    kind = body.gender
    if speaker.happens(0.12):
        kind = "female" if kind in ("woman", "girl") else "male"
    gender = Claim("gender", kind)
    return Subject(before, Word(speaker.spell(spellings(kind)), gender, "kind"), gender, is_past)


def _before(speaker: Speaker, facts: Facts) -> Phrase:
    """`slim young`, `elderly`, `bearded`."""
    body, before = facts.look.body, []
    if "build" in facts.plain and body.build != "average":
        before.append(_adjective(speaker, Claim("build", body.build)))
    if "age" in facts.plain and body.age != "child":
        before.append(_adjective(speaker, Claim("age", _AGES[body.age])))
    return tuple(before)


_AGES = MappingProxyType({"young": "young", "adult": "middle-aged", "elderly": "elderly"})


def _adjective(speaker: Speaker, claim: Claim) -> Word:
    return Word(pick(speaker.rng, spellings(claim.kind or "")), claim, "kind")
