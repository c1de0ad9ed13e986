"""Bodies of requests, which the doorkeeper has measured, read by whoever stands before a route."""

from collections import deque
from collections.abc import Sequence

from starlette.types import Message, Receive


async def read_body(receive: Receive) -> list[bytes]:
    """All of a body, in the parts that it came in."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body", False):
            return parts


def give_again(body: Sequence[bytes], receive: Receive) -> Receive:
    """Gives the body once more, and then what comes behind it."""
    parts = deque(body)

    async def again() -> Message:
        if parts:
            part = parts.popleft()
            return {"type": "http.request", "body": part, "more_body": bool(parts)}
        return await receive()

    return again


async def nothing() -> Message:
    """What is received of somebody who is answered without being listened to."""
    return {"type": "http.disconnect"}
