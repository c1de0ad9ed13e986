"""Asks, and shows what came back: a table, JSON, a contact sheet."""

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image as PictureFile
from rich.console import Console
from rich.table import Table

from detectors.types import Image
from pipeline.answers import HitAnswer, SearchAnswer, SearchRequest
from pipeline.cli.evidence_marks import legend, marks_of
from pipeline.cli.likeness import NO_LIKENESS, Likeness
from pipeline.cli.listing import path_of
from pipeline.cli.paths import leg_lines, path_lines
from pipeline.cli.persons import person_lines
from pipeline.cli.sheet import Card, draw_sheet
from pipeline.client import Client
from pipeline.instants import parse_instant
from pipeline.journey_answers import ThenLeg
from pipeline.logs import printable
from pipeline.query_answers import did_you_mean
from pipeline.question_answers import how_to_answer
from pipeline.reason_fields import NO_GROUNDS, Grounds
from pipeline.wiring.sessions import open_session
from pipeline.wiring.settings import read_settings
from retrieval.search.query import check_query

NOBODY = "nobody to show: no shot lies within what was asked for"
NOBODY_WENT = "nobody to show: no track of a later camera began in time after a hit"
NO_MATCH = "no likely match: nobody stands out from people who do not fit; the nearest are"


@dataclass(frozen=True, slots=True)
class Question:
    """What the command line asks; times as typed."""

    text: str
    cameras: list[str]
    collections: list[str]
    since: str | None = None
    until: str | None = None
    limit: int | None = None
    live: bool = False
    zones: Sequence[str] = ()
    min_quality: float = 0.0
    likeness: Likeness = NO_LIKENESS
    then: Sequence[ThenLeg] = ()
    grounds: Grounds = NO_GROUNDS

    def request(self, *, now: float, default_limit: int) -> SearchRequest:
        """The same for the API.

        Raises:
            ConfigError: a time or a picture makes no sense.
        """
        return SearchRequest(
            **self.likeness.fields(),
            then=list(self.then),
            text=self.text,
            cameras=self.cameras,
            collections=self.collections,
            since=parse_instant(self.since, now=now) if self.since else None,
            until=parse_instant(self.until, now=now) if self.until else None,
            limit=self.limit or default_limit,
            live=self.live,
            zones=list(self.zones),
            min_quality=self.min_quality,
            reason=self.grounds.reason,
            case=self.grounds.case,
        )


def answer(
    question: Question,
    *,
    config: Path | None,
    model: str | None,
    sheet: Path | None,
    persons: bool = False,
    as_json: bool,
) -> None:
    """Search, and print the answer."""
    if question.text or not question.likeness.is_given:
        check_query(question.text)  # at once, not once the workers are up
    settings = read_settings(config, model=model)
    request = question.request(now=time.time(), default_limit=settings.search.limit)
    need = frozenset({"query"})
    with open_session(settings, need=need, asked=model, grounds=question.grounds) as session:
        client = session.client()
        found = client.search(request)
        if sheet is not None:
            write_sheet(found, client, sheet)
        show(found, media=session.media, persons=persons, as_json=as_json)
        if sheet is not None and not as_json:
            sys.stderr.write(f"contact sheet: {printable(str(sheet))}\n")


def show(found: SearchAnswer, *, media: Path | None, as_json: bool, persons: bool = False) -> None:
    """Print an answer; thumbnails are paths where the pictures lie on this machine.

    Args:
        found: what was answered.
        media: the folder of pictures, if it lies on this machine.
        as_json: all of it, in one line.
        persons: also who is probably the same person.
    """
    if as_json:
        local = found.model_copy(update={"hits": [_with_paths(h, media) for h in found.hits]})
        sys.stdout.write(local.model_dump_json() + "\n")
        return
    console = Console()
    about_query = {note.text for note in found.query_notes}
    for note in found.notes:
        style = "dim" if note in about_query else "yellow"
        console.print(f"! {note}", style=style, markup=False)
    if found.suggestion is not None:
        console.print(did_you_mean(found.suggestion), style="bold", markup=False)
    for line in leg_lines(found):
        console.print(line, style="dim", markup=False, highlight=False)
    if found.hits:
        _show_hits(found, console, persons=persons)
    else:
        console.print(NOBODY_WENT if found.legs else NOBODY, markup=False)
    console.print(_coverage_line(found), style="dim", markup=False)


def _show_hits(found: SearchAnswer, console: Console, *, persons: bool) -> None:
    if found.no_match:
        console.print(NO_MATCH, style="bold", markup=False)
    console.print(_table(found.hits))
    for line in path_lines(found):
        console.print(line, markup=False, highlight=False)
    if told := legend(found.hits):
        console.print(told, style="dim", markup=False)
    if persons:
        for line in person_lines(found):
            # Never cut in two: one line is a command that somebody copies.
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    if found.question is not None:
        console.print(how_to_answer(found.question), style="bold", markup=False, highlight=False)


def write_sheet(found: SearchAnswer, client: Client, out: Path) -> None:
    """Draw the hits on a PNG; it is passed on, so others in the pictures are hidden by setting."""
    cards = [card for hit in found.hits for card in _cards_of(hit, client)]
    draw_sheet(cards, title=found.query, notes=sheet_notes(found), out=out)


def _cards_of(hit: HitAnswer, client: Client) -> Iterator[Card]:
    """The card of a hit, and beside it one for each camera that it was followed to."""
    picture, at = decoded(client.exported_picture(hit.thumbnail)), hit.best_shots[0].captured_at
    yield Card(picture, hit.score, hit.camera, short_instant(at), hit.live, hit.rank)
    for step in hit.path[1:]:
        seen = decoded(client.exported_picture(step.thumbnail))
        at = short_instant(step.first_seen_at)
        yield Card(seen, step.link or 0.0, step.camera, at, live=False, rank=hit.rank)


def sheet_notes(found: SearchAnswer) -> list[str]:
    """What a sheet says below its title, as it is passed on without the table beside it."""
    refusal = ["no likely match"] if found.hits and found.no_match else []
    return [*refusal, *found.notes]


def decoded(data: bytes | None) -> Image | None:
    """(H, W, 3) RGB of a JPEG; None of None."""
    if data is None:
        return None
    return np.asarray(PictureFile.open(BytesIO(data)).convert("RGB"), np.uint8)


def _with_paths(hit: HitAnswer, media: Path | None) -> HitAnswer:
    shots = [
        shot.model_copy(update={"thumbnail": path_of(shot.thumbnail, media)})
        for shot in hit.best_shots
    ]
    path = [
        step.model_copy(update={"thumbnail": path_of(step.thumbnail, media)}) for step in hit.path
    ]
    update = {"thumbnail": path_of(hit.thumbnail, media), "best_shots": shots, "path": path}
    return hit.model_copy(update=update)


def _table(hits: list[HitAnswer]) -> Table:
    is_judged = any(hit.probability is not None for hit in hits)
    has_moved = any(hit.rank_before is not None for hit in hits)
    figures = ["#", *(["was"] if has_moved else []), *(["likely"] if is_judged else []), "score"]
    is_told = any(hit.evidence for hit in hits)
    table = Table(box=None, pad_edge=False)
    names = ["track", *(["zones"] if any(hit.zones for hit in hits) else [])]
    for heading in (*figures, *(["phrases"] if is_told else []), "seen", "for", *names):
        is_text = heading in {"phrases", "seen", *names}
        table.add_column(heading, justify="left" if is_text else "right")
    for hit in hits:
        first, last = (datetime.fromisoformat(at) for at in (hit.first_seen_at, hit.last_seen_at))
        table.add_row(
            str(hit.rank),
            *([str(hit.rank_before or "–")] if has_moved else []),
            *([percent(hit.probability)] if is_judged else []),
            f"{hit.score:.3f}",
            *([marks_of(hit.evidence)] if is_told else []),
            short_instant(hit.first_seen_at) + (" live" if hit.live else ""),
            f"{(last - first).total_seconds():.0f} s",
            hit.track,
            *([", ".join(hit.zones)] if "zones" in names else []),
        )
    return table


def percent(probability: float | None) -> str:
    """A probability for people, never certain; a dash where there is none.

    >>> [percent(p) for p in (0.834, 0.004, 0.999, None)]
    ['83 %', '< 1 %', '> 99 %', '–']
    """
    if probability is None:
        return "–"
    percent = round(100 * probability)
    if percent < 1:
        return "< 1 %"
    return f"{percent} %" if percent < 100 else "> 99 %"


def short_instant(instant: str) -> str:
    """An instant without its fraction, for people.

    >>> short_instant("2026-11-23T10:00:00.250Z")
    '2026-11-23 10:00:00Z'
    """
    return instant[:19].replace("T", " ") + "Z"


def _coverage_line(found: SearchAnswer) -> str:
    coverage = found.coverage
    watched = sum(camera.watched_s for camera in coverage.cameras)
    blind = sum(camera.blind_s for camera in coverage.cameras)
    unseen = sum(camera.tracks_without_shots for camera in coverage.cameras)
    return (
        f"{coverage.shots_searched} shots in the index; cameras: {len(coverage.cameras)}, "
        f"{watched / 60:.1f} minutes watched, {blind / 60:.1f} blind, "
        f"{unseen} people too small to judge; model {found.model.id}"
    )
