"""Cases and their evidence: the words that the CLI, the API and the report share."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from pipeline.evidence_answers import EvidenceAnswer
from pipeline.names import NAME

TITLE, NOTES, NOTE, TEXT = 200, 10_000, 4_000, 2_000
"""Letters at most."""

Blur = Literal["none", "heads", "figures"]
Name = Annotated[str, Field(pattern=f"^{NAME.pattern}$")]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class CaseRequest(_Record):
    """A new case; its name is chosen here, or by Descry."""

    id: Name | None = None
    title: Annotated[str, Field(min_length=1, max_length=TITLE)]
    notes: Annotated[str, Field(max_length=NOTES)] = ""


class CaseChange(_Record):
    """What changes of a case; null stays as it is."""

    title: Annotated[str, Field(min_length=1, max_length=TITLE)] | None = None
    notes: Annotated[str, Field(max_length=NOTES)] | None = None
    status: Literal["open", "closed"] | None = None


class Shown(_Record):
    """How a hit was shown to whoever put it into a case."""

    text: Annotated[str, Field(max_length=TEXT, description="the description searched")] = ""
    score: float | None = None
    probability: Annotated[float | None, Field(ge=0, le=1)] = None
    evidence: Annotated[list[EvidenceAnswer], Field(max_length=64)] = []
    model: Annotated[str | None, Field(max_length=200, description="which ranked it")] = None


class ItemRequest(Shown):
    """A hit for a case: a track (camera/run/track) or one of its shots (…/shot)."""

    hit: Annotated[str, Field(min_length=5, max_length=400)]
    note: Annotated[str, Field(max_length=NOTE)] = ""
    voucher: Annotated[
        str | None,
        Field(
            max_length=100_000,
            description="of the hit, from the search: what it holds counts, whatever else is said; "
            "without one, what is said is kept as stated and not checked",
        ),
    ] = None


class NoteRequest(_Record):
    """Other words for the note of an item."""

    note: Annotated[str, Field(max_length=NOTE)]


class ShotFact(_Record):
    """A shot as it was kept when the item was added; it may be gone by now."""

    shot: int
    captured_at: float
    box: tuple[float, float, float, float]
    frame_width: int
    frame_height: int
    picture: Annotated[str, Field(description="media key")]
    quality: float
    time_from: str
    model: str


class TimeFacts(_Record):
    """Where the instants of an item come from."""

    source: str | None
    words: str
    kind: str
    began_at: str | None
    clock_ahead_s: float
    file: str
    file_sha256: str
    detector: str


class ModelFact(_Record):
    """Weights that took part; `sha256` is empty where nobody knows it."""

    kind: str
    name: str
    sha256: str
    licence: str


class ItemFacts(_Record):
    """What was known of a hit when it became an item; instants in Unix seconds."""

    shown: Shown
    checked: bool = False
    camera: str
    collection: str
    first_seen_at: float
    last_seen_at: float
    is_live: bool
    imported_at: float | None = None
    zones: list[str] = []
    shots: list[ShotFact] = []
    times: TimeFacts | None = None  # none noted by earlier versions
    models: list[ModelFact] = []


class ItemAnswer(_Record):
    """One hit in a case; times are ISO-8601 UTC."""

    item: Annotated[int, Field(description="its number in the case; none comes twice")]
    track: str
    shot: int | None
    camera: str
    collection: str
    first_seen_at: str
    last_seen_at: str
    time_from: Annotated[str | None, Field(description="where its instants come from")]
    zones: list[str]
    shown: Shown
    checked: Annotated[
        bool,
        Field(description="`shown` is what a search answered; else whoever added it stated it"),
    ] = False
    shots: Annotated[list[int], Field(description="numbers of the shots kept when it was added")]
    thumbnail: Annotated[
        str | None,
        Field(description="its picture, which is gone once the track is; null: there was none"),
    ] = None
    note: str
    added_at: str
    added_by: str
    held: Annotated[bool, Field(description="kept past retention, and not erased")] = False


class CaseAnswer(_Record):
    """A case, as the list shows it."""

    id: str
    title: str
    notes: str
    status: Literal["open", "closed"]
    created_at: str
    created_by: str
    closed_at: str | None
    closed_by: str | None
    count: Annotated[int, Field(description="how many items it has")]


class WordsAnswer(_Record):
    """A text of a case as somebody wrote it; times are ISO-8601 UTC."""

    item: Annotated[int | None, Field(description="whose note it is; null: of the case itself")]
    field: Annotated[str, Field(description="`title` or `notes` of the case, `note` of an item")]
    text: str
    by: str
    at: str


class CaseDetail(CaseAnswer):
    """A case with its items, in the order they were added."""

    items: list[ItemAnswer]
    history: Annotated[
        list[WordsAnswer], Field(description="texts that were changed, as they were and became")
    ] = []


class CasePage(_Record):
    """Some of the cases, the newest first; `next` continues, null at the end."""

    cases: list[CaseAnswer]
    next: str | None


class EvidenceRequest(_Record):
    """How an evidence pack is made."""

    before_s: Annotated[float, Field(ge=0, le=600)] = 5.0
    after_s: Annotated[float, Field(ge=0, le=600)] = 5.0
    blur: Annotated[
        Blur | None, Field(description="null: as export.blur says; never less than that")
    ] = None


class PackAnswer(_Record):
    """An evidence pack that was written."""

    case: str
    path: Annotated[str | None, Field(description="the zip; null where it came over HTTP")]
    bytes: int
    files: Annotated[int, Field(description="with a digest in the manifest")]
    items: int
    blur: Blur
    manifest_sha256: str
    public_key: Annotated[str, Field(description="of the installation that signed it")]
    missing: Annotated[list[str], Field(description="what could not be had, with the reason")]


class PackJob(_Record):
    """How far an evidence pack is that is being made."""

    id: str
    case: str
    state: Literal["working", "done", "failed"]
    done: Annotated[int, Field(description="steps that are over")] = 0
    total: Annotated[int, Field(description="steps in all")] = 0
    eta_s: Annotated[float | None, Field(description="to the end; null: nobody knows yet")] = None
    detail: Annotated[str, Field(description="why it failed; empty otherwise")] = ""
    pack: PackAnswer | None = None
    url: Annotated[str | None, Field(description="where to fetch it once it is done")] = None
