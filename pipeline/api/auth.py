"""The doorkeeper: who asks, whether they may, how often, and how much they send."""

import math
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any, Final

import anyio
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.api.access import Access, Need, Open
from pipeline.api.identity import (
    READING,
    Identity,
    Known,
    is_forwarded,
    is_from_elsewhere,
    shows_csrf,
)
from pipeline.api.problems import problem, problem_of
from pipeline.api.rates import Rates
from pipeline.api.refusals import Refused, forget
from pipeline.callers import Caller, Role
from pipeline.errors import DescryError
from pipeline.workers.attempts import network_of
from pipeline.workers.listening import PEER_UID

# A sentence and a few names, or settings of a camera.
BODY_BYTES = 65_536

BODY_WITHIN_S: Final = 30.0
BYTES_PER_S: Final = 4096.0
"""The longest that a body may take: `BODY_WITHIN_S`, and what it holds at this rate."""

LOOKING_AT_ONCE: Final = 4
"""Threads that look into the accounts: those of searches must not hold up the door."""

CLOSE: Final = MappingProxyType({"Connection": "close"})
"""With what is left of a request that nobody reads, its connection is of no use."""

SETUP_NEEDED: Final = (
    "nobody has set the administrator's password yet: sign in as 'admin' with the one-time "
    "password that 'descry run' showed, and choose your own; or run 'descry user password admin' "
    "on the machine that Descry runs on"
)

SIGN_IN: Final = "sign in, or send an API token or that of the data folder as a bearer token"
PROXIED: Final = (
    f"a proxy hands this on to the unix socket, which knows nobody behind it: {SIGN_IN}; let the "
    "proxy ask api.port, and name it in api.trusted_proxies"
)


@dataclass(frozen=True, slots=True)
class Rules:
    """By what the doorkeeper lets in.

    Attributes:
        identity: tells who asks.
        access: what each route needs.
        is_set_up: whether an administrator has set a password of their own.
        rates: how often each may ask.
        public_url: the address that browsers know us by, where a proxy changes it.
        large_paths: how many bytes a request may hold there; elsewhere `BODY_BYTES`.
        refused: notes who is turned away.
    """

    identity: Identity
    access: Callable[[], Access]
    is_set_up: Callable[[], bool]
    rates: Rates
    public_url: str | None = None
    large_paths: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    refused: Refused = forget


class Doorkeeper:
    """Looks at who asks before anything else is read, and at the size while it is.

    A dependency of the framework would run only after the whole body was in memory.
    """

    def __init__(self, app: ASGIApp, *, rules: Rules) -> None:
        """Let requests through to `app`."""
        self._app, self._rules = app, rules
        self._looking = anyio.CapacityLimiter(LOOKING_AT_ONCE)
        self._is_set_up = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            refusal = await self._refusal(scope)
        except DescryError as error:
            refusal = problem_of(error)
        if refusal is not None:
            await self._rules.refused(scope, refusal)
            await refusal(scope, receive, send)
            return
        most = self._rules.large_paths.get(scope["path"], BODY_BYTES)
        taken = await _take_body(receive, most)
        if isinstance(taken, Response):
            await taken(scope, receive, send)
            return
        messages = deque([taken])

        async def again() -> Message:
            return messages.popleft() if messages else await receive()

        await self._app(scope, again, send)

    async def _refusal(self, scope: Scope) -> Response | None:
        """Why a request is not let in; None if it is, and the scope says then who asks."""
        if any(letter < " " for letter in scope["path"]):
            return problem(404, "not-found", "no route has a control character")
        headers, state = Headers(scope=scope), scope.setdefault("state", {})
        if "content-length" in headers and "transfer-encoding" in headers:
            # Who stands before us may count by the other one, and see another request in it.
            return problem(400, "malformed", "a body has one length: send one of both", CLOSE)
        need = self._rules.access().need(scope["method"], scope["path"])
        known = self._rules.identity.local(state.get(PEER_UID), headers)
        if known is None and not isinstance(need, Open) and not await self._set_up():
            return problem(503, "setup-needed", SETUP_NEEDED)
        if known is None and need is not Open.ANYBODY:
            known = await self._look(self._rules.identity.known, headers)
        if (wait_s := self._wait(known, scope)) > 0:
            return problem(
                429,
                "too-many-requests",
                f"too many requests: ask again in {math.ceil(wait_s)} s (api.requests_per_minute)",
                {"Retry-After": str(math.ceil(wait_s))},
            )
        if known is not None:
            state["caller"], state["session"] = known.caller, known.session
            state["still"] = partial(self._still, known, need, headers)
        told = PROXIED if PEER_UID in state and is_forwarded(headers) else SIGN_IN
        return self._unlet(known, need, told) or self._forged(known, scope["method"], headers)

    async def _still(self, before: Known, need: Need | None, headers: Headers) -> Caller | None:
        """Who asked this, as they are now; None if they may ask it no more.

        Raises:
            DescryError: the accounts are away for a moment, so that nobody can tell.
        """
        if before.is_local:
            return before.caller
        known = await self._look(partial(self._rules.identity.known, headers, is_use=False))
        return None if known is None or self._unlet(known, need) else known.caller

    def _unlet(
        self, known: Known | None, need: Need | None, told: str = SIGN_IN
    ) -> Response | None:
        """Why somebody may not ask this; strangers are told `told`."""
        if need is Open.ANYBODY:
            return None
        if known is None:
            return problem(401, "unauthorized", told, {"WWW-Authenticate": "Bearer"})
        if need is Open.SIGNED_IN:
            return None
        if known.session is not None and known.session.user.must_change:
            return problem(
                403,
                "password-change-needed",
                "choose a password of your own first (POST /api/v1/session/password)",
            )
        if isinstance(need, Role) and not known.caller.role.includes(need):
            return problem(
                403,
                "forbidden",
                f"this takes the role {need.value}, and {known.caller.name} has the role "
                f"{known.caller.role.value}: ask an administrator",
            )
        return None

    def _forged(self, known: Known | None, method: str, headers: Headers) -> Response | None:
        """Why a write is taken for that of another site's page."""
        if method in READING or (known is not None and known.session is None):
            return None
        if is_from_elsewhere(headers, self._rules.public_url):
            return problem(
                403,
                "cross-site",
                "this comes from a page of another site: open the console at its own address, or "
                "set api.public_url to the address that browsers use",
            )
        if known is not None and known.session and not shows_csrf(headers, known.session):
            return problem(
                403, "csrf", "send the csrf of GET /api/v1/session in the header X-CSRF-Token"
            )
        return None

    def _wait(self, known: Known | None, scope: Scope) -> float:
        """Seconds until this caller is let in again."""
        if known is not None and known.is_local:
            return 0.0
        client = scope.get("client") or ("",)
        address = f"address:{network_of(client[0])}"
        return self._rules.rates.take(known.caller.name if known else address)

    async def _set_up(self) -> bool:
        # Once it is, it stays so: the last administrator cannot be removed.
        if not self._is_set_up:
            self._is_set_up = await self._look(self._rules.is_set_up)
        return self._is_set_up

    async def _look(self, what: Callable[..., Any], *arguments: Any) -> Any:
        return await anyio.to_thread.run_sync(what, *arguments, limiter=self._looking)


async def _take_body(receive: Receive, most: int) -> Message | Response:
    """All of a request's body as one message; why not, if it is too large or too slow.

    One: whoever sends it byte by byte must not have us keep a message for each.
    """
    body = bytearray()
    with anyio.move_on_after(BODY_WITHIN_S) as limit:
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return message
            piece = message.get("body", b"")
            body += piece
            if len(body) > most:
                return problem(413, "too-large", f"a request may hold {most} bytes", CLOSE)
            if not message.get("more_body", False):
                return {"type": "http.request", "body": bytes(body), "more_body": False}
            limit.deadline += len(piece) / BYTES_PER_S
    return problem(408, "too-slow", "the request did not come to its end: send it again", CLOSE)
