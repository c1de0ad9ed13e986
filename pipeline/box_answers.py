"""Where somebody was, frame by frame, as the API says it."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BoxAnswer(_Record):
    """Where somebody was in one frame."""

    at: Annotated[float, Field(description="when it was captured, Unix seconds")]
    box: Annotated[
        tuple[float, float, float, float],
        Field(description="x1 y1 x2 y2, pixels of the full frame"),
    ]


class TrackBoxesAnswer(_Record):
    """Where a track was, frame by frame; empty unless it was read with `--keep-boxes`."""

    track: str
    boxes: list[BoxAnswer]
