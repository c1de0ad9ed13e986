"""The pieces of a training plan that are plans of their own: a data set, the masking."""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from retrieval.training.datasets import NAMES


class PlanPart(BaseModel):
    """One concern. Frozen, and nothing in it that is not listed."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True
    )

    @field_validator("*", mode="before")
    @classmethod
    def _no_flag_is_a_number(cls, value: Any, info: ValidationInfo) -> Any:
        annotation = cls.model_fields[str(info.field_name)].annotation
        is_number = annotation in (int, float, int | None, float | None)
        if is_number and isinstance(value, bool):
            raise ValueError("must not be yes or no")
        if isinstance(value, str) and not value.isprintable():
            raise ValueError("must not hold control signs")
        return value


class DatasetChoice(PlanPart):
    """A data set and where it lies."""

    name: str = Field(description=f"Its layout: one of {', '.join(NAMES)}")
    root: Path = Field(description="The folder that holds it; for jsonl the file will do")

    @field_validator("name")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name.lower() not in NAMES:  # as their authors write them, too
            raise ValueError(f"must be one of {', '.join(NAMES)}")
        return name.lower()


class Masking(PlanPart):
    """How likely a token is hidden, given its score; the defaults are those of GA-DMS's code."""

    alpha_noise: float = Field(
        default=0.2, ge=0, le=1, description="Highest chance in the view for matching"
    )
    alpha_informative: float = Field(
        default=0.3, ge=0, le=1, description="Highest chance in the view for guessing hidden words"
    )
    steepness: float = Field(
        default=20.0, gt=0, le=1000, description="How sharply the chance turns with the score"
    )
    gamma_informative: float = Field(
        default=0.1, ge=0, le=1, description="Score at which the chance of guessing is half"
    )
    gamma_noise: float = Field(
        default=0.9, ge=0, le=1, description="1 minus the score at which that of noise is half"
    )
    uniform: float = Field(
        default=0.15, ge=0, le=1, description="Chance of every token in fine-tuning"
    )
    initial_score: float = Field(
        default=0.85, ge=0, le=1, description="Score of a token before its caption is first drawn"
    )
    dealt: Literal["own", "shuffled"] = Field(
        default="own",
        description="Whose score decides over a word: own, or, as a control, that of another word"
        " of its caption, dealt anew each epoch",
    )
