"""Nothing that the API answers stays in a browser, or in a cache on the way to it."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Uncached:
    """Says of every answer below `/api/` that nobody may keep it; a player asks for ranges anew."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                headers["Cache-Control"] = "private, no-store"
                message["headers"] = headers.raw
            await send(message)

        is_ours = scope["type"] == "http" and scope["path"].startswith("/api/")
        await self._app(scope, receive, told if is_ours else send)
