"""The `descry` command: its verbs, and how each failure ends."""

import io
import sys
import traceback
from typing import Annotated

import typer
from typer import Abort
from typer._click.exceptions import ClickException  # typer brings its own click

from detectors.errors import DetectorError, DetectorUnusable
from pipeline.cli import (
    alerts,
    audit,
    cameras,
    case,
    clip,
    collections,
    config,
    doctor,
    encode,
    erase,
    evaluate,
    evidence,
    hold,
    index,
    models,
    query,
    reindex,
    replay,
    run,
    search,
    street,
    token,
    tracks,
    train,
    travel,
    user,
    watch,
    why,
    worker,
)
from pipeline.cli import demo as demo_verb
from pipeline.errors import DescryError
from pipeline.logs import printable
from retrieval.errors import (
    PlanRefused,
    QueryRefused,
    RetrievalError,
    WeightsUnknown,
    WeightsUnreachable,
    WeightsUnusable,
)

app = typer.Typer(
    name="descry",
    help="Find a person by description in live and recorded video.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog=(
        "Exit codes: 0 done, 1 failed, 2 impossible request, 3 something outside is down, "
        "4 erased, but something is left, 5 evidence or the audit was changed, 130 interrupted."
    ),
)
app.command()(run.run)
app.command()(replay.replay)
app.command()(search.search)
app.command()(query.query)
app.command()(why.why)
app.command()(clip.clip)
app.command()(travel.travel)
app.command()(alerts.alerts)
app.command()(erase.erase)
app.command()(reindex.reindex)
app.command()(encode.encode)
app.command()(evaluate.evaluate)
app.command()(demo_verb.demo)
app.command()(doctor.doctor)
app.add_typer(tracks.app, name="tracks", help="List tracks; export every tracked box.")
app.add_typer(cameras.app, name="cameras", help="What is watched, and whether it can be.")
app.add_typer(collections.app, name="collections", help="What was imported; forget it.")
app.add_typer(audit.app, name="audit", help="Who asked what: list, verify, heads.")
app.add_typer(hold.app, name="hold", help="Tracks that are kept and not erased: add, list.")
app.add_typer(case.app, name="case", help="Hits put together, with notes; evidence packs.")
app.add_typer(evidence.app, name="evidence", help="Check evidence packs and certificates.")
app.add_typer(watch.app, name="watch", help="Descriptions to be told of while people are in view.")
app.add_typer(index.app, name="index", help="What is searched: stats, verify, compact, rebuild.")
app.add_typer(user.app, name="user", help="Who may sign in: add, list, password, remove.")
app.add_typer(token.app, name="token", help="What programs ask by: create, list, revoke.")
app.add_typer(models.app, name="models", help="The weights: list, fetch, import, verify.")
app.add_typer(train.app, name="train", help="Pretrain and fine-tune GA-DMS; export weights.")
app.add_typer(street.app, name="street", help="People on a synthetic street, with perfect truth.")
app.add_typer(config.app, name="config", help="The settings: show, check, schema.")
app.add_typer(worker.app, name="worker", help="One worker, for an orchestrator.")

EXIT_INTERRUPTED = 130


@app.callback()
def entry(
    context: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Find a person by description in live and recorded video."""
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"descry {installed('descry')}")
        raise typer.Exit
    context.obj = {"debug": debug}


def exit_code_of(error: Exception) -> int:
    """What a failure ends with: 1 failed, 2 impossible, 3 something outside is down."""
    match error:
        case DescryError():
            return error.exit_code
        case QueryRefused() | PlanRefused():
            return 2
        case WeightsUnknown() | WeightsUnusable() | DetectorUnusable():
            return 2
        case WeightsUnreachable():
            return 3
        case _:
            return 1


def _say_what_is_no_text() -> None:
    """Let what is no UTF-8 stop nothing: a file's name in an answer, or a line that we read.

    What was typed comes the same way, and whoever needs a text refuses it.
    """
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="surrogateescape")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def main() -> None:
    """Run the command line: an expected failure is one line, a bug is a traceback."""
    _say_what_is_no_text()
    try:
        code = app(standalone_mode=False)
    except Abort:
        code = EXIT_INTERRUPTED
    except ClickException as error:
        error.show()
        code = error.exit_code
    except KeyboardInterrupt:
        code = EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of a pipe went away: nobody is left to tell.
        sys.stderr.close()
        code = 1
    except (DescryError, RetrievalError, DetectorError) as error:
        if "--debug" in sys.argv:
            traceback.print_exc()
        sys.stderr.write(f"descry: {printable(str(error))}\n")
        code = exit_code_of(error)
    sys.exit(code if isinstance(code, int) else 0)
