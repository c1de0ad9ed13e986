"""Paths over several cameras: what `--then` and `--within` say, and what came back, to read."""

from collections.abc import Iterator, Sequence

from pipeline.answers import SearchAnswer
from pipeline.durations import format_duration, parse_duration
from pipeline.errors import ConfigError
from pipeline.journey_answers import MOST_LEGS, MOST_WITHIN_S, USUAL_WITHIN_S, ThenLeg
from pipeline.logs import printable

LOOKS = (
    "paths are of probably the same person, by looks and time, not an identity; look at the "
    "pictures before you act on one"
)
ROUGH = "roughly: nobody has fitted likenesses of this model"


def read_legs(then: Sequence[str], within: Sequence[str]) -> list[ThenLeg]:
    """The legs as typed: a `--within` for each `--then`, one for all, or none.

    >>> [leg.within_s for leg in read_legs(["a", "b"], ["5m"])]
    [300.0, 300.0]

    Raises:
        ConfigError: they make no sense.
    """
    if within and not then:
        raise ConfigError("--within says how long until the camera of --then: give one")
    if len(then) > MOST_LEGS:
        raise ConfigError(f"{len(then)} cameras with --then: at most {MOST_LEGS} may follow")
    if len(within) not in {0, 1, len(then)}:
        raise ConfigError(
            f"{len(within)} --within for {len(then)} --then: give one for each, or one for all"
        )
    spans = [_span(text) for text in within] or [USUAL_WITHIN_S]
    spans = spans * len(then) if len(spans) == 1 else spans
    for camera in then:
        if not 0 < len(camera) <= 64:
            raise ConfigError(f"--then {printable(camera[:64])!r} is no camera's name")
    return [ThenLeg(camera=name, within_s=s) for name, s in zip(then, spans, strict=True)]


def path_lines(found: SearchAnswer) -> Iterator[str]:
    """A line a path, and below it a line for each of its tracks in the order of time."""
    if not found.legs:
        return
    yield LOOKS
    if found.paths_by == "rough":
        yield ROUGH
    for hit in found.hits:
        cameras = " then ".join(step.camera for step in hit.path)
        yield f"path {hit.rank}: {cameras}, {_chance(hit.path_confidence)} in all"
        for step in hit.path:
            seen = f"{step.first_seen_at[:19].replace('T', ' ')}Z – {step.last_seen_at[11:19]}Z"
            after = (
                "" if step.after_s is None else f"  {_after(step.after_s)}, {_chance(step.link)}"
            )
            yield f"  {seen}  {step.camera}  {step.track}{after}"


def leg_lines(found: SearchAnswer) -> Iterator[str]:
    """What was looked at for each leg, a line each."""
    for leg in found.legs:
        yield (
            f"then {leg.camera} within {format_duration(leg.within_s)}: {leg.tracks} tracks began "
            f"in time, {leg.tracks_judged} have pictures; pruned: {leg.two_places} in two places, "
            f"{leg.too_fast} too fast; {leg.blind_s:.0f} of {leg.asked_s:.0f} s blind"
        )


def _span(text: str) -> float:
    try:
        seconds = parse_duration(text)
    except ValueError as error:
        raise ConfigError(f"--within {printable(text)!r} {error}") from None
    if not 0 < seconds <= MOST_WITHIN_S:
        raise ConfigError(
            f"--within {printable(text)!r} is not between 0 and a day: later than that looks alone "
            "link tracks, and clothes are changed"
        )
    return seconds


def _after(seconds: float) -> str:
    return f"{seconds:.0f} s later" if seconds >= 0 else f"{-seconds:.0f} s before that ended"


def _chance(chance: float | None) -> str:
    return "no chance told" if chance is None else f"{min(round(100 * chance), 99)} % sure"
