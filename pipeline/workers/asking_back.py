"""One question back about whom a search is for, and what answers to such questions change."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.errors import ConfigError
from pipeline.question_answers import QuestionAnswer
from pipeline.workers.weighing import Found
from retrieval.search.calibration import Calibration
from retrieval.search.doctor import examine
from retrieval.search.inquiries import asked_of, every_inquiry, wording
from retrieval.search.persons import Person
from retrieval.search.phrases import Phrase
from retrieval.search.query import check_query
from retrieval.search.question_choice import Answer, is_clear
from retrieval.tokenizer import count_tokens

SAID = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class Heard:
    """Answers as they were understood.

    Attributes:
        answers: each thing once.
        notes: what of them is not searched or is doubtful.
    """

    answers: tuple[Answer, ...] = ()
    notes: tuple[str, ...] = ()


def hear(texts: Sequence[str], calibration: Calibration | None) -> Heard:
    """What answers say, each the id of a question with `=yes` or `=no`, or a phrase.

    Raises:
        ConfigError: one is neither, two contradict each other, or no answer can be weighed with
            the model in use.
        QueryRefused: a phrase cannot be searched.
    """
    if not texts:
        return Heard()
    if (
        calibration is None
        or not calibration.evidence.is_fitted
        or calibration.evidence.rank is None
    ):
        raise ConfigError(
            "answers cannot be weighed with this model, as nobody has fitted what its shots say of "
            "phrases: leave --answer out and say it in the description"
        )
    said: dict[str, Answer] = {}
    notes: list[str] = []
    for text in texts:
        for answer in _named(text) or _in_words(text, notes):
            known = said.setdefault(answer.inquiry.name, answer)
            if known.yes is not answer.yes:
                raise ConfigError(
                    f"{answer.inquiry.name!r} is answered with yes and with no: leave one out"
                )
    notes += [
        f"'{answer.text}' changes nothing: this model cannot tell it from pictures"
        for answer in said.values()
        if not calibration.evidence.decides(answer.inquiry.phrase)
    ]
    return Heard(tuple(said.values()), tuple(notes))


def question_back(
    found: Found, people: Sequence[Person], phrases: Sequence[Phrase]
) -> QuestionAnswer | None:
    """The question of an answer; None where one person is clear, or none is worth asking.

    Args:
        found: the hits.
        people: who of them is probably whom.
        phrases: of the description.
    """
    if found.undecided is None or found.judgement is None:
        return None
    if is_clear(found.judgement.probabilities, [person.members for person in people]):
        return None
    chosen = found.undecided.choose()
    if chosen is None:
        return None
    yes = Answer(chosen.inquiry, yes=True)
    return QuestionAnswer(
        id=chosen.inquiry.name,
        text=wording(chosen.inquiry, phrases),
        yes=[yes.text],
        no=[replace(yes, yes=False).text],
        gain=round(chosen.gain, 4),
    )


def _named(text: str) -> list[Answer]:
    """The answer to a question that is named; none where it is said in words."""
    name, sign, said = text.strip().casefold().rpartition("=")
    if not sign:
        return []
    inquiries = {inquiry.name: inquiry for inquiry in every_inquiry()}
    if said not in SAID or name not in inquiries:
        raise ConfigError(
            f"--answer {text!r} answers no question: give the id that a search told, with =yes or "
            "=no, or say it in words (--answer 'a red coat')"
        )
    return [Answer(inquiries[name], SAID[said])]


def _in_words(text: str, notes: list[str]) -> list[Answer]:
    """What a phrase says, held against shots as a description is."""
    checked = check_query(text, count_tokens=count_tokens)
    told = examine(checked, count_tokens=count_tokens, beside_likeness=True)
    notes += [str(note) for note in told.notes]
    if not told.phrases:
        raise ConfigError(
            f"--answer {text!r} says nothing that a picture shows: say what is worn or carried"
        )
    return [Answer(asked_of(phrase), not phrase.negated) for phrase in told.phrases]
