"""What the author of a description should know about it: a code for programs, a line for people."""

from dataclasses import dataclass
from enum import StrEnum


class NoteCode(StrEnum):
    """What a note is about; codes stay the same, sentences may change."""

    REFUSED = "refused"
    SCRIPT = "script"
    LANGUAGE = "language"
    TOKENS = "tokens"
    SINGLE_WORD = "single-word"
    NAME = "name"
    RELATION = "relation"
    ORIGIN = "origin"
    INTENT = "intent"
    EMOTION = "emotion"
    FACE = "face"
    TIME = "time"
    PLACE = "place"
    QUANTITY = "quantity"
    CONTRADICTION = "contradiction"
    ONLY_NEGATION = "only-negation"
    TYPO = "typo"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to know about a description.

    Attributes:
        code: what it is about.
        text: one sentence with the next step.
        words: which words, as typed; empty where it is about the whole.
        span: start and end of these words in the cleaned sentence; None where it is about the
            whole.
    """

    code: NoteCode
    text: str
    words: str = ""
    span: tuple[int, int] | None = None

    def __str__(self) -> str:
        return self.text
