"""Somebody's saved searches over HTTP."""

from collections.abc import Callable
from typing import Annotated, Protocol

from fastapi import APIRouter, Path, Request

from pipeline.api.paging import Paging
from pipeline.errors import ConfigError
from pipeline.saved_answers import SavedAnswer, SaveRequest
from pipeline.store.login_sessions import LoginSession

_LARGEST = 2**62


class Saved(Protocol):
    """What the routes ask (`pipeline.store.saved_searches.SavedSearches`)."""

    def of(self, user: str) -> list[SavedAnswer]:
        """Those of one user."""
        ...

    def save(self, user: str, request: SaveRequest, now: float) -> SavedAnswer:
        """Keep one."""
        ...

    def remove(self, user: str, number: int) -> None:
        """Forget one."""
        ...


def saved_routes(saved: Saved, now: Callable[[], float]) -> APIRouter:
    """The routes under `/searches`.

    Args:
        saved: where they are kept.
        now: Unix seconds.
    """
    routes = APIRouter()

    @routes.get("/searches")
    def list_searches(request: Request, paging: Paging) -> list[SavedAnswer]:
        """The searches that whoever is signed in has saved, by name."""
        return paging.cut(saved.of(_user(request)), lambda one: [one.name])

    @routes.put("/searches")
    def save(asked: SaveRequest, request: Request) -> SavedAnswer:
        """Save a search; one of the same name is replaced."""
        return saved.save(_user(request), asked, now())

    @routes.delete("/searches/{number}", status_code=204)
    def remove(number: Annotated[int, Path(ge=0, le=_LARGEST)], request: Request) -> None:
        """Forget one of them."""
        saved.remove(_user(request), number)

    return routes


def _user(request: Request) -> str:
    session: LoginSession | None = request.state.session
    if session is None:
        raise ConfigError("searches are saved for users who are signed in, and for no token")
    return session.user.name
