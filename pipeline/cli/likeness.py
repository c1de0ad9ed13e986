"""What `descry search` is asked besides words, as typed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError
from pipeline.likeness_fields import MOST_ANSWERS, MOST_JUDGED
from pipeline.logs import printable
from pipeline.picture_files import encoded


@dataclass(frozen=True, slots=True)
class Likeness:
    """A track or a picture to look like, judgements of hits, and answers."""

    like: str | None = None
    picture: Path | None = None
    box: str | None = None
    more: Sequence[str] = ()
    less: Sequence[str] = ()
    answers: Sequence[str] = ()

    @property
    def is_given(self) -> bool:
        """Whether words may be left out."""
        return self.like is not None or self.picture is not None

    def fields(self) -> dict[str, Any]:
        """The fields of a `SearchRequest`.

        Raises:
            ConfigError: the picture cannot be read, or a box is none.
        """
        if max(len(self.more), len(self.less)) > MOST_JUDGED:
            raise ConfigError(f"more than {MOST_JUDGED} tracks are judged: leave some out")
        if len(self.answers) > MOST_ANSWERS:
            raise ConfigError(f"more than {MOST_ANSWERS} answers: leave some out")
        return self.of_person() | {
            "more_like": list(self.more),
            "less_like": list(self.less),
            "answers": list(self.answers),
        }

    def of_person(self) -> dict[str, Any]:
        """The fields of a `PictureFields`.

        Raises:
            ConfigError: the picture cannot be read, or a box is none.
        """
        return {
            "like": self.like,
            "picture": None if self.picture is None else encoded(self.picture),
            "box": None if self.box is None else read_box(self.box),
        }


NO_LIKENESS = Likeness()


def read_box(text: str) -> tuple[float, float, float, float]:
    """A box as typed.

    >>> read_box("10,20,50,99.5")
    (10.0, 20.0, 50.0, 99.5)

    Raises:
        ConfigError: it is no four numbers.
    """
    try:
        x1, y1, x2, y2 = map(float, text.split(","))
    except ValueError:
        x1 = y1 = x2 = y2 = math.nan
    if not math.isfinite(x1 + y1 + x2 + y2):
        raise ConfigError(f"--box {printable(text)} is no four numbers: give x1,y1,x2,y2 in pixels")
    return x1, y1, x2, y2
