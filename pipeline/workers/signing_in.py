"""Signing in and out, and choosing a password of one's own."""

import logging
from typing import Final

from pipeline.clock import Clock
from pipeline.errors import NotFound, SignInRefused, TooManyAttempts
from pipeline.store.accounts import Accounts
from pipeline.store.login_sessions import LoginSession, LoginSessions, Seat
from pipeline.store.passwords import Passwords, check_password
from pipeline.workers.attempts import Attempts

log = logging.getLogger(__name__)

REFUSAL: Final = "no user of that name has that password"


class SigningIn:
    """What the session routes ask."""

    def __init__(
        self,
        accounts: Accounts,
        sessions: LoginSessions,
        passwords: Passwords,
        clock: Clock,
        attempts: Attempts | None = None,
    ) -> None:
        self._accounts, self._sessions = accounts, sessions
        self._passwords, self._clock = passwords, clock
        self._attempts = attempts or Attempts(clock.monotonic)

    @property
    def lasts_s(self) -> float:
        """Seconds after which a session ends, however it is used."""
        return self._sessions.lasts_s

    def sign_in(
        self, name: str, password: str, *, address: str, before: str | None = None
    ) -> LoginSession:
        """A new session of the user.

        Args:
            name: who they say they are.
            password: and what they know.
            address: where the request comes from.
            before: the cookie that came along: what it opens, if anything, is ended.

        Raises:
            SignInRefused: there is no such user, or the password is another one; nothing tells
                which.
            TooManyAttempts: of that name or from that address, lately.
            Busy: many are signing in.
        """
        kept = self._check(name, password, address)
        if self._passwords.is_dated(kept):
            before_it, kept = kept, self._passwords.hash(password)
            self._accounts.rehash(name, before_it, kept)
        if before is not None:
            self._sessions.end(before)
        try:
            session = self._sessions.begin(name, kept, self._clock.now())
        except NotFound as error:
            raise SignInRefused(REFUSAL) from error
        log.info("%s signed in", name)
        return session

    def sign_out(self, session: LoginSession) -> None:
        """End a session."""
        self._sessions.end(session.secret)

    def seats(self, session: LoginSession) -> list[Seat]:
        """Where the user of a session is signed in, the latest used first."""
        return self._sessions.seats(session, self._clock.now())

    def end_others(self, session: LoginSession) -> int:
        """Sign the user out everywhere else; of how many sessions."""
        ended = self._sessions.end_others(session)
        log.info("%s ended %d other sessions", session.user.name, ended)
        return ended

    def change_password(
        self, session: LoginSession, old: str, new: str, *, address: str
    ) -> LoginSession:
        """Choose another password: every session of the user ends, and a new one begins.

        Raises:
            SignInRefused: `old` is not the password.
            ConfigError: `new` cannot be one, or is the old one.
            TooManyAttempts: too many wrong passwords, lately.
        """
        name = session.user.name
        check_password(name, new, before=old)
        self._check(name, old, address)
        kept = self._passwords.hash(new)
        self._accounts.set_password(name, kept, must_change=False)
        log.info("%s has a new password", name)
        return self._sessions.begin(name, kept, self._clock.now())

    def _check(self, name: str, password: str, address: str) -> str:
        wait_s = self._attempts.begin(name, address)
        if wait_s > 0:
            raise TooManyAttempts(wait_s)
        kept = self._accounts.kept(name)
        if not self._passwords.fits(kept, password) or kept is None:
            log.warning("a sign-in failed")
            raise SignInRefused(REFUSAL)
        self._attempts.forgive(name, address)
        return kept
