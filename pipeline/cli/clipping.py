"""Asks for a clip, and says what it shows."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast, get_args

from pipeline.answers import ClipAnswer
from pipeline.case_answers import Blur
from pipeline.cli.progress import progress_bar
from pipeline.durations import parse_duration
from pipeline.errors import ConfigError
from pipeline.reason_fields import NO_GROUNDS, Grounds
from pipeline.wiring.exporting import build_export_desk
from pipeline.wiring.sessions import open_session
from pipeline.wiring.settings import read_settings
from pipeline.wiring.stores import open_stores
from pipeline.workers.clipping import parse_name


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line asks for, as typed."""

    hit: str
    out: Path
    before: str
    after: str
    look_in: Sequence[Path]
    blur: str | None = None
    grounds: Grounds = NO_GROUNDS


def write_clip(request: Request, *, config: Path | None, as_json: bool) -> ClipAnswer:
    """Write the clip of a hit.

    Raises:
        NotFound: no such track or shot.
        VideoGone: its video is kept nowhere, or not any more.
        ConfigError: a margin makes no sense, or the file cannot be written.
    """
    parse_name(request.hit)
    before_s, after_s = seconds("--before", request.before), seconds("--after", request.after)
    blur = as_blur(request.blur)
    for folder in request.look_in:
        if not folder.is_dir():
            raise ConfigError(f"--look-in {folder}: no such folder")
    settings = read_settings(config)
    with open_session(settings, need=frozenset(), grounds=request.grounds) as session:
        if session.redis_url is None:
            if blur is not None:
                raise ConfigError("--blur: the query worker hides what its export.blur says")
            with session.client() as client:
                answer = client.clip(
                    request.hit, before_s=before_s, after_s=after_s, out=request.out
                )
        else:
            stores, noting = open_stores(settings, session.redis_url), session.noting()
            desk = build_export_desk(settings, stores, request.look_in)
            noting.need_reason()
            noted = noting.changing("clip", key=request.hit, before_s=before_s, after_s=after_s)
            with noted, progress_bar() as bars:
                answer = desk.cut(
                    request.hit,
                    before_s=before_s,
                    after_s=after_s,
                    out=request.out,
                    blur=blur,
                    progress=bars("frames looked at and encoded"),
                )
    _tell(answer, as_json=as_json)
    return answer


def as_blur(text: str | None) -> Blur | None:
    """What `--blur` says.

    Raises:
        ConfigError: nothing that can be hidden.
    """
    for known in get_args(Blur):
        if text == known:
            return cast("Blur", known)
    if text is not None:
        raise ConfigError(f"--blur {text!r}: give none, heads or figures")
    return None


def seconds(flag: str, text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise ConfigError(f"{flag} {text!r} {error}") from error


def _tell(answer: ClipAnswer, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(answer.model_dump_json() + "\n")
        return
    times = f" (times from: {answer.time_from})" if answer.time_from else ""
    sys.stdout.write(
        f"{answer.path}: {answer.seconds:.1f} s, {answer.begin_at} to {answer.end_at}{times}; "
        f"the person from {answer.hit_from_s:.1f} s to {answer.hit_until_s:.1f} s; "
        f"cut from {answer.source}\n"
    )
    for note in answer.notes:
        sys.stderr.write(f"! {note}\n")
