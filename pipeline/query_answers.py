"""What is told of a description itself: its phrases, what is doubtful in it, a better one."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PhraseAnswer(_Record):
    """One thing that a description says of a person."""

    text: Annotated[str, Field(description="as it was understood; `no ...` of what is absent")]
    kind: Annotated[str, Field(description="`upper garment`, `hair`, `carried thing`, …")]
    head: Annotated[str, Field(description="its noun or trait in the words of the lexicon")]
    colours: list[str]
    negated: bool


class QueryNote(_Record):
    """One thing to know of a description."""

    code: Annotated[str, Field(description="what it is about, for programs: `name`, `time`, …")]
    words: Annotated[str, Field(description="which words; empty: the whole")]
    text: Annotated[str, Field(description="a sentence with the next step")]


class QueryFields(_Record):
    """What answers tell of the description that was asked."""

    phrases: Annotated[list[PhraseAnswer], Field(description="in the order of the query")] = []
    query_notes: Annotated[
        list[QueryNote], Field(description="of the query itself, with codes; also among `notes`")
    ] = []
    suggestion: Annotated[
        str | None, Field(description="the query as a caption; null where it is well said")
    ] = None


class QueryAnswer(QueryFields):
    """A description, looked over without a search."""

    query: Annotated[str, Field(description="without signs that nobody sees")]
    searchable: Annotated[bool, Field(description="false: a search refuses it; the note says why")]


class QueryRequest(_Record):
    """A description to be looked over."""

    text: Annotated[str, Field(max_length=65_536)]


def did_you_mean(suggestion: str) -> str:
    """A suggestion, as people are told of it."""
    return f"did you mean: {suggestion}"
