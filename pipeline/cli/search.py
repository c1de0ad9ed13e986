"""`descry search`: a sentence in, tracks out."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options import ConfigOption, JsonOption


def search(
    text: Annotated[
        str, typer.Argument(help="What the person looks like; - reads it from standard input.")
    ],
    camera: Annotated[
        list[str] | None, typer.Option("--camera", help="Only this camera; may be repeated.")
    ] = None,
    collection: Annotated[
        list[str] | None, typer.Option("--collection", help="Only this collection; repeatable.")
    ] = None,
    since: Annotated[str | None, typer.Option(help="10m, 2h, 3d ago, or ISO-8601.")] = None,
    until: Annotated[str | None, typer.Option(help="The same.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, max=500, help="At most so many.")] = None,
    live: Annotated[bool, typer.Option("--live", help="Only people in view now.")] = False,
    zone: Annotated[
        list[str] | None, typer.Option("--zone", help="Only shots taken in this zone; repeatable.")
    ] = None,
    min_quality: Annotated[
        float, typer.Option(min=0, max=1, help="Only pictures of this quality or better, 0 to 1.")
    ] = 0.0,
    model: Annotated[str | None, typer.Option(help="The encoder, by name.")] = None,
    sheet: Annotated[Path | None, typer.Option(help="Draw the hits on a PNG.")] = None,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Find the tracks that look most like a description."""
    from pipeline.cli.searching import Question, answer

    if text == "-":  # a command line is there for every user of the machine to read
        text = sys.stdin.readline().strip()
    question = Question(
        text,
        camera or [],
        collection or [],
        since=since,
        until=until,
        limit=limit,
        live=live,
        zones=zone or [],
        min_quality=min_quality,
    )
    answer(question, config=config, model=model, sheet=sheet, as_json=json)
