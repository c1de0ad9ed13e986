"""Accounts in a folder, and what lets callers in by them, with a clock that stands still."""

from argon2 import PasswordHasher

from pipeline.api.door import Door
from pipeline.callers import Role
from pipeline.clock import ManualClock
from pipeline.store.account_file import AccountFile
from pipeline.store.accounts import Accounts
from pipeline.store.api_tokens import ApiTokens
from pipeline.store.login_sessions import LoginSessions
from pipeline.store.passwords import Passwords
from pipeline.store.saved_searches import SavedSearches
from pipeline.workers.account_desk import AccountDesk
from pipeline.workers.signing_in import SigningIn

#: Of no use against anybody who has the file, and quick.
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "correct horse battery"


class House:
    """The accounts of one installation."""

    def __init__(self, folder, *, is_set_up=True, clock=None):
        self.clock = clock or ManualClock()
        self.file = AccountFile(folder / "accounts.sqlite")
        self.accounts, self.tokens = Accounts(self.file), ApiTokens(self.file)
        self.sessions = LoginSessions(self.file, lasts_s=43_200, idle_s=3600)
        self.passwords = Passwords(CHEAP)
        self.signing_in = SigningIn(self.accounts, self.sessions, self.passwords, self.clock)
        self.accounts.begin(self.passwords.hash(PASSWORD), self.clock.now())
        if is_set_up:
            self.choose("admin")

    def choose(self, name, password=PASSWORD):
        """Have a user's password be their own."""
        self.accounts.set_password(name, self.passwords.hash(password), must_change=False)

    def user(self, name, role, cameras=None):
        """A user who has signed in before."""
        self.accounts.add(name, self.passwords.hash(PASSWORD), Role(role), cameras, 0.0)
        self.choose(name)

    def token(self, name, role, cameras=None, expires_at=None, by="local:0"):
        """The text of a new token; nobody's, or of the user `by`."""
        now = self.clock.now()
        return self.tokens.create(
            name, Role(role), cameras, created_by=by, now=now, expires_at=expires_at
        )[1]

    def door(self, **changed):
        """What lets callers in."""
        parts = {
            "signing_in": self.signing_in,
            "sessions": self.sessions,
            "tokens": self.tokens,
            "desk": AccountDesk(self.accounts, self.tokens, self.passwords, self.clock),
            "saved": SavedSearches(self.file),
            "is_set_up": self.accounts.is_set_up,
            "now": self.clock.now,
            "monotonic": self.clock.monotonic,
        }
        return Door(**(parts | changed))
