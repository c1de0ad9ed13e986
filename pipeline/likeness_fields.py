"""What a search may ask with besides words: a shot, a picture, judgements of hits, answers."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

#: Bytes of a picture file, and letters of it in base64.
MOST_BYTES = 16 * 2**20
MOST_LETTERS = (MOST_BYTES + 2) // 3 * 4

MOST_JUDGED = 100
"""Tracks that may be judged, of either kind."""

MOST_ANSWERS = 20
"""Answers that a search may carry: each costs a look at every track of its shortlist."""

_Said = Annotated[str, Field(max_length=1000)]
_Tracks = Annotated[list[str], Field(max_length=MOST_JUDGED)]


class PictureFields(BaseModel):
    """Whom to look for, but in words.

    A picture travels as base64 in the JSON: clients made from OpenAPI send it as they send the
    rest, and no framework spools it to a file.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    like: Annotated[
        str | None,
        Field(description="a track `camera/run/number`, or a shot of it `…/shot`, to look like"),
    ] = None
    picture: Annotated[
        str | None,
        Field(
            max_length=MOST_LETTERS,
            repr=False,
            description="a picture file in base64 (JPEG, PNG, BMP, WebP, TIFF)",
            json_schema_extra={"contentEncoding": "base64"},
        ),
    ] = None
    box: Annotated[
        tuple[float, float, float, float] | None,
        Field(description="x1 y1 x2 y2 of the person in `picture`, pixels, once it is upright"),
    ] = None

    @property
    def has_likeness(self) -> bool:
        """Whether it asks with a picture or a shot."""
        return self.like is not None or self.picture is not None


class LikenessFields(PictureFields):
    """The fields of a search that are no words."""

    more_like: Annotated[_Tracks, Field(description="hits that fit: tracks")] = []
    less_like: Annotated[_Tracks, Field(description="hits that do not fit: tracks")] = []
    answers: Annotated[
        list[_Said],
        Field(
            max_length=MOST_ANSWERS,
            description="to `question` of a search: `ID=yes`, `ID=no`, or a phrase (`a red coat`)",
        ),
    ] = []

    @property
    def is_more_than_words(self) -> bool:
        """Whether what it asks with is no sentence's vector; a "no" alone moves nothing."""
        return self.has_likeness or bool(self.box or self.more_like)
