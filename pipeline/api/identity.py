"""Who sends a request, by what it shows: the socket it came by, a token, or a cookie."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import cookie_parser

from pipeline.callers import FOLDER_HOLDER, Caller, Role
from pipeline.store.api_tokens import PREFIX, ApiToken
from pipeline.store.login_sessions import LoginSession

COOKIE: Final = "descry_session"
CSRF_HEADER: Final = "X-CSRF-Token"
READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_HANDED_ON: Final = frozenset({"forwarded", "x-real-ip", "via"})
_SECRET_LETTERS: Final = 512
"""More than any secret of ours has; a longer one is not looked up."""


class Sessions(Protocol):
    """`pipeline.store.login_sessions.LoginSessions`."""

    def find(self, secret: str, now: float, *, is_use: bool = True) -> LoginSession | None:
        """The session of a cookie."""
        ...


class Tokens(Protocol):
    """`pipeline.store.api_tokens.ApiTokens`."""

    def find(self, text: str, now: float) -> ApiToken | None:
        """The token of that text."""
        ...


@dataclass(frozen=True, slots=True)
class Known:
    """Who asks.

    Attributes:
        caller: as routes and the audit know them.
        session: that their cookie opened; None for tokens and the socket.
        is_local: whether they came by the unix socket.
    """

    caller: Caller
    session: LoginSession | None = None
    is_local: bool = False


@dataclass(frozen=True, slots=True)
class Identity:
    """Tells who asks.

    Attributes:
        token: that of the data folder.
        sessions: of users who are signed in.
        tokens: of programs.
        now: Unix seconds.
        owners: users of this machine who need no token over the unix socket.
    """

    token: str
    sessions: Sessions
    tokens: Tokens
    now: Callable[[], float]
    owners: frozenset[int]

    def local(self, uid: int | None, headers: Headers) -> Known | None:
        """Who connected to the unix socket, if it is the owner of this installation or root.

        Not if it is a proxy: the kernel vouches for it, and not for whom it speaks for.
        """
        if uid is None or uid not in self.owners or is_forwarded(headers):
            return None
        return Known(Caller(f"local:{uid}", Role.ADMINISTRATOR), is_local=True)

    def known(self, headers: Headers, *, is_use: bool = True) -> Known | None:
        """Who shows these headers; None: nobody that is known.

        A header `Authorization` counts alone, whatever cookie comes along.

        Args:
            headers: of the request.
            is_use: whether a session is in use by it, and does not end for being idle.

        Raises:
            StoreUnavailable: the accounts do not answer.
        """
        offered = headers.get("authorization")
        if offered is not None:
            return self._holder(offered)
        secret = cookie_of(headers)
        session = self.sessions.find(secret, self.now(), is_use=is_use) if secret else None
        return None if session is None else Known(session.user.caller, session)

    def _holder(self, offered: str) -> Known | None:
        # Compared in constant time: the answer's delay must not spell the token out.
        if hmac.compare_digest(offered.encode(), f"Bearer {self.token}".encode()):
            return Known(FOLDER_HOLDER)
        text = offered.removeprefix("Bearer ")
        if not text.startswith(PREFIX) or len(text) > _SECRET_LETTERS:
            return None
        token = self.tokens.find(text, self.now())
        return None if token is None else Known(token.caller)


def cookie_of(headers: Headers) -> str | None:
    """The session's secret that a request brings; None without one."""
    secret = cookie_parser(headers.get("cookie", "")).get(COOKIE, "")
    return secret if 0 < len(secret) <= _SECRET_LETTERS else None


def is_forwarded(headers: Headers) -> bool:
    """Whether a request says that somebody hands it on for another."""
    return any(name in _HANDED_ON or name.startswith("x-forwarded-") for name in headers)


def is_from_elsewhere(headers: Headers, public_url: str | None) -> bool:
    """Whether a browser sends this on behalf of another site's page.

    Browsers name the page's site in `Origin` with every write; programs leave it out.
    """
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}
    if public_url is not None and origin == _origin_of(public_url):
        return False
    return urlsplit(origin).netloc != headers.get("host")


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def shows_csrf(headers: Headers, session: LoginSession) -> bool:
    """Whether a request shows what only a page of ours can know."""
    return hmac.compare_digest(headers.get(CSRF_HEADER, "").encode(), session.csrf.encode())
