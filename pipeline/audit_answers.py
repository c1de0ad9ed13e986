"""What the audit answers: entries, as the API and the command line tell them."""

from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from pipeline.reason_fields import MOST_LETTERS

LAST: Final = 253_402_300_799
"""The end of the year 9999, behind which there are no instants."""

Short = Annotated[str, Field(max_length=MOST_LETTERS)]


@dataclass(frozen=True, slots=True)
class Filters:
    """Which entries; None for all.

    Attributes:
        who: the caller's name.
        what: in a word.
        since: noted then or later, Unix seconds.
        until: noted before then, Unix seconds.
        track: the name of a track or shot that they asked about or showed.
        before: with a smaller number.
        case: the case that they were asked for.
        words: what stands in the description, the reason or the case, in letters of either size.
    """

    who: str | None = None
    what: str | None = None
    since: float | None = None
    until: float | None = None
    track: str | None = None
    before: int | None = None
    case: str | None = None
    words: str | None = None


class AuditQuestion(BaseModel):
    """Which entries, in a body: words about people land in no log of addresses."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    who: Short | None = None
    what: Short | None = None
    since: Annotated[float | None, Field(ge=0, le=LAST, description="Unix seconds")] = None
    until: Annotated[float | None, Field(ge=0, le=LAST, description="Unix seconds")] = None
    track: Annotated[Short | None, Field(description="a track or shot it was about")] = None
    of_case: Annotated[Short | None, Field(description="the case that it was asked for")] = None
    words: Annotated[Short | None, Field(description="in the description, reason or case")] = None
    after: Annotated[int | None, Field(ge=0, description="`next` of the page before")] = None
    count: Annotated[int, Field(ge=1, le=1000)] = 200

    @property
    def filters(self) -> Filters:
        """As they are read."""
        return Filters(
            self.who, self.what, self.since, self.until, self.track, self.after, self.of_case,
            self.words,
        )  # fmt: skip


class AuditEntryAnswer(BaseModel):
    """One entry. Tracks are digests, `track:` and 32 digits: whoever has a name can ask for it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    n: Annotated[int, Field(description="its number; no number is missing or there twice")]
    at: Annotated[str, Field(description="ISO 8601 UTC")]
    who: Annotated[str, Field(description="a user, `token:NAME`, or `local:UID` of the machine")]
    what: Annotated[str, Field(description="`search`, `clip`, `erasure`, …")]
    phase: Annotated[
        str, Field(description="`asked`: about to be done; `answered`: about to be shown")
    ]
    outcome: Annotated[
        str,
        Field(
            description="the HTTP status, or `done`, `failed`; empty where not answered; "
            "`201 again` of a request whose key had come before"
        ),
    ] = ""
    text: Annotated[str, Field(description="the description")] = ""
    reason: str = ""
    case: str = ""
    asked: Annotated[
        dict[str, Any], Field(description="what else was asked: cameras, times, filters, ids")
    ] = {}
    shown: Annotated[
        dict[str, dict[str, list[int]]],
        Field(description="by camera: track → the numbers of its shots that were shown"),
    ] = {}
    told: Annotated[
        dict[str, Any], Field(description="ids and digests of what was handed out: clips, packs")
    ] = {}
    of: Annotated[int | None, Field(description="the entry that said it would be done")] = None


class AuditCheckAnswer(BaseModel):
    """Whether the audit is as it was written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    whole: Annotated[bool, Field(description="no entry was changed, removed, moved or put in")]
    checked_at: Annotated[str, Field(description="ISO 8601 UTC")]
    key: Annotated[str, Field(description="the public key of this installation, hexadecimal")]
    first: Annotated[int, Field(description="number of the first entry that is there")] = 0
    last: Annotated[int, Field(description="of the last")] = 0
    files: Annotated[int, Field(description="how many they lie in")] = 0
    removed: Annotated[int, Field(description="entries that went because they were old")] = 0
    signed: Annotated[int, Field(description="entries that a signed head vouches for")] = 0
    signed_at: Annotated[str | None, Field(description="when that head was signed")] = None
    logged: Annotated[int, Field(description="logged heads that agree")] = 0
    entry: Annotated[int | None, Field(description="the first entry that is bad or missing")] = None
    what: Annotated[str, Field(description="what was found there, in a line")] = ""
    where: Annotated[str, Field(description="the file and the line in it")] = ""


class AuditAnswer(BaseModel):
    """A page of entries, the latest first; `next` continues, null at the end."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    entries: list[AuditEntryAnswer]
    next: int | None
