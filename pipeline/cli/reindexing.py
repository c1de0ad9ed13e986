"""Asks for a change of model, watches it, and says how it ended."""

import sys
import time
from collections.abc import Callable
from json import dumps
from pathlib import Path
from typing import Final

from pipeline.cli.progress import Report, progress_bar
from pipeline.errors import ConfigError, ReindexFailed, StoreUnavailable
from pipeline.logs import printable
from pipeline.shutdown import Stop, stopping
from pipeline.store.model_change import REVOCABLE, ModelChange, ModelStore, name_of
from pipeline.wiring.reindexing import ask_for_change
from pipeline.wiring.sessions import Session, open_session
from pipeline.wiring.settings import read_settings
from pipeline.wiring.stores import open_folder, open_stores

WATCH_EVERY_S: Final = 0.2

#: So many of the shots without a picture are told to a person; `--json` has more.
TOLD_AT_MOST: Final = 10


def change_model(name: str, *, config: Path | None, as_json: bool) -> None:
    """Change to a model, and return once searches use it.

    Raises:
        WeightsError: the model is unknown, not installed, or damaged.
        ConfigError: it is in use already, or a change to another is under way.
        NotFound: there is no shot yet.
        StoreFull: the disk has no room for a second index.
        ReindexFailed: the old model stays in use.
    """
    settings = read_settings(config, model=name)
    began = time.monotonic()
    with (
        stopping() as stop,
        open_session(settings, need=frozenset({"query"}), stopped=stop.is_set) as session,
    ):
        stores = open_stores(settings, session.redis_url)
        with session.noting().changing("reindex", model=name):
            ask_for_change(settings, stores, open_folder(settings).path, name)
        with progress_bar() as bars:
            report = bars(f"embed with {name}")
            change = _watch(session, stores.models, stop, _telling(report, as_json=as_json))
        names = [str(shot) for shot in stores.models.missing()]
    _end(change, names, time.monotonic() - began, as_json=as_json)


def cancel_change(*, config: Path | None, as_json: bool) -> None:
    """Take back the change that is under way, and return once nothing is left of it.

    Raises:
        ConfigError: there is none, or it has switched already.
    """
    settings = read_settings(config)
    with (
        stopping() as stop,
        open_session(settings, need=frozenset({"query"}), stopped=stop.is_set) as session,
    ):
        models = open_stores(settings, session.redis_url).models
        known = models.change()
        if known is None or not known.is_active:
            raise ConfigError("no change of model is under way")
        if known.state in REVOCABLE:
            models.undo()
        change = _watch(session, models, stop, lambda _change: None)
    if change.state == "done":
        raise ConfigError(
            f"{change.name} is in use already: 'descry reindex --model "
            f"{name_of(change.from_id)}' goes back"
        )
    if as_json:
        sys.stdout.write(dumps(told(change)) + "\n")
    else:
        sys.stdout.write(f"taken back: {name_of(change.from_id)} stays in use\n")


def _watch(
    session: Session, models: ModelStore, stop: Stop, tell: Callable[[ModelChange], None]
) -> ModelChange:
    """The change, once it is over."""
    if session.reindexing is not None:
        session.reindexing.insist()
    is_away = False
    while True:
        session.tend()
        try:
            change = models.change()
            is_away = False
        except StoreUnavailable as error:
            if not is_away:
                sys.stderr.write(f"{error}; waiting for it\n")
            is_away, change = True, None
        if change is not None:
            tell(change)
            if not change.is_active:
                return change
        if stop.wait(WATCH_EVERY_S):
            sys.stderr.write(
                "stopped watching: 'descry run' goes on with it, or the same command; "
                "'descry reindex --cancel' takes it back\n"
            )
            raise KeyboardInterrupt


def _telling(report: Report, *, as_json: bool) -> Callable[[ModelChange], None]:
    """Moves the bar, and says each step; with `as_json` each change is a line of its own."""
    steps = {
        "checking": "both indexes are compared",
        "switching": "the last shots are embedded",
        "tidying": "searches change to the new model",
    }
    last: list[object] = [None, None]

    def tell(change: ModelChange) -> None:
        if change.total:
            report(min(change.done, change.total), change.total)
        if as_json and last != [change.state, change.done]:
            sys.stdout.write(dumps(told(change)) + "\n")
            sys.stdout.flush()
        if change.state != last[0] and change.state in steps:
            sys.stderr.write(f"{steps[change.state]}\n")
        last[:] = [change.state, change.done]

    return tell


def _end(change: ModelChange, names: list[str], seconds: float, *, as_json: bool) -> None:
    if change.state == "failed":
        raise ReindexFailed(f"{printable(change.reason)} ({name_of(change.from_id)} stays in use)")
    if change.state == "cancelled":
        raise ReindexFailed(f"it was taken back: {name_of(change.from_id)} stays in use")
    if change.missing:
        named = ", ".join(names[:TOLD_AT_MOST])
        more = ", …" if change.missing > TOLD_AT_MOST else ""
        sys.stderr.write(
            f"{change.missing} without a picture that can be read, not found any more: "
            f"{printable(named)}{more}\n"
        )
    if as_json:
        sys.stdout.write(dumps(told(change) | {"without_picture": names}) + "\n")
    else:
        sys.stdout.write(
            f"{change.model_id} is in use: {change.done - change.missing} shots embedded, "
            f"{change.missing} without a picture, in {seconds:.0f} s; set encoder.model to "
            f"{change.name} in the settings\n"
        )


def told(change: ModelChange) -> dict[str, object]:
    """A change, for programs."""
    return {
        "model": change.model_id or change.name,
        "from": change.from_id,
        "state": change.state,
        "shots": change.total,
        "done": change.done,
        "missing": change.missing,
        "reason": change.reason,
    }
