"""`descry worker`: one worker of one kind, for an orchestrator or for `descry run`."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.options import ConfigOption

if TYPE_CHECKING:
    from pipeline.config import Settings
    from pipeline.shutdown import Stop

app = typer.Typer(no_args_is_help=True)

# How the supervisor tells a worker who started it, so that the worker ends with it.
ParentOption = Annotated[int | None, typer.Option("--parent", hidden=True)]


@app.command()
def camera(
    only: Annotated[
        list[str] | None, typer.Option("--camera", help="Only this camera; repeatable.")
    ] = None,
    spool: Annotated[Path | None, typer.Option("--spool", hidden=True)] = None,
    name: Annotated[str, typer.Option("--name", hidden=True)] = "1",
    parent: ParentOption = None,
    config: ConfigOption = None,
) -> None:
    """Read cameras, find and follow people, publish shots."""
    from pipeline.wiring.workers import work_camera, work_replay

    def work(settings: "Settings", stop: "Stop") -> None:
        if spool is not None:
            work_replay(settings, spool, name, stop)
        else:
            work_camera(settings, only or [], stop)

    _work("camera", work, config, parent)


@app.command()
def embed(
    name: Annotated[str | None, typer.Option(help="This consumer; unique in the group.")] = None,
    parent: ParentOption = None,
    config: ConfigOption = None,
) -> None:
    """Turn published shots into vectors."""
    from pipeline.wiring.workers import work_embed

    _work("embed", lambda settings, stop: work_embed(settings, name, stop), config, parent)


@app.command()
def query(
    socket: Annotated[Path | None, typer.Option(help="Also listen on this unix socket.")] = None,
    parent: ParentOption = None,
    config: ConfigOption = None,
) -> None:
    """Keep the index, answer searches."""
    from pipeline.waiting_threads import threads_that_sleep

    with threads_that_sleep():
        from pipeline.wiring.workers import work_query

    _work("query", lambda settings, stop: work_query(settings, socket, stop), config, parent)


@app.command()
def reindex(parent: ParentOption = None, config: ConfigOption = None) -> None:
    """Carry on the change of model that `descry reindex` asked for, and end with it."""
    from pipeline.wiring.workers import work_reindex

    _work("reindex", work_reindex, config, parent)


@app.command()
def deliver(parent: ParentOption = None, config: ConfigOption = None) -> None:
    """Deliver alerts to webhooks and to an MQTT broker."""
    from pipeline.wiring.delivering import work_deliver

    _work("deliver", work_deliver, config, parent)


def _work(
    kind: str,
    work: "Callable[[Settings, Stop], None]",
    config: Path | None,
    parent: int | None,
) -> None:
    from pipeline.heap import giving_back
    from pipeline.logs import set_up_logging
    from pipeline.shutdown import die_with_parent, stopping
    from pipeline.wiring.settings import read_settings

    if parent is not None:
        die_with_parent(parent)
    settings = read_settings(config)
    set_up_logging(settings.log_level, name=kind)
    with stopping() as stop, giving_back():
        work(settings, stop)
    sys.stderr.flush()
    # Everything of ours is closed. Taking torch apart would add seconds to every stop.
    os._exit(stop.exit_code)
