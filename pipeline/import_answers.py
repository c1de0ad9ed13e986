"""What is asked and told of recordings that are imported over HTTP, and of the installation."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class UploadRequest(_Record):
    """A file that is about to be sent."""

    name: Annotated[str, Field(min_length=1, max_length=255, description="as its owner calls it")]
    size_bytes: Annotated[int, Field(alias="bytes", ge=1, description="how large it is")]


class UploadAnswer(_Record):
    """A file that is being sent."""

    id: Annotated[str, Field(description="to send pieces of it, and to import it")]
    received: Annotated[int, Field(description="bytes that are here: the next piece's offset")]


class ImportRequest(_Record):
    """What is to be imported: a file that was sent, or one of the server's folders."""

    upload: Annotated[str | None, Field(description="id of an upload that is whole")] = None
    path: Annotated[str | None, Field(description="as `files` lists it")] = None
    camera: Annotated[str, Field(max_length=64)]
    collection: Annotated[str, Field(max_length=64)] = "imports"
    start: Annotated[
        str | None,
        Field(description="when the first frame was captured, ISO 8601; null: as the file says"),
    ] = None
    keep_boxes: Annotated[
        bool, Field(description="keep where everybody is in every frame, for boxes on clips")
    ] = False


class FileAnswer(_Record):
    """A recording in one of the server's folders."""

    path: Annotated[str, Field(description="folder's number and the path below it")]
    size_bytes: Annotated[int, Field(serialization_alias="bytes")]


class ImportAnswer(_Record):
    """How far an import is."""

    id: Annotated[str, Field(description="greater than those of earlier imports")]
    source: Annotated[str, Field(description="name of the file")]
    camera: str
    collection: str
    state: Literal["waiting", "reading", "done", "failed"]
    reason: Annotated[str, Field(description="why it failed; empty: it has not")] = ""
    frames: int = 0
    frames_total: Annotated[int | None, Field(description="null: the file does not say")] = None
    tracks: int = 0
    known: Annotated[bool, Field(description="it had been imported before")] = False
