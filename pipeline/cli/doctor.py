"""`descry doctor`: what of this machine is ready, and the next step for what is not."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.cli.options import ConfigOption, JsonOption

if TYPE_CHECKING:
    from pipeline.doctor_machine import Check

_SIGNS = {True: ("ok", "green"), None: ("look", "yellow"), False: ("FAILED", "red")}


def doctor(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Look this machine over: libraries, GPU, Redis, data folder, models; exit 1 if one fails."""
    # Imported late: `descry --help` must not wait for the settings and all they pull in.
    from pipeline.doctor import is_well, to_json
    from pipeline.wiring.checkup import examine_machine

    checks = examine_machine(config)
    if as_json:
        typer.echo(json.dumps(to_json(checks), ensure_ascii=False))
    else:
        Console().print(as_table(checks))
    if not is_well(checks):
        raise typer.Exit(1)


def as_table(checks: "Sequence[Check]") -> Table:
    """A row for each check, with the next step below what is amiss."""
    table = Table(box=None, show_header=False, pad_edge=False)
    for check in checks:
        word, colour = _SIGNS[check.ok]
        # Text and not a plain string: rich would read [a] in a path as a style.
        said = Text(check.detail)
        if check.remedy:
            said.append(f"\n→ {check.remedy}", style="bold")
        table.add_row(Text(word, style=colour), Text(check.name), said)
    return table
