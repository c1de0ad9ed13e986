"""Whole sentences, as witnesses write them: who, what they wear, and what else was seen."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from pipeline.street.look import Garment
from pipeline.street.words.claims import Claim
from pipeline.street.words.grammar import Phrase, Word, listed, say
from pipeline.street.words.naming import Speaker
from pipeline.street.words.subjects import Subject, subject_of
from pipeline.street.words.synonyms import PLURAL_WORDS
from pipeline.street.words.terse import carried_with, lacking
from pipeline.street.words.views import Facts

_STOP: Phrase = (Word("."),)
#: A verb and what follows it; told whether a pronoun or a noun stands before.
_Predicate = Callable[[bool], Phrase]
_OPENERS = ("wears", "wears", "wears", "in", "saw", "with hair", "wearing", "doing")


def tell(speaker: Speaker, facts: Facts) -> Phrase:
    """One sentence or several, in the order in which this speaker thinks of things."""
    opener = _OPENERS[speaker.rng.integers(len(_OPENERS))]
    teller = _Teller(speaker, subject_of(speaker, facts, is_past=opener == "saw"), facts)
    first = teller.opening(opener)
    return first + teller.rest()


@dataclass(slots=True)
class _Teller:
    """Tells facts one after the other; `facts` are those not told yet."""

    speaker: Speaker
    subject: Subject
    facts: Facts

    def opening(self, opener: str) -> Phrase:
        """The first sentence: who it is and what they wear."""
        is_sentence = opener not in ("in", "wearing")
        say_who = self.subject.named("the" if is_sentence and self.speaker.happens(0.5) else "a")
        if opener == "saw":
            saw = ("I saw", "there was", "saw", "I noticed")
            say_who = say(saw[self.speaker.rng.integers(4)]) + self.subject.named("a")
        if opener == "with hair" and "hair" in self.facts.plain:
            say_who += say("with") + self._hair_told()
        clothes = self.clothes()
        if not clothes:
            return self._without_clothes(say_who)
        if opener in ("saw", "in"):
            wearing = say("in") if self.speaker.happens(0.6) else say("wearing")
            return say_who + wearing + clothes + self._trailing() + _STOP
        if opener == "doing" and self.facts.activity and self.speaker.happens(0.8):
            doing = self.subject.verb("be", after_pronoun=False) + self._doing_told()
            return say_who + doing + self._in_clothes(clothes) + _STOP
        if opener == "wearing":
            return say_who + say("wearing") + clothes + self._trailing() + _STOP
        return say_who + self._wears() + clothes + _STOP

    def _in_clothes(self, clothes: Phrase) -> Phrase:
        return (say("in") if self.speaker.happens(0.5) else say(", wearing")) + clothes

    def _without_clothes(self, say_who: Phrase) -> Phrase:
        carried = self._carried_told()
        return say_who + (carried or ()) + _STOP

    def _wears(self) -> Phrase:
        draw = self.speaker.rng.random()
        be = self.subject.verb("be", after_pronoun=False)
        if draw < 0.5:
            return be + say("wearing")
        if draw < 0.75:
            return self.subject.verb("wear", after_pronoun=False)
        return be + say("dressed in")

    def _trailing(self) -> Phrase:
        """` carrying a red bag`, ` with long hair` at the end of a sentence."""
        if self.facts.carried and self.speaker.happens(0.4):
            return self._carried_told()
        if "hair" in self.facts.plain and self.speaker.happens(0.3):
            return say("with") + self._hair_told()
        return ()

    def clothes(self) -> Phrase:
        """`a grey cardigan over a white top with blue jeans`, and they are told."""
        speaker, facts = self.speaker, self.facts
        uppers = [speaker.thing("upper", garment) for garment in facts.uppers]
        lower = [] if facts.lower is None else [speaker.thing("lower", facts.lower)]
        others: list[Phrase] = []
        if facts.shoes is not None and speaker.happens(0.55):
            others.append(speaker.thing("shoes", facts.shoes))
            self.facts = replace(self.facts, shoes=None)
        if facts.hat is not None and facts.hat.kind != "hood" and speaker.happens(0.4):
            others.append(speaker.thing("hat", facts.hat))
            self.facts = replace(self.facts, hat=None)
        self.facts = replace(self.facts, uppers=(), lower=None)
        return _arranged(speaker, _layered(speaker, uppers), lower, others)

    def rest(self) -> Phrase:
        """The sentences after the first, until nothing is left to tell."""
        parts = self._predicates()
        queue = [parts[number] for number in self.speaker.rng.permutation(len(parts))]
        out: Phrase = ()
        while queue:
            take = 2 if len(queue) > 1 and self.speaker.happens(0.6) else 1
            told, queue = queue[:take], queue[take:]
            out += self._sentence(told, is_first=not out)
        return out + self._predicative()

    def _sentence(self, told: list[_Predicate], *, is_first: bool) -> Phrase:
        named = self.speaker.happens(0.12) and self.subject.noun.text != "someone"
        if named:
            who = replace(self.subject, before=()).named("the")
            return who + listed([part(False) for part in told]) + _STOP
        sure = say("I think") if self.speaker.happens(0.03) else ()
        parts = [part(True) for part in told]
        if not is_first and self.speaker.happens(0.12):
            after_be = parts[0][0].text in ("is", "are", "was", "were")
            parts[0] = parts[0][:after_be] + say("also") + parts[0][after_be:]
        return (*sure, self.subject.pronoun(), *listed(parts), *_STOP)

    def _predicates(self) -> list[_Predicate]:
        """What is left to tell, in no order."""
        facts, subject = self.facts, self.subject
        parts = [self._carrying(thing) for thing in facts.carried]
        has = self._had()
        if has:
            parts.append(lambda they: subject.verb("have", after_pronoun=they) + listed(has))
        on, going_on = self._put_on(), self.speaker.happens(0.4)
        if on:
            parts.append(
                lambda they: (
                    subject.verb("wear", after_pronoun=they, going_on=going_on) + listed(on)
                )
            )
        if facts.activity is not None:
            doing = self._doing_told()
            parts.append(lambda they: subject.verb("be", after_pronoun=they) + doing)
        if facts.absent:
            lacks = lacking(self.speaker, facts.absent)
            parts.append(lambda they: subject.verb("have", after_pronoun=they) + lacks)
        return parts

    def _had(self) -> list[Phrase]:
        """What somebody has rather than wears: hair, a beard, the hood up."""
        facts, has = self.facts, []
        if "hair" in facts.plain:
            has.append(self.speaker.hair(facts.look))
        if "beard" in facts.plain:
            has.append((Word("a"), Word("beard", Claim("beard"), "kind")))
        if facts.hat is not None and facts.hat.kind == "hood":
            has.append((Word("the"), Word("hood", Claim("hat", "hood"), "kind"), Word("up")))
        return has

    def _put_on(self) -> list[Phrase]:
        """What is worn and has not been told: hat, glasses, and maybe shoes."""
        facts, speaker, on = self.facts, self.speaker, []
        if facts.hat is not None and facts.hat.kind != "hood":
            on.append(speaker.thing("hat", facts.hat))
        if "glasses" in facts.plain:
            on.append(speaker.glasses(facts.look))
        if facts.shoes is not None and speaker.happens(0.6):
            on.append(speaker.thing("shoes", facts.shoes))
            self.facts = replace(facts, shoes=None)
        return on

    def _carrying(self, thing: Garment) -> _Predicate:
        speaker, subject = self.speaker, self.subject
        named, going_on = speaker.thing("carried", thing), speaker.happens(0.5)
        verb = "carry"
        tail: Phrase = ()
        if thing.kind == "suitcase":
            verb = "pull"
        elif thing.kind == "umbrella":
            verb = "hold"
        elif thing.kind == "rucksack" and named[-1].text != "bag" and speaker.happens(0.6):
            verb, going_on = ("have", False) if speaker.happens(0.5) else ("wear", going_on)
            tail = (*say("on"), subject.possessive(), *say("back")) if verb == "have" else ()
        return lambda they: subject.verb(verb, after_pronoun=they, going_on=going_on) + named + tail

    def _predicative(self) -> Phrase:
        """The shoes, when they are told last: `her shoes are white`."""
        shoes = self.facts.shoes
        if shoes is None:
            return ()
        named = self.speaker.named("shoes", shoes)
        colours = tuple(word for word in named if word.slot == "colour")
        nouns = tuple(word for word in named if word.slot == "kind")
        be = say("were" if self.subject.is_past else "are")
        if colours and nouns[-1].text in PLURAL_WORDS:
            return (self.subject.possessive(), *nouns, *be, *colours, *_STOP)
        verb = self.subject.verb("wear")
        return (self.subject.pronoun(), *verb, *named, *_STOP)

    def _hair_told(self) -> Phrase:
        self.facts = replace(self.facts, plain=self.facts.plain - {"hair"})
        return self.speaker.hair(self.facts.look)

    def _carried_told(self) -> Phrase:
        carried, self.facts = self.facts.carried, replace(self.facts, carried=())
        return carried_with(self.speaker, carried)

    def _doing_told(self) -> Phrase:
        activity, self.facts = self.facts.activity or "", replace(self.facts, activity=None)
        said = {
            "walking": ("walking", "walking", "walking along"),
            "standing": ("standing", "standing still", "standing around"),
            "turning": ("turning round", "turning around", "turning about"),
            "phoning": ("on the phone", "talking on the phone", "making a phone call"),
        }[activity]
        words = said[self.speaker.rng.integers(len(said))]
        return (Word(words, Claim("activity", activity), "kind"),)


def _layered(speaker: Speaker, uppers: list[Phrase]) -> list[Phrase]:
    """An outer garment and the top beneath it: `over`, `with ... underneath`, or side by side."""
    if len(uppers) < 2:
        return uppers
    outer, top = uppers[0], uppers[1]
    draw = speaker.rng.random()
    if draw < 0.5:
        return [(*outer, Word("over"), *top)]
    if draw < 0.65:
        return [(*outer, Word("with"), *top, Word("underneath"))]
    if draw < 0.75:
        return [(*top, Word("under"), *outer)]
    return uppers


def _arranged(
    speaker: Speaker, uppers: list[Phrase], lower: list[Phrase], others: list[Phrase]
) -> Phrase:
    everything = uppers + lower + others
    if len(uppers) == 1 and lower and speaker.happens(0.25):
        return (*uppers[0], Word("with"), *listed(lower + others))
    if lower and speaker.happens(0.08):
        return listed(lower + uppers + others)
    return listed(everything)
