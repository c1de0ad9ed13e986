"""`descry case`: hits put together with notes, held, and exported as evidence."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options import ConfigOption, JsonOption, ReasonOption

app = typer.Typer(no_args_is_help=True)

Case = Annotated[str, typer.Argument(help="Name of the case: theft-12.")]


@app.command()
def add(
    case: Case,
    hits: Annotated[
        list[str] | None, typer.Argument(help="camera/run/track, or camera/run/track/shot.")
    ] = None,
    search: Annotated[
        Path | None,
        typer.Option(help="Answer of 'descry search --json' that has the hits; - reads it."),
    ] = None,
    title: Annotated[str, typer.Option(help="Of a case that is begun with this.")] = "",
    notes: Annotated[str, typer.Option(help="Likewise.")] = "",
    note: Annotated[str, typer.Option(help="Of each hit.")] = "",
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Put hits into a case; it is begun if there is none of that name.

    With --search the scores and the evidence are noted as they were shown, and without names of
    hits all of the answer are taken.
    """
    from pipeline.cli.casing import Adding, add_hits

    adding = Adding(case, hits or [], search, title, notes, note)
    add_hits(adding, config=config, as_json=json)


@app.command("list")
def list_cases(json: JsonOption = False, config: ConfigOption = None) -> None:
    """List the cases, the newest first."""
    from pipeline.cli.casing import list_all

    list_all(config=config, as_json=json)


@app.command()
def show(case: Case, json: JsonOption = False, config: ConfigOption = None) -> None:
    """Show a case with its items."""
    from pipeline.cli.casing import run_on_case

    run_on_case(lambda book: book.show(case), config=config, as_json=json)


@app.command()
def note(
    case: Case,
    text: Annotated[str, typer.Argument(help="The note, in place of the one before.")],
    item: Annotated[int | None, typer.Option(help="Of this item; else of the case.")] = None,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Write what there is to say of a case or an item."""
    from pipeline.cli.casing import write_note

    write_note(case, text, item, config=config, as_json=json)


@app.command()
def hold(
    case: Case,
    release: Annotated[bool, typer.Option(help="Hold them no longer.")] = False,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Keep the tracks of a case past retention, and refuse to erase them."""
    from pipeline.cli.casing import run_on_case

    run_on_case(
        lambda book: book.let_go(case) if release else book.keep(case), config=config, as_json=json
    )


@app.command()
def remove(
    case: Case,
    items: Annotated[list[int] | None, typer.Argument(help="Items; none: all of the case.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    config: ConfigOption = None,
) -> None:
    """Take items out of a case, or forget the case; tracks stay."""
    from pipeline.cli.casing import remove_from

    remove_from(case, items or [], yes=yes, config=config)


@app.command()
def close(case: Case, json: JsonOption = False, config: ConfigOption = None) -> None:
    """Close a case: nothing of it changes any more."""
    from pipeline.cli.casing import set_status

    set_status(case, "closed", config=config, as_json=json)


@app.command("open")
def open_again(case: Case, json: JsonOption = False, config: ConfigOption = None) -> None:
    """Open a closed case again."""
    from pipeline.cli.casing import set_status

    set_status(case, "open", config=config, as_json=json)


@app.command()
def export(
    case: Case,
    out: Annotated[Path, typer.Option(help="The zip to write.")],
    before: Annotated[str, typer.Option(help="How long before a hit its clip begins.")] = "5s",
    after: Annotated[str, typer.Option(help="How long after it the clip ends.")] = "5s",
    blur: Annotated[
        str | None,
        typer.Option(help="Of others hide: none, heads or figures; never less than export.blur."),
    ] = None,
    look_in: Annotated[
        list[Path] | None,
        typer.Option("--look-in", help="A folder that imported files were moved to; repeatable."),
    ] = None,
    reason: ReasonOption = "",
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Write the evidence pack of a case: clips, pictures, a report, all signed."""
    from pipeline.cli.casing import Exporting, export_case

    exporting = Exporting(case, out, before, after, blur, look_in or [], reason)
    export_case(exporting, config=config, as_json=json)
