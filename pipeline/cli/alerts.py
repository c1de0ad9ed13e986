"""`descry alerts`: what watches told."""

import sys
from typing import Annotated

import typer

from pipeline.cli.options import ConfigOption, JsonOption


def alerts(
    follow: Annotated[bool, typer.Option("--follow", help="Go on until Ctrl-C.")] = False,
    after: Annotated[
        str | None, typer.Option(help="Only what was told behind this id, an earlier `id`.")
    ] = None,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Tell of people that watches found while they were in view, and of what they do next."""
    from pipeline.cli.watch_asking import every_alert, line_of

    for told in every_alert(config, after=after, follow=follow):
        sys.stdout.write((told.model_dump_json() if json else line_of(told)) + "\n")
        sys.stdout.flush()
