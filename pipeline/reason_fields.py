"""Why somebody asks, and for which case: what goes into the audit with a search."""

from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

MOST_LETTERS: Final = 1000

REASON_HEADER: Final = "X-Descry-Reason"
CASE_HEADER: Final = "X-Descry-Case"
"""For requests that have no fields; in UTF-8, percent-encoded where it is more than ASCII."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why somebody asks, and for which case; empty where they do not say."""

    reason: str = ""
    case: str = ""

    def headers(self) -> dict[str, str]:
        """The same as headers of a request, which take no letters beyond ASCII.

        >>> Grounds("theft, 3 pm").headers()
        {'X-Descry-Reason': 'theft%2C%203%20pm'}
        """
        said = {REASON_HEADER: self.reason, CASE_HEADER: self.case}
        return {name: quote(text) for name, text in said.items() if text}


NO_GROUNDS: Final = Grounds()


class ReasonFields(BaseModel):
    """What is noted in the audit beside what is asked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: Annotated[
        str, Field(max_length=MOST_LETTERS, description="why; it is kept in the audit")
    ] = ""
    case: Annotated[str, Field(max_length=MOST_LETTERS, description="for which case; likewise")] = (
        ""
    )
