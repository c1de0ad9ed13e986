"""Clips that are cut once and fetched in pieces, over HTTP."""

import threading
from pathlib import Path
from typing import Annotated, Protocol

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field

from pipeline.api.asking import Asking
from pipeline.api.clips import AT_ONCE
from pipeline.api.openapi import answers_with
from pipeline.api.telling import tell_audit
from pipeline.callers import Caller
from pipeline.errors import Busy
from pipeline.workers.kept_clips import KeptClip


class Clips(Protocol):
    """What the routes ask (`pipeline.workers.kept_clips.KeptClips`)."""

    def make(self, hit: str, before_s: float, after_s: float, caller: Caller) -> KeptClip: ...

    def find(self, clip_id: str, caller: Caller) -> tuple[Path, KeptClip]: ...


class ClipRequest(BaseModel):
    """Which clip: of a track (camera/run/track) or shot (camera/run/track/shot)."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    hit: Annotated[str, Field(min_length=5, max_length=400)]
    before_s: Annotated[float, Field(ge=0, le=600)] = 5.0
    after_s: Annotated[float, Field(ge=0, le=600)] = 5.0


def kept_clip_routes(clips: Clips) -> APIRouter:
    """`POST /clips`, `GET /clips/{id}`."""
    routes, places = APIRouter(), threading.BoundedSemaphore(AT_ONCE)

    @routes.post("/clips", status_code=201)
    def make(request: ClipRequest, caller: Asking, asked: Request) -> KeptClip:
        """Cut a clip and keep it for a while at `url`, which players can seek in."""
        if not places.acquire(blocking=False):
            raise Busy(f"{AT_ONCE} clips are being cut already: ask again in a moment")
        try:
            kept = clips.make(request.hit, request.before_s, request.after_s, caller)
        finally:
            places.release()
        tell_audit(asked, clip=kept.id)
        return kept

    @routes.get(
        "/clips/{clip}",
        response_class=FileResponse,
        responses=answers_with("video/mp4", _206="a piece", _416="no such piece"),
    )
    def fetch(clip: str, caller: Asking, asked: Request) -> FileResponse:
        """The MP4, or the `Range` of it that is asked for (206; 416 where it has none such).

        It has an `ETag`, and with another in `If-Range` all of it is sent.
        """
        path, kept = clips.find(clip, caller)
        tell_audit(asked, [kept.clip.hit])
        return FileResponse(
            path,
            media_type="video/mp4",
            filename=f"{clip}.mp4",
            content_disposition_type="inline",
            headers={"Cache-Control": "private, no-store"},
        )

    return routes
