"""Who is probably the same person among the hits of an answer, for people to read."""

import shlex
from collections.abc import Iterator

from pipeline.answers import SearchAnswer
from pipeline.person_answers import PersonAnswer

NO_TELLING = (
    "who is the same person cannot be told: the model is untrained, or too few tracks are there to "
    "hold likenesses against; each track stands alone"
)
ROUGH = "roughly: nobody has fitted likenesses of this model"
LOOKS = "by looks and time, not an identity; look at the pictures before you act on it"


def person_lines(found: SearchAnswer) -> Iterator[str]:
    """A line a person, best hit first, and below it a line for each track in the order of time."""
    if found.persons_by is None:
        yield NO_TELLING
    elif any(person.confidence is not None for person in found.persons):
        yield f"probably the same person: {LOOKS}"
        if found.persons_by == "rough":
            yield ROUGH
    for person in found.persons:
        yield _headed(person)
        for step in person.path:
            seen = f"{_second(step.first_seen_at)} – {_clock(step.last_seen_at)}"
            yield f"  {seen}  {step.camera}  #{step.rank}  {step.track}"
        if len(person.path) > 1:
            yield f"  to erase them all: {erase_command(person)}"


def erase_command(person: PersonAnswer) -> str:
    """What erases every track of a person, once somebody has looked at the pictures.

    A name like `p1` means nothing in the next answer, so the tracks are named.
    """
    return shlex.join(["descry", "erase", *(step.track for step in person.path)])


def _headed(person: PersonAnswer) -> str:
    if person.confidence is None:
        return f"{person.person}: one track"
    chance = min(round(100 * person.confidence), 99)  # never certain
    cameras = len({step.camera for step in person.path})
    where = "1 camera" if cameras == 1 else f"{cameras} cameras"
    return f"{person.person}: {len(person.path)} tracks, {where}, probably the same ({chance} %)"


def _second(instant: str) -> str:
    return instant[:19].replace("T", " ") + "Z"


def _clock(instant: str) -> str:
    return instant[11:19] + "Z"
