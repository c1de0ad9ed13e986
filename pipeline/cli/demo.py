"""`descry demo`: the main job on a clip that is drawn on the spot."""

from pathlib import Path
from typing import Annotated

import typer


def demo(
    out: Annotated[Path, typer.Option(help="Where the clip and the contact sheet go.")] = Path(
        "descry-demo"
    ),
    text: Annotated[
        str, typer.Option(help="Whom to look for.")
    ] = "a woman in a red coat with a black rucksack",
) -> None:
    """Draw a clip, find and follow the people in it, search them by description."""
    from pipeline.cli.demonstrating import demonstrate

    demonstrate(out, text)
