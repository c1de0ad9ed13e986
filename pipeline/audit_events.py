"""What is noted in the audit: who asked for what and why, and what they were shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol


class Phase(StrEnum):
    """What changes something is noted twice; what shows something, before it is shown."""

    ASKED = "asked"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing to note. Names of tracks anywhere in it are kept as digests alone.

    Attributes:
        who: `Caller.name`: `anna`, `token:parking-desk`, `local:1000`.
        what: in a word: `search`, `clip`, `erasure`.
        phase: whether it is about to be done, or about to be answered.
        text: the description that was asked with; it is kept in the audit, and nowhere else.
        reason: why, as whoever asks says it.
        case: for which case.
        asked: what else was asked, as JSON: cameras, times, filters, ids.
        outcome: the HTTP status of the answer, or `done`, `failed`; empty where there is none yet;
            with ` again` behind it where the answer is that of an earlier request.
        shown: names of the tracks and shots that the answer holds.
        told: ids and digests of what the answer hands out, as JSON: a clip's, a pack's.
        of: the number of the entry that said it would be done; None if there is none.
    """

    who: str
    what: str
    phase: Phase = Phase.ANSWERED
    text: str = ""
    reason: str = ""
    case: str = ""
    asked: Mapping[str, Any] = field(default_factory=dict)
    outcome: str = ""
    shown: Sequence[str] = ()
    told: Mapping[str, Any] = field(default_factory=dict)
    of: int | None = None


class Audit(Protocol):
    """Where events are noted (`pipeline.store.audit_log.AuditLog`)."""

    def note(self, event: Event) -> int:
        """Note `event`, and return once it is on the disk.

        Returns:
            The number of its entry.

        Raises:
            AuditUnavailable: it could not be noted: do not do it, and do not show it.
        """
        ...
