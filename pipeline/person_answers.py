"""What a search answers of tracks that are probably of the same person."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StepAnswer(_Record):
    """One track on a person's path; times are ISO-8601 UTC."""

    track: str
    camera: str
    first_seen_at: str
    last_seen_at: str
    rank: Annotated[int, Field(description="of its hit")]


class PersonAnswer(_Record):
    """Hits that are probably the same person: a guess by looks and time, never an identity."""

    person: Annotated[str, Field(description="`p1` and so on; means nothing in another answer")]
    confidence: Annotated[
        float | None,
        Field(
            description="chance that two of the tracks are of one person, 0 to 1; null for a "
            "single track, of which nothing is claimed"
        ),
    ]
    hits: Annotated[list[int], Field(description="ranks, best first")]
    path: Annotated[list[StepAnswer], Field(description="the tracks in the order of time")]


class PersonMark(_Record):
    """What a hit says of the person that it is probably of."""

    person: Annotated[str, Field(description="which of `persons` it is of")] = ""
    person_chance: Annotated[
        float | None, Field(description="of being of it, 0 to 1; null where it is its only track")
    ] = None


class Persons(_Record):
    """What an answer says of the people among its hits."""

    persons: Annotated[list[PersonAnswer], Field(description="by their best hit")] = []
    persons_by: Annotated[
        Literal["fitted", "rough"] | None,
        Field(description="rough: by no law of this model; null: nothing tells, all are alone"),
    ] = None
