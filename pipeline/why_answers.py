"""Why a shot and a description match: what is asked, and what is answered."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from pipeline.reason_fields import ReasonFields


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WhyRequest(_Record, ReasonFields):
    """A description that a shot is explained for."""

    text: Annotated[str, Field(max_length=65_536)]


class WordAnswer(_Record):
    """How much one word supports the match."""

    text: str
    relevance: Annotated[float, Field(description="0 to 1; the word that supports most has 1")]


class WhyAnswer(_Record):
    """Which words, and which parts of the picture, support the match of a shot."""

    shot: Annotated[str, Field(description="camera/run/track/shot")]
    query: Annotated[str, Field(description="the words that were looked for")]
    score: Annotated[float, Field(description="cosine similarity of shot and words, -1 to 1")]
    words: Annotated[list[WordAnswer], Field(description="in the order of the words")]
    heat: Annotated[
        list[list[float]],
        Field(description="rows of patches over the whole picture, top left first, each 0 to 1"),
    ]
    overlay: Annotated[
        str,
        Field(
            description="the picture with the map over it, a PNG in base64",
            json_schema_extra={"contentEncoding": "base64"},
        ),
    ]
    model: Annotated[str, Field(description="id of the encoder")]
    notes: Annotated[list[str], Field(description="what to know before trusting this")]
