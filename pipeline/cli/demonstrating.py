"""The demo: three cameras of the street, the real processes, and the truth beside each answer."""

import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from json import dumps
from pathlib import Path

from rich.console import Console

from pipeline.cli.demo_sheet import HITS_A_ROW, Row, Shown, draw_demo_sheet
from pipeline.cli.demo_table import (
    answer_of,
    as_mapping,
    clock,
    likelihood,
    notes_of,
    show_footage,
    show_score,
    show_verdicts,
    truth_of,
)
from pipeline.cli.next_step import FOR_REAL_FOOTAGE
from pipeline.cli.progress import Report, progress_bar
from pipeline.cli.searching import decoded
from pipeline.cli.street_import import (
    ImportedStreet,
    imported_street,
    installed_models,
    settings_apart,
)
from pipeline.client import Client
from pipeline.demo.footage import Footage, read_footage
from pipeline.demo.judging import Verdict, score
from pipeline.errors import ConfigError
from pipeline.shutdown import Stop, stopping
from retrieval.search.query import check_query

SHEET = "hits.png"
CONSOLE_PORT = 8765
#: The last lines of a demo whose data folder is kept.
CONSOLE = """\
Look at these people in a browser:
  DESCRY_DATA_DIR={data} DESCRY_API__PORT={port} descry run
  http://127.0.0.1:{port}/   sign in as admin, with the password that it shows once"""


@dataclass(frozen=True, slots=True)
class Showing:
    """What to show.

    Attributes:
        out: the folder in which the contact sheet is left.
        text: a description of one's own, besides those of the footage.
        footage: a folder of clips, their truth and their `queries.json`; the demo's own if None.
        detector: instead of the default one; of the installed ones, too.
        model: the encoder, instead of the default one; likewise.
        keep: leave the data folder beside the sheet, and say how to open the console on it.
        as_json: one JSON object on standard output, and nothing else there.
    """

    out: Path
    text: str | None = None
    footage: Path | None = None
    detector: str | None = None
    model: str | None = None
    as_json: bool = False
    keep: bool = False

    @property
    def kept(self) -> Path | None:
        """Where the data folder is left; None where it goes."""
        return (self.out / "data").absolute() if self.keep else None

    @property
    def names_weights(self) -> bool:
        """Whether other weights than the default ones are asked for, which may be installed."""
        return self.detector is not None or self.model is not None


def demonstrate(showing: Showing) -> None:
    """Import the demo's clips, search its descriptions, and say how well that went.

    Raises:
        ConfigError: the sheet cannot be written.
        DatasetUnusable: the footage is incomplete.
        QueryRefused: the text cannot be searched.
        KeyboardInterrupt: the user had enough.
    """
    began = time.monotonic()
    if showing.text is not None:
        check_query(showing.text)  # at once, not once the workers are up
    with read_footage(showing.footage) as footage:
        _make_folder(showing.out)
        _show(showing, footage, began)


def _show(showing: Showing, footage: Footage, began: float) -> None:
    sheet = showing.out / SHEET
    with (
        stopping() as stop,
        settings_apart(
            "descry-demo-",
            detector=showing.detector,
            model=showing.model,
            models=installed_models() if showing.names_weights else None,
            keep=showing.kept,
        ) as settings,
    ):
        with (
            progress_bar() as bars,
            imported_street(footage.clips, settings, bars, stop) as street,
        ):
            verdicts = _ask(street, footage, showing.text, bars("search"), stop)
            _draw(verdicts, footage, street.client, sheet)
        footage_s = street.footage_s
    wall_s = time.monotonic() - began
    total = score(verdicts)
    if showing.as_json:
        told = as_mapping(verdicts, total, footage, footage_s=footage_s, wall_s=wall_s)
        sys.stdout.write(dumps(told) + "\n")
        return
    console = Console()
    console.print()
    show_verdicts(verdicts, footage, console)
    show_score(total, console)
    show_footage(footage, sheet, console, footage_s=footage_s, wall_s=wall_s)
    console.print(FOR_REAL_FOOTAGE, highlight=False, markup=False, soft_wrap=True)
    if showing.kept is not None:
        address = CONSOLE.format(data=shlex.quote(str(showing.kept)), port=CONSOLE_PORT)
        console.print(address, highlight=False, markup=False, soft_wrap=True)


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"cannot make {out} ({error.strerror}): choose --out") from error


def _ask(
    street: ImportedStreet, footage: Footage, text: str | None, report: Report, stop: Stop
) -> list[Verdict]:
    asked: list[tuple[str, tuple[str, ...] | None]] = [
        (query.text, query.people) for query in footage.queries
    ]
    if text is not None:
        asked.append((text, None))
    verdicts = []
    for count, (words, people) in enumerate(asked, start=1):
        if stop.is_set():
            raise KeyboardInterrupt
        verdicts.append(street.judge(words, people))
        report(count, len(asked))
    return verdicts


def _draw(verdicts: Sequence[Verdict], footage: Footage, client: Client, out: Path) -> None:
    notes = notes_of(verdicts)
    draw_demo_sheet(
        [_row(verdict, footage, client) for verdict in verdicts],
        title=f"DESCRY  ·  {len(footage.people)} people, {len(footage.clips)} cameras: "
        "green, the description fits; red, it does not",
        notes=notes,
        out=out,
    )


def _row(verdict: Verdict, footage: Footage, client: Client) -> Row:
    expected = frozenset(verdict.expected)
    hits = [
        Shown(
            picture=decoded(client.picture(hit.thumbnail)),
            likelihood=likelihood(hit.probability),
            place=f"{hit.camera} {clock(hit.best_shots[0].captured_at)}",
            is_expected=None if verdict.people is None else hit.track in expected,
        )
        for hit in verdict.answer.hits[:HITS_A_ROW]
    ]
    answer = answer_of(verdict).replace("\n", ", ")
    truth = ["truth:", *truth_of(verdict, footage).replace("–", "-").splitlines()]
    return Row(verdict.answer.query, answer, truth, verdict.is_right, hits)
