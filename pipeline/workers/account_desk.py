"""Adds, changes and removes users and API tokens."""

import logging
from collections.abc import Collection

from pipeline.account_answers import (
    TokenAnswer,
    TokenRequest,
    UserAnswer,
    UserChange,
    UserRequest,
)
from pipeline.clock import Clock
from pipeline.errors import ConfigError
from pipeline.instants import format_instant
from pipeline.store.accounts import Accounts, User, check_user
from pipeline.store.api_tokens import ApiToken, ApiTokens
from pipeline.store.passwords import Passwords, check_password, one_time_password

log = logging.getLogger(__name__)


class AccountDesk:
    """What the routes of users and tokens ask, and the command line where nothing runs."""

    def __init__(
        self, accounts: Accounts, tokens: ApiTokens, passwords: Passwords, clock: Clock
    ) -> None:
        self._accounts, self._tokens = accounts, tokens
        self._passwords, self._clock = passwords, clock

    def users(self) -> list[UserAnswer]:
        """Every user, by name."""
        return [_user_answer(user) for user in self._accounts.users()]

    def add_user(self, request: UserRequest, *, by: str) -> UserAnswer:
        """Add a user, with a password for one use.

        Raises:
            ConfigError: the name is taken or none, or the cameras make no sense.
        """
        check_user(request.name)
        drawn = one_time_password()
        user = self._accounts.add(
            request.name,
            self._passwords.hash(drawn),
            request.role,
            request.cameras,
            self._clock.now(),
        )
        log.info("%s added the user %s, %s", by, user.name, user.role)
        return _user_answer(user, drawn)

    def change_user(self, name: str, change: UserChange, *, by: str, is_owner: bool) -> UserAnswer:
        """Give a user another role, other cameras, another password; disable or enable them.

        Args:
            name: whose.
            change: to what.
            by: the caller who does it.
            is_owner: whether that is who owns the installation's data folder, and may set a
                password that need not be changed.

        Raises:
            NotFound: there is no such user.
            ConfigError: nobody would be left to administer, or the change makes no sense.
        """
        user = self._accounts.get(name)
        if change.all_cameras and change.cameras is not None:
            raise ConfigError("cameras and all_cameras contradict each other: send one of them")
        if change.role is not None or change.cameras is not None or change.all_cameras:
            role = change.role or user.role
            cameras: Collection[str] | None = change.cameras
            if cameras is None and not change.all_cameras:
                cameras = user.cameras
            self._accounts.change(name, role, cameras)
        if change.state is not None:
            self._accounts.disable(name, is_disabled=change.state == "disabled")
        drawn = self._set_password(name, change, is_owner=is_owner)
        log.info("%s changed the user %s", by, name)
        return _user_answer(self._accounts.get(name), drawn)

    def _set_password(self, name: str, change: UserChange, *, is_owner: bool) -> str | None:
        """Put a new password in place, if one is asked for; what was drawn."""
        if change.password is not None:
            if not is_owner:
                raise ConfigError(
                    "only who owns the data folder sets the password of another: draw one for one "
                    "use with new_password, or run 'descry user password' on that machine"
                )
            given = check_password(name, change.password.get_secret_value())
            self._accounts.set_password(name, self._passwords.hash(given), must_change=False)
        elif change.new_password:
            drawn = one_time_password()
            self._accounts.set_password(name, self._passwords.hash(drawn), must_change=True)
            return drawn
        return None

    def remove_user(self, name: str, *, by: str) -> UserAnswer:
        """Remove a user; where they are signed in, they are no more, and their tokens end.

        Raises:
            NotFound: there is no such user.
            ConfigError: nobody would be left to administer.
        """
        ended = self._tokens.count_of(name)
        user = self._accounts.remove(name)
        log.info("%s removed the user %s; %d API tokens of theirs ended", by, name, ended)
        return _user_answer(user).model_copy(update={"tokens_ended": ended})

    def tokens(self) -> list[TokenAnswer]:
        """Every token, the expired too, by name."""
        return [_token_answer(token) for token in self._tokens.tokens()]

    def create_token(self, request: TokenRequest, *, by: str) -> TokenAnswer:
        """A new token; its text is in this answer and nowhere else.

        Raises:
            ConfigError: the name is taken or none, or the cameras make no sense.
        """
        now = self._clock.now()
        token, text = self._tokens.create(
            request.name,
            request.role,
            request.cameras,
            created_by=by,
            now=now,
            expires_at=None if request.expires_s is None else now + request.expires_s,
        )
        log.info("%s made the token %s (%s), %s", by, token.id, token.name, token.role)
        return _token_answer(token, text)

    def revoke_token(self, token_id: str, *, by: str) -> TokenAnswer:
        """Let a token open nothing any more.

        Raises:
            NotFound: there is none of that id.
        """
        token = self._tokens.revoke(token_id)
        log.info("%s revoked the token %s (%s)", by, token.id, token.name)
        return _token_answer(token)


def _named(cameras: frozenset[str] | None) -> list[str] | None:
    return None if cameras is None else sorted(cameras)


def _instant(at: float | None) -> str | None:
    return None if at is None else format_instant(at)


def _user_answer(user: User, drawn: str | None = None) -> UserAnswer:
    return UserAnswer(
        name=user.name,
        role=user.role,
        cameras=_named(user.cameras),
        must_change_password=user.must_change,
        created_at=format_instant(user.created_at),
        signed_in_at=_instant(user.signed_in_at),
        state="disabled" if user.is_disabled else "active",
        password=drawn,
    )


def _token_answer(token: ApiToken, text: str | None = None) -> TokenAnswer:
    return TokenAnswer(
        id=token.id,
        name=token.name,
        role=token.role,
        cameras=_named(token.cameras),
        created_by=token.created_by,
        created_at=format_instant(token.created_at),
        expires_at=_instant(token.expires_at),
        used_at=_instant(token.used_at),
        owner=token.owner,
        token=text,
    )
