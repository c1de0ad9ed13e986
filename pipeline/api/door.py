"""What the application lets callers in by: the parts of accounts that it is built with."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from pipeline.api.identity import Sessions, Tokens
from pipeline.api.saved import Saved
from pipeline.api.sessions import SigningIn
from pipeline.api.users import AccountDesk


@dataclass(frozen=True, slots=True)
class Door:
    """Who may come in, and how they show who they are.

    Attributes:
        signing_in: signs users in and out.
        sessions: finds their sessions.
        tokens: finds API tokens.
        desk: adds and removes users and tokens.
        saved: keeps their searches.
        is_set_up: whether an administrator has set a password of their own.
        now: Unix seconds.
        monotonic: seconds since some fixed instant.
        owners: users of this machine who need no token over the unix socket.
        public_url: the address that browsers know us by, where a proxy changes it.
        requests_per_minute: of each caller; None for no limit.
    """

    signing_in: SigningIn
    sessions: Sessions
    tokens: Tokens
    desk: AccountDesk
    saved: Saved
    is_set_up: Callable[[], bool]
    now: Callable[[], float]
    monotonic: Callable[[], float]
    owners: frozenset[int] = frozenset({0, os.geteuid()})
    public_url: str | None = None
    requests_per_minute: int | None = None

    @property
    def is_behind_tls(self) -> bool:
        """Whether browsers use https though we may not see it."""
        return (self.public_url or "").startswith("https:")
