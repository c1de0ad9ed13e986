"""`descry erase`: nothing of some tracks is left, or it is said where."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options import CaseOption, ConfigOption, JsonOption, ReasonOption


def erase(
    tracks: Annotated[
        list[str],
        typer.Argument(
            help="Names, as 'descry tracks list' has them; - reads them from the input."
        ),
    ],
    certificate: Annotated[
        Path | None, typer.Option(help="File for a signed proof, if nothing of them is left.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    reason: ReasonOption = "",
    case: CaseOption = "",
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Erase tracks for good, then search the data folder for what is left (exit code 4)."""
    from pipeline.cli.erasing import run_erase
    from pipeline.reason_fields import Grounds

    grounds = Grounds(reason, case)
    run_erase(tracks, yes=yes, json=json, config=config, certificate=certificate, grounds=grounds)
