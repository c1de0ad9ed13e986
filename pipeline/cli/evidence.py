"""`descry evidence`: check what was signed; no data folder is needed for that."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options import ConfigOption, JsonOption

app = typer.Typer(no_args_is_help=True)


@app.command()
def verify(
    pack: Annotated[Path, typer.Argument(help="An evidence pack, or a certificate of erasure.")],
    key: Annotated[
        str | None,
        typer.Option(help="Public key that must have signed it, as 'descry evidence key' says."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Say whether it is as it was signed: exit code 0 if it is, 5 if not, 2 if it is no file.

    Without --key anybody may have signed it: compare the key that is printed.
    """
    from pipeline.cli.verifying import verify_file

    verify_file(pack, key, as_json=json)


@app.command("key")
def public_key(config: ConfigOption = None) -> None:
    """Print the public key of this installation."""
    from pipeline.cli.verifying import print_key

    print_key(config)
