"""Imports recorded files: a few read at once, then waits until all is searchable."""

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from json import dumps
from pathlib import Path
from typing import Any

from pipeline.cli.import_desk import ImportDesk, Progress
from pipeline.cli.import_outcome import Outcome
from pipeline.cli.import_plan import Order, Planned, Planner, say_start
from pipeline.cli.import_progress import import_progress
from pipeline.cli.import_summary import Summary
from pipeline.cli.next_step import say_next_step
from pipeline.config import Settings
from pipeline.errors import ConfigError
from pipeline.logs import printable
from pipeline.machine import cores, free_memory_bytes
from pipeline.names import check_name
from pipeline.reason_fields import NO_GROUNDS, Grounds
from pipeline.shutdown import Stop, stopping
from pipeline.store.runs import RunStore
from pipeline.wiring.readers import usual_readers
from pipeline.wiring.sessions import open_session
from pipeline.wiring.settings import read_settings
from pipeline.wiring.stores import open_stores
from pipeline.wiring.trust import synthetic_models
from pipeline.wiring.weights import detector_name, encoder_name, open_library


def import_files(
    order: Order,
    *,
    config: Path | None,
    detector: str | None,
    model: str | None,
    as_json: bool,
    grounds: Grounds = NO_GROUNDS,
) -> Summary:
    """Import every file of `order`, and say what came of each.

    Raises:
        ConfigError: what was asked for makes no sense.
        SourceUnreadable: a file is missing, no video, or damaged; the others were imported.
    """
    settings = read_settings(config, model=model, detector=detector)
    check_name("camera", order.camera)
    check_name("collection", order.collection)
    if order.collection == "live":
        raise ConfigError("--collection live is for cameras: choose another name")
    with stopping() as stop:
        summary = _import(order, settings, stop, as_json=as_json, asked=model, grounds=grounds)
    if as_json:
        sys.stdout.write(dumps(summary.as_json()) + "\n")
    else:
        sys.stdout.write(summary.text())
    used = [detector_name(settings), encoder_name(settings)]
    say_next_step(used, synthetic_models(open_library(settings)))
    summary.raise_if_failed()
    return summary


def _import(
    order: Order,
    settings: Settings,
    stop: Stop,
    *,
    as_json: bool,
    asked: str | None,
    grounds: Grounds,
) -> Summary:
    began = time.monotonic()
    with import_progress() as (bars, progress_of):
        planner = Planner(order, settings, bars, stop)
        # Everything that can be wrong with what was named is said before anything is started.
        extent = planner.survey()
        progress = progress_of(extent)
        heard = Progress(began=progress.began, read=progress.read, over=progress.over)
        need = frozenset({"embed"})
        with (
            _ending(planner),
            open_session(
                settings, need=need, stopped=stop.is_set, asked=asked, grounds=grounds
            ) as session,
            session.noting().changing("import", **_noted(order)),
        ):
            stores = open_stores(settings, session.redis_url)
            planner.know(known_starts(stores.runs, order.camera))
            readers = min(order.readers or _usual(order), max(extent.files, 1))
            desk = ImportDesk(session, stores, bars, stop, readers=readers)
            summary = Summary()
            for outcome in desk.import_all(_said(planner.plans()), heard):
                summary.add(outcome)
                _tell(outcome, as_json=as_json)
            summary.troubles(planner.complaints)
            desk.wait_until_embedded()
    summary.seconds = time.monotonic() - began
    return summary


def _noted(order: Order) -> dict[str, Any]:
    """What an import is told by in the audit."""
    files = [printable(str(path)) for path in order.paths]
    return {"files": files, "camera": order.camera, "collection": order.collection}


@contextmanager
def _ending(planner: Planner) -> Iterator[None]:
    """Whatever happens, the thread that looks at files does not outlive the import."""
    try:
        yield
    finally:
        planner.end()


def known_starts(runs: RunStore, camera_id: str) -> dict[str, float]:
    """When each file that a camera was given began, by digest: as its first import had it."""
    files = [run for run in runs.of_camera(camera_id) if run.digest]
    files.sort(key=lambda run: run.imported_at or 0.0, reverse=True)
    return {run.digest: run.started_at for run in files}


def _usual(order: Order) -> int:
    # As it was filmed: one thing after the other.
    return 1 if order.realtime else usual_readers(cores(), free_memory_bytes())


def _said(plans: Iterable[Planned]) -> Iterable[Planned]:
    for planned in plans:
        if planned.start is not None:
            say_start(planned.recording.path, planned.start)
        yield planned


def _tell(outcome: Outcome, *, as_json: bool) -> None:
    if outcome.trouble is not None and not outcome.planned.is_skipped:
        sys.stderr.write(f"{printable(str(outcome.trouble))}\n")
    result = outcome.imported
    if result is None or as_json:
        return
    known = ", known before" if result.known else ""
    sys.stdout.write(
        f"{printable(result.file)}: {result.frames} frames, {result.frames_looked_at} looked at, "
        f"{result.frames_skipped} without motion, {result.tracks} tracks, "
        f"{result.boxes_seen} boxes seen, {result.shots_encoded} shots encoded, "
        f"{result.tracks_without_shots} too small to judge ({result.state}{known})\n"
    )
    sys.stdout.flush()
