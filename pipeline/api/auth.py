"""Who may ask: whoever can read the token file of the data folder."""

import hmac
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Header, HTTPException


def require_token(token: str) -> Callable[[str | None], Awaitable[None]]:
    """A dependency that refuses requests without `Authorization: Bearer <token>`."""
    expected = f"Bearer {token}".encode()

    async def check(authorization: Annotated[str | None, Header()] = None) -> None:
        offered = (authorization or "").encode()
        # Compared in constant time: the answer's delay must not spell the token out.
        if not hmac.compare_digest(offered, expected):
            raise HTTPException(401, "send the token of the data folder as a bearer token")

    return check
