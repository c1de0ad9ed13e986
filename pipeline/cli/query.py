"""`descry query`: a description looked over, and not searched."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from pipeline.cli.options import JsonOption
from pipeline.query_answers import did_you_mean

if TYPE_CHECKING:
    from pipeline.query_answers import QueryAnswer


def query(
    text: Annotated[
        str,
        typer.Argument(help="What the person looks like; - reads it from standard input."),
    ],
    as_json: JsonOption = False,
) -> None:
    """Say what of a description is searched and what cannot be seen; nothing is searched.

    Exit 0 with notes or without, 2 where a search refuses the description.
    """
    # Imported late: `descry --help` must not wait for the tokenizer.
    from pipeline.workers.diagnosing import look_over
    from retrieval.errors import QueryRefused

    if text == "-":  # a command line is there for every user of the machine to read
        text = sys.stdin.readline().strip()
    told = look_over(text)
    if as_json:
        sys.stdout.write(told.model_dump_json() + "\n")
        if not told.searchable:
            raise typer.Exit(2)
        return
    if not told.searchable:
        raise QueryRefused(told.query_notes[0].text)
    _show(told)


def _show(told: "QueryAnswer") -> None:
    console = Console()
    phrases = ", ".join(f"{phrase.text} ({phrase.kind})" for phrase in told.phrases)
    console.print(f"read as: {phrases or told.query}", markup=False, highlight=False)
    for note in told.query_notes:
        console.print(f"! {note.text}", style="dim", markup=False)
    if told.suggestion is not None:
        console.print(did_you_mean(told.suggestion), style="bold", markup=False)
    if not told.query_notes and told.suggestion is None:
        console.print("nothing to say against it", style="dim")
