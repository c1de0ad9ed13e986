"""The demo's answers in a terminal, the truth beside each."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.cli.searching import percent, short_instant
from pipeline.demo.footage import Footage
from pipeline.demo.judging import Score, Verdict
from pipeline.instants import format_instant
from pipeline.logs import printable
from pipeline.street.footage.truth import Appearance

MARKS = {True: Text("✓", "bold green"), False: Text("✗", "bold red"), None: Text("–", "dim")}
# Of those whom a description fits; more would push the rest off the screen.
APPEARANCES = 3


def show_verdicts(verdicts: Sequence[Verdict], footage: Footage, console: Console) -> None:
    """Print a row each: description, answer, truth, and whether the two agree."""
    for note in notes_of(verdicts):
        console.print(f"! {note}", style="yellow", markup=False)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 1, 0))
    table.add_column("description", ratio=5)
    table.add_column("answer", ratio=4)
    table.add_column("truth", ratio=5)
    table.add_column("")
    for verdict in verdicts:
        table.add_row(
            Text(printable(verdict.answer.query)),
            Text(answer_of(verdict)),
            Text(truth_of(verdict, footage)),
            MARKS[verdict.is_right],
        )
    console.print(table)


def notes_of(verdicts: Sequence[Verdict]) -> list[str]:
    """What to know before trusting any of the answers, each said once."""
    return list(dict.fromkeys(note for verdict in verdicts for note in verdict.answer.notes))


def answer_of(verdict: Verdict) -> str:
    """The best hit on a few short lines, or that there is no likely one."""
    first = verdict.first
    if verdict.answer.no_match:
        best = f"\nnearest: {likelihood(first.probability)}" if first is not None else ""
        return f"no likely match{best}"
    if first is None:
        return "nobody"
    shown = first.best_shots[0].captured_at if first.best_shots else first.first_seen_at
    return f"{first.camera} {clock(shown)}\n{likelihood(first.probability)}"


def likelihood(probability: float | None) -> str:
    """A probability as people read it, never certain.

    >>> likelihood(0.934), likelihood(0.0004), likelihood(None)
    ('93 % likely', '< 1 % likely', 'not calibrated')
    """
    return "not calibrated" if probability is None else f"{percent(probability)} likely"


def truth_of(verdict: Verdict, footage: Footage) -> str:
    """Who and where it really is, on a few short lines."""
    if verdict.people is None:
        return "nobody knows"
    if verdict.is_absent:
        return "never appears"
    seen = [one for person in verdict.people for one in footage.seen(person)]
    lines = [_line(one) for one in seen[:APPEARANCES]]
    if len(seen) > APPEARANCES:
        more = len(seen) - APPEARANCES
        lines.append("and once more" if more == 1 else f"and {more} times more")
    return "\n".join([*lines, _rank_line(verdict)])


def _rank_line(verdict: Verdict) -> str:
    count = len(verdict.expected)
    if not count:
        return "no track follows them"
    rank = verdict.rank_of_first_expected
    tracks = f"{count} track" + ("s" if count > 1 else "")
    return f"{tracks}: " + (f"rank {rank}" if rank else "none found")


def _line(seen: Appearance) -> str:
    first, last = (clock(format_instant(at)) for at in (seen.first_at, seen.last_at))
    return f"{seen.camera_id} {first}–{last[-5:]}"


def clock(instant: str) -> str:
    """The time of day of an ISO instant, as it is burnt into the picture.

    >>> clock("2026-11-23T10:00:00.250Z")
    '10:00:00'
    """
    return short_instant(instant)[11:19]


def show_score(score: Score, console: Console) -> None:
    """Print what the answers come to: neither rounded up nor hidden."""
    console.print(f"on rank 1: {score.first} of {score.present} who are there", style="bold")
    if score.refused:
        console.print(f"refused though there: {score.refused}", style="bold")
    if score.absent:
        console.print(
            f"refused rightly: {score.refused_absent} of {score.absent} who never appears",
            style="bold",
        )


def show_footage(
    footage: Footage, sheet: Path, console: Console, *, footage_s: float, wall_s: float
) -> None:
    """Print what was looked at, how long that took, and where the pictures are.

    Folders may be called anything: what looks like markup is a part of the name.
    """
    console.print(
        f"{len(footage.people)} people, {len(footage.clips)} cameras, {footage_s:.0f} s of footage "
        f"({printable(str(footage.truth.folder))}), searched after {wall_s:.0f} s",
        markup=False,
    )
    console.print(f"the pictures: {printable(str(sheet))}\n", style="bold", markup=False)


def as_mapping(
    verdicts: Sequence[Verdict],
    total: Score,
    footage: Footage,
    *,
    footage_s: float,
    wall_s: float,
) -> dict[str, Any]:
    """What `--json` prints; `expected_tracks` is null where nobody knows."""
    queries = [
        {
            "text": verdict.answer.query,
            "expected_tracks": None if verdict.people is None else list(verdict.expected),
            "rank_of_first_expected": verdict.rank_of_first_expected,
            "probability": verdict.probability,
            "no_match": verdict.answer.no_match,
        }
        for verdict in verdicts
    ]
    return {
        "queries": queries,
        "notes": notes_of(verdicts),
        "track_rank1": total.track_rank1,
        "people": len(footage.people),
        "cameras": len(footage.clips),
        "footage_s": round(footage_s, 1),
        "wall_s": round(wall_s, 1),
    }
