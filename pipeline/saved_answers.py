"""Searches that somebody keeps under a name: what the console sends and is told."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Names = Annotated[list[Annotated[str, Field(min_length=1, max_length=64)]], Field(max_length=100)]
Time = Annotated[str, Field(max_length=40, description="as it was typed: -3600, or a date")]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class SavedLeg(_Record):
    """A camera on which the person was seen then."""

    camera: Annotated[str, Field(min_length=1, max_length=64)]
    within_s: Annotated[float, Field(gt=0, le=86_400)]


class SavedSearch(_Record):
    """Words and filters; an erasure forgets those that name whom it erases."""

    text: Annotated[str, Field(min_length=1, max_length=2000)]
    cameras: Names = []
    collections: Names = []
    zones: Names = []
    since: Time = ""
    until: Time = ""
    live: bool = False
    then: Annotated[list[SavedLeg], Field(max_length=5)] = []


class SaveRequest(_Record):
    """A search to keep; one of the same name is replaced."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    search: SavedSearch


class SavedAnswer(SaveRequest):
    """A kept search."""

    id: int
    saved_at: Annotated[str, Field(description="ISO 8601")]
