"""The settings of the audit."""

from typing import Annotated

from pydantic import Field

from pipeline.config_sections import Section


class Audit(Section):
    """Who asked what, and what they were shown: noted before it is answered."""

    reason_required: bool = Field(
        default=False,
        description="Whether whoever searches, looks, watches, exports or erases has to say why",
    )
    keep_days: Annotated[int, Field(ge=1, le=36_525)] | None = Field(
        default=365, description="How old an entry may get; null: for ever"
    )
    sign_every: int = Field(
        default=100, ge=1, le=100_000, description="Entries after which the head is signed"
    )
