"""What a caller may not see: requests are narrowed to their cameras, and names of others hidden.

What is there and must not be seen is answered as what is not there.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Protocol, TypeVar

from pipeline.answers import CollectionAnswer, SearchAnswer, SearchRequest
from pipeline.callers import Caller
from pipeline.errors import Forbidden, NotFound
from pipeline.journey_answers import TravelAnswer
from pipeline.likeness_fields import PictureFields
from pipeline.watch_answers import TrialRequest, WatchAnswer, WatchRequest
from pipeline.workers.cautions import cautions_about_parts
from pipeline.workers.presenting import parts_answer, read_part

Known = Callable[[], Collection[str]]
"""Every camera that was ever read."""


class OnCamera(Protocol):
    """Anything that one camera saw."""

    @property
    def camera(self) -> str:
        """Its name."""
        ...


Asked = TypeVar("Asked", SearchRequest, WatchRequest, TrialRequest)
Seen = TypeVar("Seen", bound=OnCamera)


def refuse_unseen(caller: Caller, name: str) -> None:
    """See that a caller may see what is named `camera` or `camera/…`: a track, shot or picture.

    Raises:
        NotFound: they may not, and hear what they would if it were not there.
    """
    if caller.cameras is None:
        return
    camera, _, below = name.partition("/")
    # A path that climbs would be looked for beside the camera that it begins with.
    if not caller.may_see(camera) or not {".", ".."}.isdisjoint(below.split("/")):
        raise NotFound(f"nothing is known of {name!r}")


def refuse_partial(caller: Caller, what: str) -> None:
    """See that a caller may see every camera, for what cannot be told apart by camera.

    Raises:
        Forbidden: they may not.
    """
    if caller.cameras is not None:
        raise Forbidden(f"{what} speaks of all cameras, and {caller.name} may see some")


def narrowed(caller: Caller, request: Asked, known: Known) -> Asked:
    """The request, asked of cameras that the caller may see alone.

    Raises:
        NotFound: it names another camera, or a track of one; or they may see none that was read.
    """
    if caller.cameras is None:
        return request
    seen = sorted(caller.cameras & set(known()))
    legs: list[str] = (
        [leg.camera for leg in request.then] if isinstance(request, SearchRequest) else []
    )
    for camera in (*request.cameras, *legs):
        if camera not in seen:
            raise NotFound(f"no camera {camera!r}; those you may see: {', '.join(seen) or 'none'}")
    if not seen:
        raise NotFound("no camera that you may see has been read yet: ask an administrator")
    for name in _likenesses(request):
        refuse_unseen(caller, name)
    return request.model_copy(update={"cameras": request.cameras or seen})


def _likenesses(request: PictureFields) -> Iterable[str]:
    if request.like is not None:
        yield request.like
    if isinstance(request, SearchRequest):
        yield from (*request.more_like, *request.less_like)


def hidden(caller: Caller, answer: SearchAnswer) -> SearchAnswer:
    """The answer to a narrowed search, without names of cameras that the caller may not see."""
    parts = answer.coverage.parts_missing
    if caller.cameras is None or not parts:
        return answer
    shown = [
        parts_answer(part, [name for name in cameras if caller.may_see(name)])
        for part, cameras in map(read_part, parts)
    ]
    before, after = cautions_about_parts(parts), cautions_about_parts(shown)
    return answer.model_copy(
        update={
            "coverage": answer.coverage.model_copy(update={"parts_missing": shown}),
            "notes": [*after, *(note for note in answer.notes if note not in before)],
        }
    )


def seen_by(caller: Caller, found: Iterable[Seen]) -> list[Seen]:
    """What of it the caller may see."""
    return [one for one in found if caller.may_see(one.camera)]


def watches_of(caller: Caller, watches: Iterable[WatchAnswer]) -> list[WatchAnswer]:
    """The watches over cameras that the caller may see, all of them."""
    return [watch for watch in watches if sees_watch(caller, watch.cameras)]


def sees_watch(caller: Caller, cameras: Sequence[str]) -> bool:
    """Whether the caller may see all that is watched; no cameras are all cameras."""
    return caller.cameras is None or (bool(cameras) and caller.cameras.issuperset(cameras))


def refuse_unseen_watch(
    caller: Caller, watch_id: str, watches: Callable[[], Iterable[WatchAnswer]]
) -> None:
    """See that a caller may see all that a watch is over.

    Raises:
        NotFound: they may not, or there is none.
    """
    if caller.cameras is None:
        return
    if watch_id not in {watch.id for watch in watches_of(caller, watches())}:
        raise NotFound(f"no watch has the id {watch_id!r}: 'descry watch list' tells all")


def travel_of(caller: Caller, learnt: Iterable[TravelAnswer]) -> list[TravelAnswer]:
    """Travel times between cameras that the caller may see."""
    return [
        one for one in learnt if caller.may_see(one.from_camera) and caller.may_see(one.to_camera)
    ]


def shelf_of(caller: Caller, found: Iterable[CollectionAnswer]) -> list[CollectionAnswer]:
    """Collections, without what they weigh: that is of all their cameras."""
    if caller.cameras is None:
        return list(found)
    return [one.model_copy(update={"bytes": None, "budget_bytes": None}) for one in found]
