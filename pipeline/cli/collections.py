"""`descry collections`: what was imported where, and the end of it."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.options import ConfigOption, JsonOption

if TYPE_CHECKING:
    from pipeline.answers import CollectionAnswer

app = typer.Typer(no_args_is_help=True)


@app.command("list")
def list_collections(json: JsonOption = False, config: ConfigOption = None) -> None:
    """List what each collection holds, one a line."""
    from pipeline.wiring.sessions import open_session
    from pipeline.wiring.settings import read_settings

    with open_session(read_settings(config), need=frozenset()) as session:
        for found in session.collections().collections():
            sys.stdout.write((found.model_dump_json() if json else line_of(found)) + "\n")


@app.command()
def remove(
    collection: Annotated[str, typer.Argument(help="Its name.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Forget a collection for good: pictures, tracks, runs, and all that can be found of it."""
    from pipeline.wiring.sessions import open_session
    from pipeline.wiring.settings import read_settings

    with open_session(read_settings(config), need=frozenset()) as session:
        collections = session.collections()
        if not yes:
            _ask(collection, collections.collections())
        gone = collections.remove_collection(collection)
    words = (
        f"{gone.collection}: {gone.tracks} tracks, {gone.shots} shots, {gone.pictures} pictures "
        f"and {gone.runs} runs are forgotten"
    )
    sys.stdout.write((gone.model_dump_json() if json else words) + "\n")


def _ask(name: str, known: "list[CollectionAnswer]") -> None:
    """Have a person say that this is what they want.

    Raises:
        ConfigError: nobody can be asked.
        DescryError: they do not.
    """
    from pipeline.errors import ConfigError, DescryError

    if not sys.stdin.isatty():
        raise ConfigError(f"{name} is forgotten for good: say so with --yes")
    for found in known:
        if found.collection == name:
            sys.stderr.write(line_of(found) + "\n")
    if not typer.confirm(f"Forget {name} for good?", err=True):
        raise DescryError("nothing was removed")


def line_of(found: "CollectionAnswer") -> str:
    """A collection in a line for a person."""
    from pipeline.durations import format_duration

    kept = "until removed" if found.kept_s is None else format_duration(found.kept_s)
    times = f"{found.first_captured_at or '–'} to {found.last_captured_at or '–'}"
    return (
        f"{found.collection}  {', '.join(found.cameras) or '–'}  {found.runs} runs  "
        f"{found.tracks} tracks  {found.shots} shots  {_size(found)}  kept {kept}  {times}"
    )


def _size(found: "CollectionAnswer") -> str:
    taken = "– MB" if found.bytes is None else f"{found.bytes / 1e6:,.1f} MB"
    return taken if found.budget_bytes is None else f"{taken} of {found.budget_bytes / 1e6:,.2f}"
