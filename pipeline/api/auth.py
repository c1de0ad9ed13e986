"""Who may ask: whoever can read the token file of the data folder."""

import hmac
from collections import deque
from collections.abc import Collection, Mapping
from types import MappingProxyType

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.api.problems import problem
from pipeline.callers import FOLDER_HOLDER

# A sentence and a few names, or settings of a camera.
BODY_BYTES = 65_536


class Doorkeeper:
    """Looks at the token before anything else is read, and at the size while it is.

    A dependency of the framework would run only after the whole body was in memory.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        token: str,
        open_paths: Collection[str],
        large_paths: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        """Let requests through to `app`.

        Args:
            app: what answers them.
            token: whoever has it may ask.
            open_paths: asked without a token.
            large_paths: how many bytes a request may hold there; elsewhere `BODY_BYTES`.
        """
        self._app, self._open_paths, self._large_paths = app, open_paths, large_paths
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        offered = Headers(scope=scope).get("authorization", "").encode()
        # Compared in constant time: the answer's delay must not spell the token out.
        if scope["path"] not in self._open_paths and not hmac.compare_digest(
            offered, self._expected
        ):
            refusal = "send the token of the data folder as a bearer token"
            await problem(401, "unauthorized", refusal)(scope, receive, send)
            return
        most = self._large_paths.get(scope["path"], BODY_BYTES)
        messages = await _take_body(receive, most)
        if messages is None:
            refusal = f"a request may hold {most} bytes"
            await problem(413, "too-large", refusal)(scope, receive, send)
            return

        async def again() -> Message:
            return messages.popleft() if messages else await receive()

        scope.setdefault("state", {})["caller"] = FOLDER_HOLDER
        await self._app(scope, again, send)


async def _take_body(receive: Receive, most: int) -> deque[Message] | None:
    """The messages of a request's body; None if it is too large, and the rest of it unread."""
    messages: deque[Message] = deque()
    size = 0
    while True:
        message = await receive()
        messages.append(message)
        size += len(message.get("body", b""))
        if size > most:
            return None
        if message["type"] != "http.request" or not message.get("more_body", False):
            return messages
