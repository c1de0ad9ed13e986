"""`descry demo`: the main job on three cameras of the street, the truth beside each answer."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options import JsonOption


def demo(
    out: Annotated[Path, typer.Option(help="Where the contact sheet goes.")] = Path("descry-demo"),
    text: Annotated[
        str | None, typer.Option(help="Somebody else to look for, in your own words.")
    ] = None,
    footage: Annotated[
        Path | None,
        typer.Option(help="A folder that 'descry street render' wrote, with a queries.json."),
    ] = None,
    detector: Annotated[
        str | None, typer.Option(help="Name of a model, a file of weights, or a .json script.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="The encoder, by name.")] = None,
    keep: Annotated[
        bool,
        typer.Option("--keep", help="Leave the data folder there, for a look in the browser."),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Find and follow the people of three cameras, search them, and check it with the truth."""
    from pipeline.cli.demonstrating import Showing, demonstrate

    demonstrate(Showing(out, text, footage, detector, model, json, keep))
