"""`descry token`: what programs ask by."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.callers import Role
from pipeline.cli.options import ConfigOption, JsonOption
from pipeline.cli.user import CameraOption, RoleOption, asked

if TYPE_CHECKING:
    from pipeline.account_answers import TokenAnswer

app = typer.Typer(no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What it is for: parking-desk, say.")],
    role: RoleOption = Role.VIEWER,
    camera: CameraOption = None,
    expires: Annotated[
        str, typer.Option("--expires", help="How long it is good for: 12h, 90d; or never.")
    ] = "90d",
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Make a token, and show it, once: nobody can show it again.

    It goes in the header `Authorization: Bearer …`, or in a file for api.token_file.
    """
    from pipeline.account_answers import TokenRequest
    from pipeline.wiring.account_access import reach_accounts
    from pipeline.wiring.settings import read_settings

    request = asked(TokenRequest, name=name, role=role, cameras=camera, expires_s=_seconds(expires))
    with reach_accounts(read_settings(config)) as (desk, me):
        made = desk.create_token(request, by=me)
    if not json:
        sys.stderr.write(line_of(made) + "\nThe token, shown this once:\n")
    sys.stdout.write((made.model_dump_json() if json else str(made.token)) + "\n")


@app.command("list")
def list_tokens(json: JsonOption = False, config: ConfigOption = None) -> None:
    """List every token, one a line, the expired too."""
    from pipeline.wiring.account_access import reach_accounts
    from pipeline.wiring.settings import read_settings

    with reach_accounts(read_settings(config)) as (desk, _):
        for token in desk.tokens():
            sys.stdout.write((token.model_dump_json() if json else line_of(token)) + "\n")


@app.command()
def revoke(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="As 'descry token list' has it.")],
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Let a token open nothing from now on."""
    from pipeline.wiring.account_access import reach_accounts
    from pipeline.wiring.settings import read_settings

    with reach_accounts(read_settings(config)) as (desk, me):
        gone = desk.revoke_token(token_id, by=me)
    words = f"{gone.id} ({gone.name}) is revoked"
    sys.stdout.write((gone.model_dump_json() if json else words) + "\n")


def line_of(token: "TokenAnswer") -> str:
    """A token in a line for a person."""
    cameras = "all cameras" if token.cameras is None else ", ".join(token.cameras)
    until = "for ever" if token.expires_at is None else f"until {token.expires_at}"
    owner = "nobody's" if token.owner is None else f"of {token.owner}"
    used = "never used" if token.used_at is None else f"used {token.used_at}"
    return f"{token.id}  {token.name}  {token.role}  {cameras}  {until}  {used}  {owner}"


def _seconds(text: str) -> float | None:
    from pipeline.durations import parse_duration
    from pipeline.errors import ConfigError

    if text == "never":
        return None
    try:
        return parse_duration(text)
    except ValueError as error:
        raise ConfigError(f"--expires {error}, or never") from error
