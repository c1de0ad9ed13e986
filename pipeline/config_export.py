"""The settings of what leaves the installation: clips, pictures, evidence packs."""

from typing import Literal

from pydantic import Field

from pipeline.config_sections import Section
from pipeline.config_types import Seconds


class Export(Section):
    """What clips, pictures and evidence packs show of people whom nobody asked about."""

    blur: Literal["none", "heads", "figures"] = Field(
        default="none",
        description="Other people's heads, or all of them, are made unrecognisable in clips and "
        "evidence packs; each frame is searched for people again, and encoded anew",
    )
    keep_s: Seconds = Field(
        default=3600,
        ge=60,
        le=7 * 86_400,
        description="How long a clip or an evidence pack waits to be fetched from the API",
    )
