"""The clip of a track or a shot, over HTTP."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from pipeline.answers import ClipAnswer
from pipeline.api.asking import Asking
from pipeline.api.openapi import answers_with
from pipeline.api.sight import refuse_unseen
from pipeline.errors import Busy

# What a clip shows, as JSON: the body is the video itself.
CLIP_HEADER = "Descry-Clip"

Cut = Callable[[str, float, float], tuple[Path, ClipAnswer]]
"""Cuts the clip of a track or shot, with seconds before and after; the file is the caller's."""

# Each reads and writes a disk for seconds, on threads that searches need too.
AT_ONCE = 2

Margin = Annotated[float, Query(ge=0, le=600, description="seconds")]


def clip_routes(cut: Cut) -> APIRouter:
    """`GET /tracks/{key}/clip`."""
    routes, places = APIRouter(), threading.BoundedSemaphore(AT_ONCE)

    @routes.get(
        "/tracks/{key:path}/clip", response_class=FileResponse, responses=answers_with("video/mp4")
    )
    def clip(
        key: str, asking: Asking, before_s: Margin = 5.0, after_s: Margin = 5.0
    ) -> FileResponse:
        """The video of a track (camera/run/track) or shot (camera/run/track/shot), as MP4.

        The header `Descry-Clip` says in JSON what it shows. 410 if the video is gone, 503 while
        as many clips as can be are being cut.
        """
        refuse_unseen(asking, key)
        if not places.acquire(blocking=False):
            raise Busy(f"{AT_ONCE} clips are being cut already: ask again in a moment")
        try:
            path, answer = cut(key, before_s, after_s)
        finally:
            places.release()
        return FileResponse(
            path,
            media_type="video/mp4",
            filename=f"{key.replace('/', '-')}.mp4",
            content_disposition_type="inline",
            headers={
                CLIP_HEADER: json.dumps(answer.model_dump()),
                "Cache-Control": "private, no-store",
            },
            background=BackgroundTask(path.unlink, missing_ok=True),
        )

    return routes
