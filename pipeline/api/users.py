"""Users and API tokens over HTTP, for administrators."""

from typing import Final, Protocol

from fastapi import APIRouter, Response

from pipeline.account_answers import (
    TokenAnswer,
    TokenRequest,
    UserAnswer,
    UserChange,
    UserRequest,
)
from pipeline.api.asking import Asking
from pipeline.api.paging import Paging
from pipeline.callers import FOLDER_HOLDER, Caller

_PRIVATE: Final = {"Cache-Control": "no-store"}


class AccountDesk(Protocol):
    """What the routes ask (`pipeline.workers.account_desk.AccountDesk`)."""

    def users(self) -> list[UserAnswer]:
        """Every user."""
        ...

    def add_user(self, request: UserRequest, *, by: str) -> UserAnswer:
        """Add a user."""
        ...

    def change_user(self, name: str, change: UserChange, *, by: str, is_owner: bool) -> UserAnswer:
        """Change one."""
        ...

    def remove_user(self, name: str, *, by: str) -> UserAnswer:
        """Remove one."""
        ...

    def tokens(self) -> list[TokenAnswer]:
        """Every token."""
        ...

    def create_token(self, request: TokenRequest, *, by: str) -> TokenAnswer:
        """Make one."""
        ...

    def revoke_token(self, token_id: str, *, by: str) -> TokenAnswer:
        """Let it open nothing any more."""
        ...


def user_routes(desk: AccountDesk) -> APIRouter:
    """The routes under `/users`."""
    routes = APIRouter()

    @routes.get("/users")
    def users(paging: Paging) -> list[UserAnswer]:
        """Users by name, a page at a time."""
        return paging.cut(desk.users(), lambda user: [user.name])

    @routes.post("/users", status_code=201)
    def add(request: UserRequest, response: Response, asking: Asking) -> UserAnswer:
        """Add a user; `password` is for one use, and shown in this answer alone."""
        response.headers.update(_PRIVATE)
        return desk.add_user(request, by=asking.name)

    @routes.patch("/users/{name}")
    def change(name: str, request: UserChange, response: Response, asking: Asking) -> UserAnswer:
        """Give a user another role or other cameras, at once; or a password for one use."""
        response.headers.update(_PRIVATE)
        return desk.change_user(name, request, by=asking.name, is_owner=owns(asking))

    @routes.delete("/users/{name}")
    def remove(name: str, asking: Asking) -> UserAnswer:
        """Remove a user and their sessions and API tokens; how many ended is in `tokens_ended`."""
        return desk.remove_user(name, by=asking.name)

    return routes


def token_routes(desk: AccountDesk) -> APIRouter:
    """The routes under `/tokens`."""
    routes = APIRouter()

    @routes.get("/tokens")
    def tokens(paging: Paging) -> list[TokenAnswer]:
        """Tokens by name, the expired too, a page at a time; what they are is not known here."""
        return paging.cut(desk.tokens(), lambda token: [token.name])

    @routes.post("/tokens", status_code=201)
    def create(request: TokenRequest, response: Response, asking: Asking) -> TokenAnswer:
        """Make a token; `token` is shown in this answer alone."""
        response.headers.update(_PRIVATE)
        return desk.create_token(request, by=asking.name)

    @routes.delete("/tokens/{token_id}")
    def revoke(token_id: str, asking: Asking) -> TokenAnswer:
        """Let a token open nothing from now on."""
        return desk.revoke_token(token_id, by=asking.name)

    return routes


def owns(caller: Caller) -> bool:
    """Whether a caller owns the data folder, or is root on its machine."""
    return caller == FOLDER_HOLDER or caller.name.startswith("local:")
