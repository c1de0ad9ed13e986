"""`descry audit`: who asked what and was shown whom, and whether that is all as it was written."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options import ConfigOption, JsonOption

app = typer.Typer(no_args_is_help=True)


@app.command("list")
def list_entries(
    who: Annotated[str | None, typer.Option(help="Only of this user.")] = None,
    what: Annotated[str | None, typer.Option(help="Only this: search, clip, erasure, …")] = None,
    since: Annotated[str | None, typer.Option(help="10m, 2h, 3d ago, or ISO-8601.")] = None,
    until: Annotated[str | None, typer.Option(help="The same.")] = None,
    track: Annotated[
        str | None, typer.Option(help="Only what was about this track, or showed it.")
    ] = None,
    case: Annotated[str | None, typer.Option(help="Only what was asked for this case.")] = None,
    words: Annotated[
        str | None, typer.Option(help="Only with this in the description, reason or case.")
    ] = None,
    count: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 50,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """List what was noted, the latest first; looking is noted as well."""
    from pipeline.audit_answers import Filters
    from pipeline.cli.auditing import list_audit

    filters = Filters(who=who, what=what, track=track, case=case, words=words)
    list_audit(config, filters, since=since, until=until, count=count, json=json)


@app.command()
def verify(
    folder: Annotated[
        Path | None, typer.Argument(help="A copy of the folder `audit`.", show_default=False)
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="The public key, as 'audit heads' tells it.")
    ] = None,
    logs: Annotated[
        list[Path] | None,
        typer.Option("--log", help="Heads were logged here; repeatable, - for the input."),
    ] = None,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Check that no entry was changed, removed, moved or put in: exit code 5 if one was.

    The end of the audit is compared with the signed heads and with the heads that were logged.
    """
    from pipeline.cli.auditing import verify_audit

    verify_audit(config, folder=folder, key=key, logs=logs or [], json=json)


@app.command()
def heads(json: JsonOption = False, config: ConfigOption = None) -> None:
    """List the signed heads, and the public key: keep them elsewhere to compare with later."""
    from pipeline.cli.auditing import list_heads

    list_heads(config, json=json)
