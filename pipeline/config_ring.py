"""The sections of the settings that say what video is kept for clips, and where to find more."""

from pydantic import Field

from pipeline.config_sections import Section
from pipeline.config_types import PathOnDisk, Seconds


class Ring(Section):
    """The recent video of each camera, kept for clips of hits: copied as it came."""

    enabled: bool = Field(
        default=True, description="false: no video is kept, and a live hit has no clip"
    )
    minutes: float = Field(default=10, ge=1, le=1440, description="Older video is removed")
    megabytes: int = Field(
        default=256,
        ge=16,
        le=1_000_000,
        description="Of each camera at most; 10 minutes at 3 Mbit/s are 225",
    )
    min_free_megabytes: int = Field(
        default=1024,
        ge=0,
        description="With less room on the disk no video is kept, so that pictures still are",
    )


class Clips(Section):
    """Where the video of a hit is looked for."""

    look_in: PathOnDisk | None = Field(
        default=None,
        description="A folder that imported files may have been moved to, at any depth; null: none",
    )
    max_s: Seconds = Field(
        default=600, gt=0, le=86_400, description="The longest clip; of a longer hit, its beginning"
    )
