"""How the instants of a hit came about, in words that a reader can follow."""

from typing import Final

from pipeline.case_answers import TimeFacts
from pipeline.instants import format_instant
from pipeline.store.runs import RunRecord

WORDS: Final = {
    "flag": "whoever imported the file said when its first picture was taken",
    "name": "the name of the imported file says when its first picture was taken",
    "container": "the imported file says when it was recorded, by the recorder's clock",
    "file date": "a guess: the date of the imported file, taken as the end of the recording",
    "arrival": "the instant at which the picture came in from the camera, by this machine's clock",
    "sender report": "the camera's own clock (RTCP sender reports)",
}


def time_facts(source: str | None, run: RunRecord | None) -> TimeFacts:
    """Of a run (one unbroken look at a camera, or one file), as far as it is known still."""
    words = WORDS.get(source or "", "nobody noted where its instants come from")
    if run is None:
        return TimeFacts(
            source=source, words=f"{words}; of the recording itself nothing is known any more",
            kind="", began_at=None, clock_ahead_s=0.0, file="", file_sha256="", detector="",
        )  # fmt: skip
    if run.kind == "file":
        words += "; each later picture by the times that the file gives its pictures"
    elif run.clock_ahead_s:
        words += f", which was {run.clock_ahead_s:+.3f} s off this machine's (ahead is positive)"
    return TimeFacts(
        source=source,
        words=words,
        kind="imported file" if run.kind == "file" else "live camera",
        began_at=format_instant(run.started_at),
        clock_ahead_s=run.clock_ahead_s,
        file=run.source if run.kind == "file" else "",
        file_sha256=run.digest,
        detector=run.detector,
    )
