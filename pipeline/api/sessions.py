"""Signing in and out over HTTP."""

from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

from fastapi import APIRouter, Request, Response

from pipeline.account_answers import (
    EndedAnswer,
    PasswordRequest,
    SeatAnswer,
    SessionAnswer,
    SignInRequest,
)
from pipeline.api.asking import Asking
from pipeline.api.identity import COOKIE, cookie_of
from pipeline.api.turns import Turns
from pipeline.callers import Caller
from pipeline.errors import ConfigError
from pipeline.instants import format_instant
from pipeline.store.login_sessions import LoginSession, Seat

SIGNING_IN_AT_ONCE: Final = 4
"""Threads that compare passwords or wait to: anybody may ask that, and nobody is held up by it."""

MOST_SIGN_INS: Final = 32
"""Those that wait for their turn among them."""

_Told = Callable[[Caller, LoginSession | None], SessionAnswer]

_PRIVATE: Final = {"Cache-Control": "no-store"}


class SigningIn(Protocol):
    """What the routes ask (`pipeline.workers.signing_in.SigningIn`)."""

    @property
    def lasts_s(self) -> float:
        """Seconds after which a session ends."""
        ...

    def sign_in(
        self, name: str, password: str, *, address: str, before: str | None = None
    ) -> LoginSession:
        """Begin a session."""
        ...

    def sign_out(self, session: LoginSession) -> None:
        """End it."""
        ...

    def seats(self, session: LoginSession) -> list[Seat]:
        """Where their user is signed in."""
        ...

    def end_others(self, session: LoginSession) -> int:
        """End their user's other sessions."""
        ...

    def change_password(
        self, session: LoginSession, old: str, new: str, *, address: str
    ) -> LoginSession:
        """Choose another password."""
        ...


def session_routes(
    signing_in: SigningIn, *, is_behind_tls: bool, reason_required: bool
) -> APIRouter:
    """The routes under `/session`.

    Args:
        signing_in: who is asked.
        is_behind_tls: whether browsers use https though we do not see it.
        reason_required: whether a search needs a reason here.
    """
    routes = APIRouter()
    turns = Turns("sign-ins", at_once=SIGNING_IN_AT_ONCE, most=MOST_SIGN_INS)

    def told(caller: Caller, session: LoginSession | None) -> SessionAnswer:
        return session_answer(caller, session, reason_required=reason_required)

    @routes.post("/session")
    async def sign_in(body: SignInRequest, request: Request, response: Response) -> SessionAnswer:
        """Sign in: the cookie that comes back opens the rest; writes need `csrf` beside it.

        401 for an unknown name as for a wrong password, 429 after too many of them, 503 while
        many sign in.
        """
        session = await turns.run(
            partial(
                signing_in.sign_in,
                body.name,
                body.password.get_secret_value(),
                address=_address(request),
                before=cookie_of(request.headers),
            )
        )
        _set_cookie(request, response, session, max_age_s=signing_in.lasts_s, secure=is_behind_tls)
        return told(session.user.caller, session)

    @routes.get("/session")
    def signed_in(request: Request, response: Response, asking: Asking) -> SessionAnswer:
        """Who asks, and what they may do; 401 if they are not signed in."""
        response.headers.update(_PRIVATE)
        return told(asking, request.state.session)

    @routes.delete("/session", status_code=204)
    def sign_out(request: Request, response: Response, asking: Asking) -> None:
        """Sign out; without a cookie there is nothing to end."""
        del asking
        session: LoginSession | None = request.state.session
        if session is not None:
            signing_in.sign_out(session)
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")

    _add_password(routes, signing_in, turns, told, is_behind_tls=is_behind_tls)
    return routes


def _add_password(
    routes: APIRouter, signing_in: SigningIn, turns: Turns, told: _Told, *, is_behind_tls: bool
) -> None:
    @routes.post("/session/password")
    async def change_password(
        body: PasswordRequest, request: Request, response: Response, asking: Asking
    ) -> SessionAnswer:
        """Choose another password: every session of the user ends, and a new one begins here."""
        session: LoginSession | None = request.state.session
        if session is None:
            raise ConfigError(f"{asking.name} has no password: this is for users who are signed in")
        old, new = body.old.get_secret_value(), body.new.get_secret_value()
        change = partial(signing_in.change_password, session, old, new, address=_address(request))
        fresh = await turns.run(change)
        _set_cookie(request, response, fresh, max_age_s=signing_in.lasts_s, secure=is_behind_tls)
        return told(fresh.user.caller, fresh)


def seat_routes(signing_in: SigningIn) -> APIRouter:
    """The routes under `/sessions`."""
    routes = APIRouter()

    @routes.get("/sessions")
    def seats(request: Request, response: Response, asking: Asking) -> list[SeatAnswer]:
        """Where the asking user is signed in, the latest used first; none for a token."""
        del asking
        response.headers.update(_PRIVATE)
        session: LoginSession | None = request.state.session
        return [] if session is None else [_seat_answer(each) for each in signing_in.seats(session)]

    @routes.delete("/sessions")
    def end_others(request: Request, asking: Asking) -> EndedAnswer:
        """End every session of the asking user but the one that asks."""
        del asking
        session: LoginSession | None = request.state.session
        return EndedAnswer(ended=0 if session is None else signing_in.end_others(session))

    return routes


def _set_cookie(
    request: Request, response: Response, session: LoginSession, *, max_age_s: float, secure: bool
) -> None:
    response.headers.update(_PRIVATE)
    response.set_cookie(
        COOKIE,
        session.secret,
        max_age=int(max_age_s),
        path="/",
        secure=secure or request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )


def session_answer(
    caller: Caller, session: LoginSession | None, *, reason_required: bool = False
) -> SessionAnswer:
    """Who asks, as the routes say it."""
    return SessionAnswer(
        name=caller.name,
        role=caller.role,
        cameras=None if caller.cameras is None else sorted(caller.cameras),
        csrf="" if session is None else session.csrf,
        must_change_password=session is not None and session.user.must_change,
        reason_required=reason_required,
    )


def _seat_answer(seat: Seat) -> SeatAnswer:
    return SeatAnswer(
        begun_at=None if seat.begun_at is None else format_instant(seat.begun_at),
        used_at=format_instant(seat.used_at),
        expires_at=format_instant(seat.expires_at),
        is_this=seat.is_this,
    )


def _address(request: Request) -> str:
    return request.client.host if request.client else "local"
