"""What is told of tracks that are held."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class HoldAnswer(BaseModel):
    """A track that is kept past retention, and not erased."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    track: str
    since: str
    pictures: Annotated[list[str], Field(description="files of the data folder: their copies")]
    video: Annotated[
        str | None, Field(description="likewise: its clip; null where none could be cut")
    ] = None
    why_no_video: Annotated[
        str, Field(description="told when the hold begins, where no clip is kept")
    ] = ""
