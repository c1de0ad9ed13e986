"""Users and tokens changed by a command that has no query worker to ask, noted like the rest."""

from dataclasses import dataclass

from pipeline.account_answers import (
    TokenAnswer,
    TokenRequest,
    UserAnswer,
    UserChange,
    UserRequest,
)
from pipeline.workers.account_desk import AccountDesk
from pipeline.workers.noted import Noting


@dataclass(frozen=True, slots=True)
class NotedAccounts:
    """An account desk whose uses stand in the audit; no password and no token does."""

    desk: AccountDesk
    noting: Noting

    def users(self) -> list[UserAnswer]:
        """Every user."""
        return self.noting.show("users", self.desk.users)

    def add_user(self, request: UserRequest, *, by: str) -> UserAnswer:
        """Add one, with a password for one use."""
        with self.noting.changing("user-add", name=request.name, role=request.role):
            return self.desk.add_user(request, by=by)

    def change_user(self, name: str, change: UserChange, *, by: str, is_owner: bool) -> UserAnswer:
        """Change one."""
        told = {"role": change.role, "cameras": change.cameras, "state": change.state}
        is_password = change.new_password or change.password is not None
        with self.noting.changing("user-change", name=name, password=is_password, **told):
            return self.desk.change_user(name, change, by=by, is_owner=is_owner)

    def remove_user(self, name: str, *, by: str) -> UserAnswer:
        """Remove one."""
        with self.noting.changing("user-remove", name=name):
            return self.desk.remove_user(name, by=by)

    def tokens(self) -> list[TokenAnswer]:
        """Every token."""
        return self.noting.show("tokens", self.desk.tokens)

    def create_token(self, request: TokenRequest, *, by: str) -> TokenAnswer:
        """Make one; it is in this answer and nowhere else."""
        with self.noting.changing("token-create", name=request.name, role=request.role):
            return self.desk.create_token(request, by=by)

    def revoke_token(self, token_id: str, *, by: str) -> TokenAnswer:
        """End one."""
        with self.noting.changing("token-revoke", token_id=token_id):
            return self.desk.revoke_token(token_id, by=by)
