"""The question that an answer may ask back."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class QuestionAnswer(BaseModel):
    """A question whose answer would tell the likeliest tracks apart."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(description="to answer it: `ID=yes` or `ID=no` among `answers`")]
    text: Annotated[str, Field(description="as people are asked: `was the coat red?`")]
    yes: Annotated[list[str], Field(description="phrases that a yes says")]
    no: Annotated[list[str], Field(description="phrases that a no says")]
    gain: Annotated[
        float, Field(description="bits that the answer is expected to say about who is meant")
    ]


class QuestionField(BaseModel):
    """What an answer asks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: Annotated[
        QuestionAnswer | None,
        Field(description="one at most; null where one hit is clear, or none would help"),
    ] = None


def how_to_answer(question: QuestionAnswer) -> str:
    """A question, as people are asked on a terminal."""
    return f"{question.text} answer with --answer {question.id}=yes or --answer {question.id}=no"
