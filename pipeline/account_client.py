"""Asks a query worker about users and tokens."""

from urllib.parse import quote

from pipeline.account_answers import (
    TokenAnswer,
    TokenRequest,
    UserAnswer,
    UserChange,
    UserRequest,
)
from pipeline.client import Client


class AccountClient(Client):
    """A query worker, as what keeps accounts; the worker knows by itself who asks."""

    def users(self) -> list[UserAnswer]:
        """Every user, by name."""
        return [UserAnswer(**each) for each in self._listed("/api/v1/users")]

    def add_user(self, request: UserRequest, *, by: str = "") -> UserAnswer:
        """Add a user.

        Raises:
            ConfigError: the name is taken or none, or the cameras make no sense.
        """
        del by
        asked = request.model_dump(mode="json")
        return UserAnswer(**self._ask("POST", "/api/v1/users", json=asked).json())

    def change_user(
        self, name: str, change: UserChange, *, by: str = "", is_owner: bool = False
    ) -> UserAnswer:
        """Change a user.

        Raises:
            NotFound: there is no such user.
            ConfigError: the change makes no sense.
        """
        del by, is_owner
        asked = change.model_dump(mode="json", exclude_none=True)
        if change.password is not None:
            asked["password"] = change.password.get_secret_value()
        path = f"/api/v1/users/{quote(name, safe='')}"
        return UserAnswer(**self._ask("PATCH", path, json=asked).json())

    def remove_user(self, name: str, *, by: str = "") -> UserAnswer:
        """Remove a user.

        Raises:
            NotFound: there is no such user.
        """
        del by
        return UserAnswer(**self._ask("DELETE", f"/api/v1/users/{quote(name, safe='')}").json())

    def tokens(self) -> list[TokenAnswer]:
        """Every token, by name."""
        return [TokenAnswer(**each) for each in self._listed("/api/v1/tokens")]

    def create_token(self, request: TokenRequest, *, by: str = "") -> TokenAnswer:
        """Make a token.

        Raises:
            ConfigError: the name is taken or none, or the cameras make no sense.
        """
        del by
        asked = request.model_dump(mode="json")
        return TokenAnswer(**self._ask("POST", "/api/v1/tokens", json=asked).json())

    def revoke_token(self, token_id: str, *, by: str = "") -> TokenAnswer:
        """Let a token open nothing any more.

        Raises:
            NotFound: there is none of that id.
        """
        del by
        path = f"/api/v1/tokens/{quote(token_id, safe='')}"
        return TokenAnswer(**self._ask("DELETE", path).json())
