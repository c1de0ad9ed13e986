"""What erases and holds in the tests of the API."""

from pipeline.answers import ErasedAnswer, ErasingAnswer
from pipeline.errors import NotFound
from pipeline.hold_answers import HoldAnswer


class Eraser:
    """Erases whatever it is asked for."""

    def erase(self, names):
        return ErasedAnswer(
            tracks=names, count=len(names), messages=1, pictures=1, boxes=0, videos=0,
            searched_bytes=9, left=["note.txt: name"], notes=[],
        )  # fmt: skip

    def erasing(self):
        return ErasingAnswer(step="searching", done=1, total=9)


class Holds:
    """Holds one track, lobby/r/1."""

    def holds(self):
        return [HoldAnswer(track="lobby/r/1", since="2026-03-01T10:00:00Z", pictures=["1.jpg"])]

    def hold(self, name):
        if name != "lobby/r/1":
            raise NotFound(f"no track {name}")
        return self.holds()[0]

    release = hold
