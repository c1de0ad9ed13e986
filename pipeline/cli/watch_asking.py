"""Asks the query worker about watches."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from pipeline.cli.likeness import Likeness
from pipeline.cli.listing import path_of
from pipeline.cli.searching import short_instant
from pipeline.durations import parse_duration
from pipeline.errors import ConfigError
from pipeline.instants import parse_instant
from pipeline.reason_fields import NO_GROUNDS, Grounds
from pipeline.watch_answers import (
    AlertAnswer,
    TrialAnswer,
    TrialRequest,
    UndeliveredAnswer,
    WatchAnswer,
    WatchRequest,
)
from pipeline.watch_client import WatchClient
from pipeline.webhook_urls import check_webhook
from pipeline.wiring.sessions import open_session
from pipeline.wiring.settings import read_settings
from pipeline.workers.watch_desk import check_position, hours_of
from retrieval.search.query import check_query

_Request = TypeVar("_Request", WatchRequest, TrialRequest)


@contextmanager
def asking(config: Path | None, grounds: Grounds = NO_GROUNDS) -> Iterator[WatchClient]:
    """A way to the query worker; one is started if there is none; `grounds`: why, for the audit."""
    need = frozenset({"query"})
    with open_session(read_settings(config), need=need, grounds=grounds) as session:
        yield session.client()


def add_watch(
    config: Path | None, *, cooldown: str, likeness: Likeness, **asked: Any
) -> WatchAnswer:
    """Watch for a sentence, a picture or both from now on.

    Raises:
        QueryRefused: the sentence or the picture cannot be searched for.
        ConfigError: something else of it makes no sense.
        NotFound: a camera or zone does not exist.
    """
    request = _request(WatchRequest, cooldown=cooldown, likeness=likeness, **asked)
    with asking(config) as client:
        return client.add_watch(request)


def try_watch(
    config: Path | None, *, since: str, cooldown: str, likeness: Likeness, **asked: Any
) -> TrialAnswer:
    """What a watch would have told of what live cameras saw.

    Thumbnails are paths where pictures lie on this machine.

    Raises:
        QueryRefused: the sentence cannot be searched for.
        ConfigError: something else of it makes no sense.
        NotFound: a camera or zone does not exist.
    """
    try:
        since_at = parse_instant(since, now=time.time())
    except ValueError as error:
        raise ConfigError(f"--since {since!r} {error}") from error
    asked |= {"since": since_at}
    request = _request(TrialRequest, cooldown=cooldown, likeness=likeness, **asked)
    with open_session(read_settings(config), need=frozenset({"query"})) as session:
        found = session.client().test_watch(request)
        best = [
            each.model_copy(update={"thumbnail": path_of(each.thumbnail, session.media)})
            for each in found.best
        ]
        return found.model_copy(update={"best": best})


def _request(kind: type[_Request], *, cooldown: str, likeness: Likeness, **asked: Any) -> _Request:
    # at once, not once the workers are up
    if not asked["text"].strip() and not likeness.is_given:
        raise ConfigError("nobody to watch for: give a description, --like or --picture")
    if asked["text"].strip():
        check_query(asked["text"])
    hours_of(asked["hours"], asked["timezone"])
    if asked.get("webhook"):
        try:
            check_webhook(asked["webhook"])
        except ValueError as error:
            raise ConfigError(f"--webhook {error}") from error
    try:
        cooldown_s = parse_duration(cooldown)
    except ValueError as error:
        raise ConfigError(f"--cooldown {cooldown!r} {error}") from error
    try:
        return kind(cooldown_s=cooldown_s, **asked, **likeness.of_person())
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).removesuffix("_s").replace("_", "-")
        raise ConfigError(f"{name}: {first['msg'].lower()}") from error


def lines_of(found: TrialAnswer) -> list[str]:
    """What a watch would have told, for people.

    The first line says how many, the second by which rule; then the likeliest, each in one.
    """
    a_day = "" if found.alerts_per_day is None else f", {found.alerts_per_day:g} a day and camera"
    threshold = "none" if found.threshold is None else f"{found.threshold:.3f}"
    return [
        f"{found.alerts} alerts since {short_instant(found.since)}{a_day}",
        f"of these {found.expected_false_alarms:g} a day and camera are expected to be somebody "
        f"else; score to reach: {threshold}",
        *(
            f"{short_instant(each.seen_at)}  {each.score:.3f}  {each.track}  {each.thumbnail}"
            for each in found.best
        ),
    ]


def every_alert(config: Path | None, *, after: str | None, follow: bool) -> Iterator[AlertAnswer]:
    """What was told; with `follow` what is told from now on, or behind `after`.

    Thumbnails are paths where pictures lie on this machine.
    """
    if after is not None:
        check_position(after)
    with open_session(read_settings(config), need=frozenset({"query"})) as session:
        client = session.client()
        for told in client.follow(after) if follow else client.every_alert(after):
            thumbnail = path_of(told.thumbnail, session.media)
            yield told.model_copy(update={"thumbnail": thumbnail})


def line_of(told: AlertAnswer) -> str:
    """A word of an alert, for people."""
    at = short_instant(told.seen_at)
    return f"{at}  {told.type:6}  {told.watch}  {told.track}  {told.score:.3f}  {told.thumbnail}"


def undelivered_line(told: UndeliveredAnswer) -> str:
    """An alert that was not delivered, for people."""
    tries = f"{told.attempts} tries" if told.attempts != 1 else "1 try"
    return (
        f"{told.id}  {told.to}  {told.reason}  {tries} until {short_instant(told.failed_at)}  "
        f"{told.alert.type} of {told.alert.watch}, {told.alert.track}"
    )
