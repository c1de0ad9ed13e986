"""A case and what is in it, as they are kept."""

from dataclasses import dataclass
from typing import Literal

from detectors.types import TrackKey
from pipeline.case_answers import ItemFacts


@dataclass(frozen=True, slots=True)
class Case:
    """A case; instants in Unix seconds.

    Attributes:
        id: its name.
        title, notes: what people wrote.
        status: `open`, or `closed`: nothing of it changes until it is opened again.
        created_at, created_by: when, and by whom.
        closed_at, closed_by: likewise; None while it is open.
        count: how many items it has.
        was_filled: whether it ever had one.
    """

    id: str
    title: str
    notes: str
    status: Literal["open", "closed"]
    created_at: float
    created_by: str
    closed_at: float | None
    closed_by: str | None
    count: int = 0
    was_filled: bool = False


@dataclass(frozen=True, slots=True)
class CaseItem:
    """A hit in a case.

    Attributes:
        case_id: whose.
        number: from 1; none comes twice in a case.
        track: the person's.
        shot: number of the shot that was named; None for the whole track.
        facts: what was known, and shown, when it was added.
        note: what somebody wrote of it.
        added_at: Unix seconds.
        added_by: whoever did.
    """

    case_id: str
    number: int
    track: TrackKey
    shot: int | None
    facts: ItemFacts
    note: str
    added_at: float
    added_by: str
