"""`descry user`: who may sign in, and what they may do."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from pipeline.callers import Role
from pipeline.cli.options import ConfigOption, JsonOption

if TYPE_CHECKING:
    from pydantic import BaseModel

    from pipeline.account_answers import UserAnswer

Request = TypeVar("Request", bound="BaseModel")
app = typer.Typer(no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Of the user.")]
RoleOption = Annotated[
    Role,
    typer.Option(
        "--role",
        help="viewer (searches, looks at hits), operator (also watches, cases, imports), "
        "administrator (also users, erasure, cameras).",
    ),
]
CameraOption = Annotated[
    list[str] | None,
    typer.Option("--camera", help="Sees only this camera; repeatable. All without it."),
]


@app.command()
def add(
    name: Name,
    role: RoleOption = Role.VIEWER,
    camera: CameraOption = None,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Add a user, and show the password for their first sign-in, once."""
    from pipeline.account_answers import UserRequest
    from pipeline.wiring.account_access import reach_accounts
    from pipeline.wiring.settings import read_settings

    request = asked(UserRequest, name=name, role=role, cameras=camera)
    with reach_accounts(read_settings(config)) as (desk, me):
        added = desk.add_user(request, by=me)
    _tell(added, json=json)
    _tell_password(added, json=json)


@app.command("list")
def list_users(json: JsonOption = False, config: ConfigOption = None) -> None:
    """List every user, one a line."""
    from pipeline.wiring.account_access import reach_accounts
    from pipeline.wiring.settings import read_settings

    with reach_accounts(read_settings(config)) as (desk, _):
        for user in desk.users():
            _tell(user, json=json)


@app.command()
def password(
    name: Name,
    one_time: Annotated[
        bool, typer.Option("--one-time", help="Draw one for their next sign-in, and show it once.")
    ] = False,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Set the password of a user, and end their sessions.

    It is asked for at the terminal; without one, it is the first line of standard input.
    """
    from pipeline.account_answers import UserChange
    from pipeline.wiring.account_access import reach_accounts
    from pipeline.wiring.settings import read_settings

    settings = read_settings(config)
    if one_time:
        change = UserChange(new_password=True)
    else:
        change = asked(UserChange, password=_read_password())
    with reach_accounts(settings) as (desk, me):
        changed = desk.change_user(name, change, by=me, is_owner=True)
    if json or one_time:
        _tell(changed, json=json)
        _tell_password(changed, json=json)
    else:
        sys.stdout.write(f"{changed.name} has a new password\n")


@app.command()
def remove(name: Name, json: JsonOption = False, config: ConfigOption = None) -> None:
    """Remove a user; where they are signed in, they are no more, and their API tokens end."""
    from pipeline.wiring.account_access import reach_accounts
    from pipeline.wiring.settings import read_settings

    with reach_accounts(read_settings(config)) as (desk, me):
        gone = desk.remove_user(name, by=me)
    ended = f"; API tokens of theirs that ended: {gone.tokens_ended}" if gone.tokens_ended else ""
    words = f"{gone.name} is removed{ended}"
    sys.stdout.write((gone.model_dump_json() if json else words) + "\n")


@app.command()
def disable(name: Name, json: JsonOption = False, config: ConfigOption = None) -> None:
    """Keep a user from signing in, and end their sessions; their API tokens open nothing then."""
    _set_state(name, "disabled", json=json, config=config)


@app.command()
def enable(name: Name, json: JsonOption = False, config: ConfigOption = None) -> None:
    """Let a user who was disabled sign in again, with the password that they had."""
    _set_state(name, "active", json=json, config=config)


def _set_state(name: str, state: str, *, json: bool, config: Path | None) -> None:
    from pipeline.account_answers import UserChange
    from pipeline.wiring.account_access import reach_accounts
    from pipeline.wiring.settings import read_settings

    change = asked(UserChange, state=state)
    with reach_accounts(read_settings(config)) as (desk, me):
        _tell(desk.change_user(name, change, by=me, is_owner=True), json=json)


def asked(kind: "type[Request]", **fields: object) -> "Request":
    """A request of these fields.

    Raises:
        ConfigError: one of them cannot be; which, and not what it holds.
    """
    from pydantic import ValidationError

    from pipeline.errors import ConfigError

    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        raise ConfigError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def line_of(user: "UserAnswer") -> str:
    """A user in a line for a person."""
    cameras = "all cameras" if user.cameras is None else ", ".join(user.cameras)
    last = "never signed in" if user.signed_in_at is None else f"signed in {user.signed_in_at}"
    line = f"{user.name}  {user.role}  {cameras}  {last}"
    line += "  disabled" if user.state == "disabled" else ""
    return line + ("  has to choose a password" if user.must_change_password else "")


def _tell(user: "UserAnswer", *, json: bool) -> None:
    sys.stdout.write((user.model_dump_json() if json else line_of(user)) + "\n")


def _tell_password(user: "UserAnswer", *, json: bool) -> None:
    if user.password is not None and not json:
        sys.stdout.write(f"password for one sign-in, shown this once: {user.password}\n")


def _read_password() -> str:
    """What is typed, twice; or the first line that comes in.

    Raises:
        ConfigError: nothing is, or not the same.
    """
    from getpass import getpass

    from pipeline.errors import ConfigError

    if not sys.stdin.isatty():
        line = sys.stdin.readline().rstrip("\r\n")
        if not line:
            raise ConfigError("no password came in: give it on the first line, or at a terminal")
        return line
    typed = getpass("New password: ")
    if getpass("Again: ") != typed:
        raise ConfigError("the two are not the same: nothing was changed")
    return typed
