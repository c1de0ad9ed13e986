"""`descry models`: which weights there are, and getting them in and out."""

import json as json_format
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Column, Table

from pipeline.cli.options import ConfigOption, JsonOption

if TYPE_CHECKING:
    from retrieval.weights.download import Progress as Report
    from retrieval.weights.library import ModelLibrary
    from retrieval.weights.manifest import Entry, Kind

app = typer.Typer(no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="A name from `descry models list`.")]


@app.command("list")
def list_models(config: ConfigOption = None, json: JsonOption = False) -> None:
    """List every model known, installed or not."""
    library = _library(config)
    rows = [describe(library, entry) for entry in library.entries()]
    if json:
        for row in rows:
            typer.echo(json_format.dumps(row, ensure_ascii=False))
        return
    table = Table(Column("name", no_wrap=True), "kind", "installed", "size", "note")
    for row in rows:
        table.add_row(
            row["name"], row["kind"], _presence(row), readable_size(row["size"]), row["note"] or "",
        )  # fmt: skip
    Console().print(table)


@app.command("import")
def import_model(
    file: Annotated[Path, typer.Argument(help="A .pth, .pt or .safetensors file.")],
    name: Annotated[str, typer.Option("--name", help="What to call it.")],
    kind: Annotated[
        str | None, typer.Option("--kind", help="encoder or detector; told by the file if left out")
    ] = None,
    text_heads: Annotated[
        int | None,
        typer.Option("--text-heads", min=1, help="Heads of the text tower, if not width / 64."),
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Take weights from a file: GA-DMS, IRRA, RDE, OpenAI or open_clip, or a YOLO detector.

    Nothing in the file is executed. An encoder is stored as safetensors.
    """
    library = _library(config)
    entry = library.import_file(file, name, kind=_kind(kind), text_heads=text_heads)
    _say_installed(library, entry, as_json=json)


@app.command("pull")
def pull_model(
    name: Name,
    yes: Annotated[
        bool, typer.Option("--yes", help="Accept a file whose digest we do not know.")
    ] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Fetch weights that have a direct address; a broken fetch goes on where it stopped."""
    library = _library(config)
    with _download_bar(name) as (bar, report):

        def confirm(digest: str) -> bool:
            bar.stop()
            return yes or _confirm(name, digest)

        entry = library.pull(name, progress=report, confirm_digest=confirm)
    _say_installed(library, entry, as_json=json)


@app.command("verify")
def verify_models(
    name: Annotated[
        str | None, typer.Argument(help="One model; all installed if left out.")
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Read installed weights again and compare their digests; exit 1 if one differs."""
    results = _library(config).verify(name)
    for result in results:
        if json:
            row = {"name": result.name, "ok": result.is_ok, "detail": result.detail}
            typer.echo(json_format.dumps(row))
        else:
            typer.echo(f"{result.name}: {'ok' if result.is_ok else 'DAMAGED'}, {result.detail}")
    if not all(result.is_ok for result in results):
        raise typer.Exit(1)


@app.command("remove")
def remove_model(name: Name, config: ConfigOption = None) -> None:
    """Delete installed weights."""
    _library(config).remove(name)
    typer.echo(f"{name}: removed")


def describe(library: "ModelLibrary", entry: "Entry") -> dict[str, Any]:
    """A model as `--json` prints it."""
    return {**entry.to_mapping(), "installed": library.is_installed(entry.name)}


def _presence(row: dict[str, Any]) -> str:
    """What the column `installed` says: yes, no, or that it came with Descry."""
    if row["bundled"]:
        return "bundled, synthetic" if row["synthetic"] else "bundled"
    if not row["installed"]:
        return "no"
    return "yes, synthetic" if row["synthetic"] else "yes"


def readable_size(size_bytes: int | None) -> str:
    """Megabytes for a person; nothing where it is not known.

    >>> readable_size(5_503_929)
    '5.5 MB'
    """
    return "" if size_bytes is None else f"{size_bytes / 1e6:,.1f} MB"


def _library(config: Path | None) -> "ModelLibrary":
    # Imported late: `descry --help` must not wait for the settings and all they pull in.
    from pipeline.wiring.settings import read_settings
    from pipeline.wiring.weights import open_library

    return open_library(read_settings(config))


def _kind(text: str | None) -> "Kind | None":
    if text in {None, "encoder", "detector"}:
        return cast("Kind | None", text)
    raise typer.BadParameter(f"{text!r} is not encoder or detector", param_hint="--kind")


def _confirm(name: str, digest: str) -> bool:
    console = Console(stderr=True, soft_wrap=True)
    console.print(f"{name}: arrived with sha256 {digest}, which nobody told us to expect.")
    if not console.is_terminal:
        console.print("Not asked, as this is no terminal: run again with --yes to accept it.")
        return False
    return typer.confirm("Install it and expect this digest from now on?", err=True)


def _say_installed(library: "ModelLibrary", entry: "Entry", *, as_json: bool) -> None:
    if as_json:
        typer.echo(json_format.dumps(describe(library, entry), ensure_ascii=False))
        return
    typer.echo(f"{entry.name}: installed, {readable_size(entry.size)}, sha256 {entry.sha256}")


@contextmanager
def _download_bar(name: str) -> Iterator[tuple[Progress, "Report"]]:
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(),
        TimeRemainingColumn(), console=Console(stderr=True),
    )  # fmt: skip
    task = bar.add_task(name, total=None)

    def report(done: int, total: int | None) -> None:
        bar.start()  # no sooner: a model without an address has nothing to show
        bar.update(task, completed=done, total=total)

    try:
        yield bar, report
    finally:
        bar.stop()
