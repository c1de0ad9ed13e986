"""The sections of the settings: each setting with its default, its bounds, and a sentence.

Settings stop at the wiring: everything below it takes plain values.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from pipeline.config_types import (
    Device,
    Half,
    ModelName,
    PathOnDisk,
    Seconds,
    refuse_yes_no,
)
from pipeline.same_ground import read_same_ground
from retrieval.track_scores import BEST_OF, SHOTS_KEPT

DAY_S = 86400.0
CENTURY_S = 36525 * DAY_S


class Section(BaseModel):
    """One concern. Frozen, and nothing in it that is not listed."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True
    )

    @field_validator("*", mode="before")
    @classmethod
    def _no_flag_is_a_number(cls, value: Any, info: ValidationInfo) -> Any:
        annotation = cls.model_fields[str(info.field_name)].annotation
        if annotation in (int, float, int | None, float | None):
            refuse_yes_no(value)
        return value


class Detector(Section):
    """Who finds people in a frame."""

    model: ModelName = Field(
        default="auto",
        description="A name from `descry models list`, or a .pt, .safetensors or .json file; auto:"
        " yolo11n where it is installed, else the bundled one",
    )
    confidence: float = Field(
        default=0.1,
        ge=0.01,
        le=1,
        description="Less certain boxes are ignored; to begin a track takes 0.4, to go on this",
    )
    image_size_px: int = Field(
        default=640,
        ge=64,
        le=4096,
        multiple_of=32,
        description="Long side of the picture the model sees",
    )
    device: Device = Field(default="auto", description="auto, cpu, cuda or cuda:N")
    half: Half = Field(
        default="auto", description="Half precision: true, false, or auto (on a GPU)"
    )
    batch: int = Field(
        default=16, ge=1, le=256, description="Frames looked at in one go, of all cameras"
    )
    fps: float = Field(
        default=5.0, gt=0, le=120, description="Frames looked at per second of each camera and file"
    )


class Tracker(Section):
    """Who joins the boxes of one person from frame to frame."""

    kind: Literal["bytetrack", "botsort"] = Field(
        default="bytetrack", description="bytetrack (light), botsort (also follows a moving camera)"
    )
    patience_s: Seconds = Field(
        default=2.0, gt=0, le=600, description="How long a person may be hidden and keep the track"
    )


class Shots(Section):
    """Which few sightings of a track are kept."""

    keep: int = Field(default=SHOTS_KEPT, ge=1, le=16, description="Shots a track keeps")
    publish_at_most: int = Field(
        default=8,
        ge=1,
        le=64,
        description="Shots a track ever publishes, better ones replacing worse",
    )
    min_height_px: int = Field(
        default=64, ge=8, le=4096, description="People smaller than this have none"
    )
    min_quality: float = Field(
        default=0.35, ge=0, le=1, description="Sightings worse than this (0 to 1) are not published"
    )
    jpeg_quality: int = Field(default=90, ge=30, le=100, description="Of the stored pictures")
    long_side_px: int = Field(
        default=512, ge=64, le=4096, description="Larger pictures are scaled down"
    )

    @model_validator(mode="after")
    def _publishes_what_it_keeps(self) -> "Shots":
        if self.publish_at_most < self.keep:
            raise ValueError(
                f"has publish_at_most ({self.publish_at_most}) below keep ({self.keep})"
            )
        return self


class Encoder(Section):
    """The model that turns shots and sentences into vectors."""

    model: ModelName | None = Field(
        default=None,
        description="A name from `descry models list`; null: the one that is installed",
    )
    device: Device = Field(default="auto", description="auto, cpu, cuda or cuda:N")
    precision: Literal["auto", "fp32", "fp16", "bf16"] = Field(
        default="auto", description="Of the arithmetic; auto: fp32 on a CPU, a half on a GPU"
    )
    batch: int = Field(default=32, ge=1, le=1024, description="Shots encoded in one go, at most")
    max_wait_s: Seconds = Field(
        default=0.05, ge=0, le=10, description="How long the first shot waits for others to join it"
    )


class Search(Section):
    """How tracks are ranked."""

    best_of: int = Field(
        default=BEST_OF, ge=1, le=16, description="Shots of a track that speak for it"
    )
    limit: int = Field(default=10, ge=1, le=500, description="Hits, unless a search asks otherwise")
    same_ground: str = Field(
        default="",
        description="Cameras that see some of the same ground, as gate+yard, hall+stairs: there "
        "somebody may be in two views at once",
    )

    @field_validator("same_ground")
    @classmethod
    def _names_cameras(cls, value: str) -> str:
        read_same_ground(value)
        return value


class Crops(Section):
    """The stream of shots that wait for the encoder."""

    max_length: int = Field(
        default=10_000,
        ge=10,
        description="When so many wait, imports wait too and live cameras drop",
    )


class Sources(Section):
    """How cameras are opened and reopened."""

    open_timeout_s: Seconds = Field(
        default=10.0, gt=0, le=300, description="Until a camera must answer"
    )
    read_timeout_s: Seconds = Field(
        default=10.0, gt=0, le=300, description="Silence after which a camera is lost"
    )
    reconnect_min_s: Seconds = Field(
        default=1.0,
        gt=0,
        le=3600,
        description="Wait before the first new attempt; it doubles each time",
    )
    reconnect_max_s: Seconds = Field(default=60.0, gt=0, le=3600, description="The longest wait")

    clock_tolerance_s: Seconds = Field(
        default=2.0,
        gt=0,
        le=3600,
        description="How far the clock of a camera may be off ours and be believed",
    )
    frozen_after_s: Seconds = Field(
        default=30.0,
        gt=0,
        le=3600,
        description="A picture in which nothing at all changes for so long is frozen",
    )
    decode_on: Literal["auto", "cpu", "cuda", "vaapi", "qsv", "drm", "amf"] = Field(
        default="auto",
        description="What decodes the video of cameras: auto: a device where one works, else cpu",
    )

    @model_validator(mode="after")
    def _waits_grow(self) -> "Sources":
        low, high = self.reconnect_min_s, self.reconnect_max_s
        if low > high:
            raise ValueError(f"has reconnect_min_s ({low:g}) above reconnect_max_s ({high:g})")
        return self


class Imports(Section):
    """Recordings that are imported over HTTP."""

    folders: list[PathOnDisk] = Field(
        default=[],
        description="Folders of the query worker's machine to take recordings from; as a variable "
        "/a:/b",
    )
    upload_megabytes: int = Field(
        default=20_000, ge=1, le=10_000_000, description="The largest recording that may be sent"
    )

    @field_validator("folders", mode="before")
    @classmethod
    def _folders_of_a_variable(cls, value: Any) -> Any:
        return [part for part in value.split(":") if part] if isinstance(value, str) else value
