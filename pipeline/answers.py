"""What a search asks and what it answers: the words that the CLI, the API and Python share."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from pipeline.evidence_answers import EvidenceAnswer, VoucherMark
from pipeline.journey_answers import PathMark, Paths, ThenFields
from pipeline.likeness_fields import LikenessFields
from pipeline.person_answers import PersonMark, Persons
from pipeline.query_answers import QueryFields
from pipeline.question_answers import QuestionField
from pipeline.reason_fields import ReasonFields


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SearchRequest(_Record, LikenessFields, ThenFields, ReasonFields):
    """A description, a likeness, or both, and where to look."""

    text: Annotated[str, Field(max_length=65_536, description="empty: by likeness alone")] = ""
    cameras: list[str] = []
    collections: list[str] = []
    since: Annotated[float | None, Field(description="captured then or later, Unix s")] = None
    until: Annotated[float | None, Field(description="captured before then, Unix seconds")] = None
    limit: Annotated[int, Field(ge=1, le=500)] = 10
    live: Annotated[bool, Field(description="only people in view now")] = False
    zones: Annotated[list[str], Field(description="only shots taken in one of these")] = []
    min_quality: Annotated[
        float, Field(ge=0, le=1, description="only shots of this overall quality or better")
    ] = 0.0


class ShotAnswer(_Record):
    """One kept sighting of a hit."""

    shot: int
    captured_at: str
    score: float
    quality: float
    box: tuple[float, float, float, float]
    thumbnail: str
    zones: Annotated[list[str], Field(description="where the person stood")] = []


class HitAnswer(_Record, PersonMark, PathMark, VoucherMark):
    """A track that answers the query; times are ISO-8601 UTC."""

    rank: int
    track: str
    camera: str
    collection: str
    first_seen_at: str
    last_seen_at: str
    live: bool
    score: Annotated[float, Field(description="cosine similarity, -1 to 1")]
    probability: Annotated[
        float | None, Field(description="that it fits, 0 to 1; null where that cannot be judged")
    ] = None
    shots: Annotated[int, Field(description="how many pictures of the track are kept")]
    thumbnail: Annotated[str, Field(description="the shot that fits best")]
    box: Annotated[
        tuple[float, float, float, float],
        Field(description="x1 y1 x2 y2 of that shot, pixels of the full frame"),
    ]
    best_shots: list[ShotAnswer]
    evidence: Annotated[
        list[EvidenceAnswer], Field(description="of each phrase, in the order of the query")
    ] = []
    zones: Annotated[list[str], Field(description="where shots of the track were taken")] = []
    rank_before: Annotated[
        int | None,
        Field(description="its rank without judgements and answers; null: none, or further down"),
    ] = None


class CameraCoverageAnswer(_Record):
    """What one camera saw in the time asked about."""

    camera: str
    watched_s: float
    watched: list[tuple[str, str]]
    blind_s: float
    blind: list[tuple[str, str]]
    blind_reasons: Annotated[
        list[str], Field(default=[], description="why each began; empty: nobody said")
    ]
    frames_dropped: int
    dropped_by: Annotated[
        dict[str, int], Field(default={}, description="frames nobody looked at, by reason")
    ]
    tracks: int
    tracks_without_shots: int


class CoverageAnswer(_Record):
    """What was looked at, so that "nobody" can be judged."""

    cameras: list[CameraCoverageAnswer]
    shots_searched: Annotated[int, Field(description="shots in the index")]
    parts_missing: Annotated[
        list[str],
        Field(default=[], description="parts of the index that did not answer, with their cameras"),
    ]
    shots_of_other_models: Annotated[int, Field(description="not comparable, not searched")]
    indexed_until: Annotated[str | None, Field(description="embedded before: searchable")]


class ModelAnswer(_Record):
    """Which encoder ranked the hits."""

    name: str
    id: str
    trained: bool
    trained_on: Annotated[
        str | None, Field(description="what it learnt from, where that is a reason for care")
    ] = None


class SearchAnswer(QueryFields, Persons, QuestionField, Paths):
    """The tracks that fit best, and what stands behind them."""

    query: str
    hits: list[HitAnswer]
    no_match: Annotated[
        bool, Field(description="nobody fits, most likely; false where hits have no probability")
    ]
    shortlist: Annotated[
        int | None,
        Field(
            description="tracks that the whole sentence found, put in order by sentence and "
            "evidence; null: in the order of the sentence"
        ),
    ] = None
    coverage: CoverageAnswer
    model: ModelAnswer
    notes: Annotated[list[str], Field(description="what to know before trusting this")]


class TrackAnswer(_Record):
    """One track, as `tracks list` shows it."""

    track: str
    camera: str
    collection: str
    state: str
    first_seen_at: str
    last_seen_at: str
    live: bool
    shots: int
    published: int
    thumbnail: str | None
    zones: Annotated[list[str], Field(description="where its shots were taken")] = []


class TracksAnswer(_Record):
    """A page of tracks; `next` continues, null at the end."""

    tracks: list[TrackAnswer]
    next: str | None


class RunAnswer(_Record):
    """One unbroken look at a camera."""

    run: str
    kind: str
    source: str
    state: str
    reason: Annotated[str, Field(default="", description="why it ended; empty: it has not")]
    started_at: str
    watched_until: str
    frames_read: int
    frames_dropped: int
    dropped_by: Annotated[
        dict[str, int],
        Field(default={}, description="frames nobody looked at since the run before, by reason"),
    ]
    frames_looked_at: int
    frames_skipped: Annotated[int, Field(description="nothing moved, and nobody was followed")]
    boxes_seen: int
    tracks: int
    shots_published: int


class CollectionAnswer(_Record):
    """What a collection holds; times are ISO-8601 UTC."""

    collection: str
    cameras: list[str]
    runs: int
    tracks: int
    shots: Annotated[int, Field(description="kept pictures")]
    kept_s: Annotated[
        float | None, Field(description="from the first import on; null: until it is removed")
    ]
    bytes: Annotated[
        int | None,
        Field(description="on disk by the last sweep: pictures, log, index; null: none since"),
    ] = None
    budget_bytes: Annotated[
        int | None, Field(description="what it may take, the oldest going first; null: no limit")
    ] = None
    first_captured_at: str | None
    last_captured_at: str | None


class RemovedAnswer(_Record):
    """What went with a collection."""

    collection: str
    tracks: int
    shots: int
    pictures: int
    runs: int


class EraseRequest(_Record, ReasonFields):
    """Which tracks are to be erased, as `camera/run/number`."""

    tracks: Annotated[list[str], Field(min_length=1, max_length=10_000)]


class ErasedAnswer(_Record):
    """What went with erased tracks, what a search of every byte found of them, a signed proof."""

    tracks: Annotated[list[str], Field(description="as asked; empty: an erasure was finished")]
    count: Annotated[int, Field(description="how many tracks")]
    messages: Annotated[int, Field(description="shots in the log, or on their way to it")]
    pictures: int
    boxes: Annotated[int, Field(description="kept boxes (--keep-boxes)")]
    videos: Annotated[int, Field(description="files of recent video and clips")]
    searched_bytes: Annotated[int, Field(description="of the data folder")]
    left: Annotated[
        list[str], Field(description="`file: name|picture|vector|hash` for what is still there")
    ]
    notes: Annotated[list[str], Field(description="what is not ours to erase")]
    items: Annotated[int, Field(description="items of cases")] = 0
    certificate: dict[str, Any] | None = None


class ErasingAnswer(_Record):
    """How far an erasure is; `step` is empty where none is at work."""

    step: str
    done: int
    total: int


class CameraAnswer(_Record):
    """One camera: what it is, and how it does."""

    camera: str
    kind: str
    state: str
    detail: str
    since: str | None
    figures: dict[str, float]
    ring: Annotated[
        str, Field(description="why no recent video is kept for clips; empty while it is")
    ] = ""
    zones: Annotated[list[str], Field(description="those that the settings draw")] = []
    runs: list[RunAnswer]


class ClipAnswer(_Record):
    """A clip of a hit: what it shows, and where the hit is in it."""

    hit: Annotated[str, Field(description="the track or shot that was asked for")]
    track: str
    camera: str
    path: Annotated[str | None, Field(description="the MP4; null where it came over HTTP")]
    begin_at: Annotated[str, Field(description="when its first picture was captured")]
    end_at: Annotated[str, Field(description="when its last picture was captured")]
    seconds: float
    hit_from_s: Annotated[
        float, Field(description="seconds from the first picture to the first sight of the person")
    ]
    hit_until_s: Annotated[float, Field(description="likewise to the last sight")]
    source: Annotated[str, Field(description="`ring`, `held` (for a hold), or the file cut from")]
    time_from: Annotated[
        str | None,
        Field(
            description="where the instants come from (arrival, flag, container, file date, …); "
            "null until a shot of the track is embedded"
        ),
    ]
    copied: Annotated[bool, Field(description="the camera's own video; false: encoded anew")]
    blur: Annotated[str, Field(description="of others is hidden: none, heads, figures")] = "none"
    notes: Annotated[list[str], Field(description="what is missing")]
