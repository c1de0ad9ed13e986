"""Options that several verbs share."""

from pathlib import Path
from typing import Annotated

import typer

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="The settings file; DESCRY_CONFIG and ./descry.yaml otherwise."),
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it goes into the audit.")]
CaseOption = Annotated[str, typer.Option("--case", help="For which case; likewise.")]
JsonOption = Annotated[bool, typer.Option("--json", help="For programs.")]
