"""The section of the settings that says which frames need not be looked at."""

from pydantic import Field

from pipeline.config_sections import Section
from pipeline.config_types import Seconds


class Motion(Section):
    """Which frames the detector need not see: those without motion, while nobody is followed."""

    enabled: bool = Field(
        default=True,
        description="false: look at every frame; a camera's own `motion` wins over this",
    )
    hold_s: Seconds = Field(
        default=1.0, ge=0, le=10, description="How long to look on after the last motion"
    )
    look_every_s: Seconds = Field(
        default=2.0,
        gt=0,
        le=60,
        description="Look so often though nothing moves: somebody may have stood there all along",
    )
