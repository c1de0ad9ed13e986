"""What is watched for and what watches tell: the words that the CLI and the API share."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from pipeline.likeness_fields import PictureFields
from pipeline.reason_fields import ReasonFields


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


FalseAlarms = Annotated[
    float,
    Field(gt=0, le=1e6, description="unrelated people that may be told, a day and camera"),
]
Cooldown = Annotated[
    float,
    Field(ge=0, le=7 * 86400.0, description="how long one person makes no second alert"),
]

Description = Annotated[
    str, Field(description="what the person looks like, or what is different from the picture")
]


class WatchRequest(_Record, PictureFields, ReasonFields):
    """Whom to watch for, in words, by a picture or by both, and where."""

    name: Annotated[str, Field(min_length=1, max_length=100, description="what people call it")]
    text: Annotated[
        str, Field(description="what they look like, or what differs from a picture")
    ] = ""
    cameras: Annotated[list[str], Field(description="only these; empty: all")] = []
    zones: Annotated[list[str], Field(description="only people in one of these; empty: all")] = []
    hours: Annotated[str, Field(description="HH:MM-HH:MM at `timezone`; empty: always")] = ""
    timezone: Annotated[str, Field(description="IANA name, Europe/Berlin say")] = "UTC"
    false_alarms: FalseAlarms = 1.0
    cooldown_s: Cooldown = 600.0
    webhook: Annotated[str, Field(description="its alerts go there, too; empty: nowhere")] = ""
    mqtt: Annotated[bool, Field(description="its alerts go to the MQTT broker, too")] = False


class TrialRequest(_Record, PictureFields, ReasonFields):
    """Whom to try on what live cameras saw, as a watch would have told it."""

    text: Annotated[
        str, Field(description="what they look like, or what differs from a picture")
    ] = ""
    since: Annotated[float | None, Field(description="Unix seconds; null: a day ago")] = None
    cameras: Annotated[list[str], Field(description="only these; empty: all")] = []
    zones: Annotated[list[str], Field(description="only people in one of these; empty: all")] = []
    hours: Annotated[str, Field(description="HH:MM-HH:MM at `timezone`; empty: always")] = ""
    timezone: Annotated[str, Field(description="IANA name, Europe/Berlin say")] = "UTC"
    false_alarms: FalseAlarms = 1.0
    cooldown_s: Cooldown = 600.0
    limit: Annotated[int, Field(ge=0, le=100, description="how many alerts are shown")] = 5


class TrialAlertAnswer(_Record):
    """One alert that there would have been; times are ISO-8601 UTC."""

    track: Annotated[str, Field(description="the one that the alert begins with")]
    camera: str
    tracks: Annotated[int, Field(description="how many share the alert: probably one person")]
    score: Annotated[float, Field(description="its best, cosine similarity, -1 to 1")]
    told_from: Annotated[str, Field(description="when the shot was taken that makes the alert")]
    seen_at: Annotated[str, Field(description="when the picture was taken")]
    thumbnail: Annotated[str, Field(description="the shot that fits best")]


class TrialAnswer(_Record):
    """What a watch would have told of what live cameras saw; times are ISO-8601 UTC."""

    text: str
    since: str
    until: str
    camera_days: Annotated[float, Field(description="watched since then, days of one camera")]
    threshold: Annotated[
        float | None, Field(description="cosine similarity; null: it would tell nobody")
    ]
    alerts: int
    alerts_per_day: Annotated[
        float | None, Field(description="a day and camera; null: no camera was watched")
    ]
    expected_false_alarms: Annotated[
        float, Field(description="unrelated people that may be told, a day and camera")
    ]
    best: list[TrialAlertAnswer]
    notes: Annotated[list[str], Field(description="what to know of it")] = []


class WatchAnswer(_Record):
    """What is watched for; times are ISO-8601 UTC."""

    id: str
    name: str
    kind: Annotated[str, Field(description="what is watched for: `text`, a sentence; `picture`")]
    text: str
    like: Annotated[str, Field(description="the track or shot that `picture` is; or empty")] = ""
    asleep: Annotated[str, Field(description="why it tells nobody now; empty: it is awake")] = ""
    cameras: list[str]
    zones: list[str]
    hours: str
    timezone: str
    false_alarms: float
    cooldown_s: float
    created_at: str
    open: Annotated[int, Field(description="alerts whose person is in view now")]
    webhook: Annotated[str, Field(description="where its alerts are sent, without the path")] = ""
    mqtt: Annotated[bool, Field(description="its alerts go to the MQTT broker")] = False
    notes: Annotated[list[str], Field(description="what to know about the sentence")] = []


class AlertAnswer(_Record):
    """One word of an alert; times are ISO-8601 UTC."""

    id: Annotated[str, Field(description="of this word; `after` and `Last-Event-ID` take it")]
    alert: Annotated[str, Field(description="the same for all words about one person")]
    number: Annotated[int, Field(description="which word of the alert")]
    key: Annotated[str, Field(description="of this word alone, however often it is sent")]
    type: Literal["new", "update", "end"]
    watch: str
    watch_id: str
    track: str
    camera: str
    score: Annotated[float, Field(description="cosine similarity, -1 to 1")]
    seen_at: Annotated[str, Field(description="when the picture was taken")]
    told_at: str
    thumbnail: Annotated[str, Field(description="the shot that fits best")]


class AlertsAnswer(_Record):
    """A page of alerts; `next` continues, null at the end."""

    alerts: list[AlertAnswer]
    next: str | None


class UndeliveredAnswer(_Record):
    """An alert that was given up on its way to a receiver; times are ISO-8601 UTC."""

    id: Annotated[str, Field(description="of this; what is sent again is named by it")]
    to: Annotated[str, Field(description="the receiver, without the path")]
    reason: Annotated[str, Field(description="why the last attempt failed")]
    attempts: int
    queued_at: Annotated[str, Field(description="when it was to be delivered first")]
    failed_at: Annotated[str, Field(description="when it failed last")]
    alert: AlertAnswer


class ResendRequest(_Record, ReasonFields):
    """What is to be sent again."""

    ids: Annotated[list[str], Field(description="of what is undelivered; empty: all of it")] = []


class ResentAnswer(_Record):
    """How many are on their way again."""

    count: int
