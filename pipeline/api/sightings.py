"""What was seen: searched by a description, listed by time, shown as pictures and boxes."""

from collections.abc import Callable, Collection
from typing import Final, Protocol

from fastapi import APIRouter, HTTPException, Response

from pipeline.answers import CameraAnswer, SearchAnswer, SearchRequest, TracksAnswer
from pipeline.api.asking import Asking
from pipeline.api.openapi import answers_with
from pipeline.api.paging import Paging
from pipeline.api.sight import hidden, narrowed, refuse_unseen, seen_by
from pipeline.api.turns import Turns
from pipeline.box_answers import TrackBoxesAnswer
from pipeline.machine import cores

SEARCHING_AT_ONCE: Final = min(max(cores(), 2), 16)
"""More would answer no more of them, and take the cores that cameras and the encoder need."""

MOST_SEARCHES: Final = 256
"""Those that wait for their turn among them."""


class Service(Protocol):
    """What the routes ask (`pipeline.workers.service.SearchService`)."""

    @property
    def is_ready(self) -> bool:
        """Whether the index has caught up with the log."""
        ...

    def search(self, request: SearchRequest) -> SearchAnswer:
        """The tracks that fit best."""
        ...


class Lists(Protocol):
    """What the routes list (`pipeline.workers.catalogue.Catalogue`)."""

    def known(self) -> Collection[str]:
        """Every camera that was ever read."""
        ...

    def tracks(
        self,
        camera: str | None,
        *,
        zone: str | None,
        after: str | None,
        count: int,
        among: Collection[str] | None,
    ) -> TracksAnswer:
        """A page of tracks."""
        ...

    def cameras(self, camera: str | None) -> list[CameraAnswer]:
        """Every camera, or one."""
        ...

    def boxes(self, camera: str, run: str | None) -> str:
        """The MOTChallenge rows of a run; of the only one if None."""
        ...

    def track_boxes(self, name: str) -> TrackBoxesAnswer:
        """Where a track was, frame by frame."""
        ...


def sighting_routes(service: Service, lists: Lists) -> APIRouter:
    """Search, and what was seen in order of time."""
    routes = APIRouter()

    searching = Turns("searches", at_once=SEARCHING_AT_ONCE, most=MOST_SEARCHES)

    @routes.post("/search", response_model=SearchAnswer)
    async def search(request: SearchRequest, asking: Asking) -> Response:
        """The tracks that look most like the description, best first.

        A POST, so that no description of a person lands in an access log. 503 while too many wait.
        """

        def answer() -> str:
            asked = narrowed(asking, request, lists.known)
            return hidden(asking, service.search(asked)).model_dump_json(by_alias=True)

        return Response(await searching.run(answer), media_type="application/json")

    @routes.get("/tracks")
    def tracks(
        asking: Asking,
        paging: Paging,
        camera: str | None = None,
        zone: str | None = None,
    ) -> TracksAnswer:
        """Tracks by first sight, a page at a time; pages of one zone are shorter than `count`."""
        if camera is not None:
            refuse_unseen(asking, camera)
        page = lists.tracks(
            camera, zone=zone, after=paging.after, count=paging.count, among=asking.cameras
        )
        paging.tell(page.next)
        return page

    @routes.get("/cameras")
    def cameras(asking: Asking, paging: Paging, camera: str | None = None) -> list[CameraAnswer]:
        """Cameras and their runs, by name, a page at a time."""
        if camera is not None:
            refuse_unseen(asking, camera)
        return paging.cut(seen_by(asking, lists.cameras(camera)), lambda one: [one.camera])

    return routes


def kept_picture_routes(kept: Callable[[str], bytes | None], lists: Lists) -> APIRouter:
    """Pictures behind their media keys, and the boxes of a run."""
    routes = APIRouter()

    @routes.get(
        "/pictures/{key:path}", response_class=Response, responses=answers_with("image/jpeg")
    )
    def picture(key: str, asking: Asking) -> Response:
        """The JPEG of a kept shot."""
        refuse_unseen(asking, key)
        data = kept(key)
        if data is None:
            raise HTTPException(404, "no such picture: it was replaced or has expired")
        return Response(data, media_type="image/jpeg", headers={"Cache-Control": "private"})

    @routes.get(
        "/cameras/{camera}/boxes", response_class=Response, responses=answers_with("text/csv")
    )
    def boxes(camera: str, asking: Asking, run: str | None = None) -> Response:
        """Every tracked box of a run read with `--keep-boxes`, as MOTChallenge rows."""
        refuse_unseen(asking, camera)
        return Response(lists.boxes(camera, run), media_type="text/csv")

    @routes.get("/tracks/{key:path}/boxes")
    def track_boxes(key: str, asking: Asking) -> TrackBoxesAnswer:
        """Where a track (camera/run/track) was, frame by frame.

        Empty where its run was not read with `--keep-boxes`, as that of a live camera never is.
        """
        refuse_unseen(asking, key)
        return lists.track_boxes(key)

    return routes
