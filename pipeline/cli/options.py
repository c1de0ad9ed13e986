"""Options that several verbs share."""

from pathlib import Path
from typing import Annotated

import typer

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="The settings file; DESCRY_CONFIG and ./descry.yaml otherwise."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="For programs.")]
