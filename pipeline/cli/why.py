"""`descry why`: which words and which parts of its picture support the match of a shot."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.options import CaseOption, ConfigOption, JsonOption, ReasonOption

if TYPE_CHECKING:
    from pipeline.why_answers import WhyAnswer

BAR = 30
"""Signs of the longest bar."""


def why(
    shot: Annotated[str, typer.Argument(help="camera/run/track/shot; as search --json.")],
    text: Annotated[
        str,
        typer.Argument(help="What the person looks like; - reads it from standard input."),
    ],
    out: Annotated[
        Path | None, typer.Option(help="Write the picture with the map over it, a PNG.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="The encoder, by name.")] = None,
    reason: ReasonOption = "",
    case: CaseOption = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Say which words and which parts of its picture support the match of a shot.

    What supports is what would raise the score; it is no verdict, which a search gives.
    """
    from pipeline.cli.explaining import ask
    from pipeline.reason_fields import Grounds

    if text == "-":  # a command line is there for every user of the machine to read
        text = sys.stdin.readline().strip()
    told = ask(shot, text, config=config, model=model, out=out, grounds=Grounds(reason, case))
    if as_json:
        sys.stdout.write(told.model_dump_json() + "\n")
        return
    sys.stdout.write("\n".join(lines_of(told)) + "\n")
    if out is not None:
        sys.stderr.write(f"map: {out}\n")


def lines_of(told: "WhyAnswer") -> list[str]:
    """The words with bars, and what to know of them."""
    longest = max((len(word.text) for word in told.words), default=0)
    bars = [
        f"{word.text:{longest}}  {word.relevance:4.2f}  {'█' * round(BAR * word.relevance)}"
        for word in told.words
    ]
    head = f"{told.shot}: score {told.score:.3f} for '{told.query}'; model {told.model}"
    return [*(f"! {note}" for note in told.notes), head, *(bar.rstrip() for bar in bars)]
