"""Recordings over HTTP: sent in pieces or taken from the server, and how far each import is."""

from typing import Annotated, Protocol

from fastapi import APIRouter, Body, Query

from pipeline.api.asking import Asking
from pipeline.api.paging import Paging
from pipeline.api.sight import refuse_partial
from pipeline.errors import NotFound
from pipeline.import_answers import (
    FileAnswer,
    ImportAnswer,
    ImportRequest,
    UploadAnswer,
    UploadRequest,
)

PIECE = "/imports/uploads/piece"


class Imports(Protocol):
    """What the routes ask (`pipeline.workers.importing.Importing`)."""

    def begin_upload(self, name: str, size: int) -> UploadAnswer:
        """Make room for a recording."""
        ...

    def add_piece(self, upload: str, offset: int, piece: bytes) -> UploadAnswer:
        """Take a piece of it."""
        ...

    def files(self) -> list[FileAnswer]:
        """Recordings of the server."""
        ...

    def start(self, asked: ImportRequest) -> ImportAnswer:
        """Import a recording."""
        ...

    def imports(self) -> list[ImportAnswer]:
        """What was asked for."""
        ...

    def sweep(self) -> object:
        """Remove what was sent and nothing needs any more."""
        ...


def import_routes(imports: Imports) -> APIRouter:
    """The routes under `/imports`."""
    routes = APIRouter()

    @routes.get("/imports")
    def list_imports(asking: Asking, paging: Paging) -> list[ImportAnswer]:
        """Imports that this worker was asked for, the newest first, a page at a time."""
        found = [one for one in imports.imports() if asking.may_see(one.camera)]
        return paging.cut(found, lambda one: [one.id], descending=True)

    @routes.post("/imports", status_code=202)
    def start(asked: ImportRequest, asking: Asking) -> ImportAnswer:
        """Import a recording that was sent, or one of `files`, once those before it are done."""
        if not asking.may_see(asked.camera):
            raise NotFound(f"no camera {asked.camera!r} that {asking.name} may see: choose another")
        if asked.path is not None:
            refuse_partial(asking, "a folder of recordings")
        return imports.start(asked)

    @routes.get("/imports/files")
    def files(asking: Asking, paging: Paging) -> list[FileAnswer]:
        """Recordings in the folders that `imports.folders` names, a page at a time."""
        refuse_partial(asking, "a folder of recordings")
        return paging.cut(imports.files(), _place_of, (int, str))

    @routes.post("/imports/uploads", status_code=201)
    def begin(asked: UploadRequest) -> UploadAnswer:
        """Announce a file; it is sent in pieces of 8 MiB at most."""
        return imports.begin_upload(asked.name, asked.size_bytes)

    @routes.put(PIECE)
    def piece(
        upload: Annotated[str, Query(max_length=64)],
        offset: Annotated[int, Query(ge=0)],
        content: Annotated[bytes, Body(media_type="application/octet-stream")],
    ) -> UploadAnswer:
        """Send the bytes behind `offset`; those that are here already change nothing."""
        return imports.add_piece(upload, offset, content)

    return routes


def _place_of(file: FileAnswer) -> list[int | str]:
    """Where it stands: by the number of its folder, and its path there."""
    number, _, path = file.path.partition("/")
    return [int(number), path]
