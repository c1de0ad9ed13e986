"""The settings of retention."""

from typing import Annotated

from pydantic import Field, field_validator

from pipeline.config_sections import CENTURY_S, DAY_S, Section
from pipeline.config_types import Seconds, as_collection

LARGEST_MB = 10**9
"""A petabyte."""


class Retention(Section):
    """How long pictures and vectors of people are kept: seconds, or 10m, 12h, 30d; how many."""

    live_s: Seconds = Field(
        default=30 * DAY_S, ge=1, le=CENTURY_S, description="What cameras saw, counted from then"
    )
    imports_s: Annotated[Seconds, Field(ge=1, le=CENTURY_S)] | None = Field(
        default=None, description="What files brought, counted from the import; null: until removed"
    )
    collections: dict[str, Annotated[Seconds, Field(ge=1, le=CENTURY_S)] | None] = Field(
        default={}, description="The same for one collection: {trial: 7d, evidence: null}"
    )
    live_mb: Annotated[float, Field(ge=0.01, le=LARGEST_MB)] | None = Field(
        default=None,
        description="Disk that what cameras saw may take, the oldest going first; null: no limit",
    )
    imports_mb: Annotated[float, Field(ge=0.01, le=LARGEST_MB)] | None = Field(
        default=None, description="Disk that each collection of imports may take, likewise"
    )
    collections_mb: dict[str, Annotated[float, Field(ge=0.01, le=LARGEST_MB)] | None] = Field(
        default={}, description="The same for one collection: {trial: 500, evidence: null}"
    )
    sweep_s: Seconds = Field(
        default=600.0, ge=1, le=DAY_S, description="How often the old is removed"
    )

    @field_validator("collections", "collections_mb")
    @classmethod
    def _collections_have_names(cls, named: dict[str, float | None]) -> dict[str, float | None]:
        return {as_collection(name): limit for name, limit in named.items()}
