"""What a search answers of each phrase of a description, and what vouches for that."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class EvidenceAnswer(BaseModel):
    """What the shots of a hit say of one phrase of the description."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    phrase: Annotated[str, Field(description="as it was understood; `no ...` of what is absent")]
    verdict: Annotated[str, Field(description="`yes`, `no` or `cannot tell`")]
    strength: Annotated[float, Field(description="0 to 1; 0 where no shot could show it")]
    shot: Annotated[
        int | None, Field(description="number of the shot that shows most of it; null: none could")
    ]


class VoucherMark(BaseModel):
    """What a hit is known by when it comes back, to be put into a case."""

    voucher: Annotated[
        str | None,
        Field(description="proves to a case of this installation what was answered of the hit"),
    ] = None
