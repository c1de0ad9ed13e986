"""Runs `descry street`: checks what is asked for, shows progress, says how to go on."""

import re
import typing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import typer

from pipeline.cli.progress import Report, progress_bar
from pipeline.errors import ConfigError
from pipeline.logs import printable
from pipeline.shutdown import INTERRUPTED, stopping
from pipeline.street.casting import Split
from pipeline.street.footage.filming import KINDS
from pipeline.street.footage.folder import checked_seed
from pipeline.street.footage.recording import render_story
from pipeline.street.footage.still_plan import Stills, usual_frames
from pipeline.street.footage.stills import CAPTIONS, draw_stills
from pipeline.street.footage.story import Request
from pipeline.street.footage.truth import Truth
from pipeline.street.scenery.places import PLACES


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """What `descry street render` was given, as written."""

    seed: int
    people: int
    cameras: int
    seconds: float
    fps: int
    size: str
    places: str
    kinds: str
    split: str
    kilobits: int | None
    visits: int | None = None

    def request(self) -> Request:
        """What is asked for.

        Raises:
            ConfigError: an option makes no sense; the message names it.
        """
        width, height = parse_size(self.size)
        return Request(
            checked_seed(self.seed),
            _within("--people", self.people, 1, 1000),
            _within("--cameras", self.cameras, 1, 50),
            _within("--seconds", self.seconds, 0.1, 86_400.0),
            _within("--fps", self.fps, 1, 60),
            width,
            height,
            parse_names("--places", self.places, PLACES),
            parse_names("--kinds", self.kinds, KINDS),
            parse_split(self.split),
            None if self.visits is None else _within("--visits", self.visits, 1, 40),
        )


def run_render(out: Path, options: RenderOptions, jobs: int) -> None:
    """Film a story into `out`."""
    request = options.request()
    if options.kilobits is not None:
        _within("--kilobits", options.kilobits, 20, 100_000)
    _within("--jobs", jobs, 1, 256)
    with _under_way("frames") as (report, stopped):
        truth = render_story(
            out, request, jobs=jobs, report=report, stopped=stopped, kilobits_s=options.kilobits
        )
    if truth is None:
        _say_stopped(out)
    else:
        _say_rendered(out, truth)


def run_stills(
    out: Path, seed: int, people: int, split: str, frames: int | None, jobs: int
) -> None:
    """Draw single frames into `out`."""
    checked_seed(seed)
    _within("--people", people, 1, 1_000_000)
    count = usual_frames(people) if frames is None else _within("--frames", frames, 1, 10_000_000)
    _within("--jobs", jobs, 1, 256)
    stills = Stills(seed, people, parse_split(split), count)
    with _under_way("frames") as (report, stopped):
        is_done = draw_stills(out, stills, jobs=jobs, report=report, stopped=stopped)
    if not is_done:
        _say_stopped(out)
    typer.echo(
        f"{printable(str(out))}: {count:,} frames; captions: {printable(str(out / CAPTIONS))}"
    )


@contextmanager
def _under_way(label: str) -> Iterator[tuple[Report, Callable[[], bool]]]:
    with stopping() as stop, progress_bar() as start:
        yield start(label), stop.is_set


def _say_stopped(out: Path) -> None:
    typer.echo(f"{printable(str(out))}: stopped; the same command goes on from there", err=True)
    raise typer.Exit(INTERRUPTED)


def _say_rendered(out: Path, truth: Truth) -> None:
    typer.echo(
        f"{printable(str(out))}: {len(truth.cameras)} films, {len(truth.people)} people, "
        f"{len(truth.appearances)} appearances; truth.json says who is where when"
    )


Number = typing.TypeVar("Number", int, float)


def _within(option: str, value: Number, least: Number, most: Number) -> Number:
    if not least <= value <= most:
        raise ConfigError(f"{option} {value}: choose {least:,} to {most:,}")
    return value


def parse_size(text: str) -> tuple[int, int]:
    """Width and height of `640x360`.

    >>> parse_size("640x360")
    (640, 360)

    Raises:
        ConfigError: it is no size, or odd: H.264 halves the colours.
    """
    found = re.fullmatch(r"(\d{1,4})x(\d{1,4})", text.strip(), re.ASCII)
    width, height = (int(found[1]), int(found[2])) if found else (0, 0)
    if width < 64 or height < 64 or width % 2 or height % 2:
        raise ConfigError(f"--size {text}: write 640x360, both even and at least 64")
    return width, height


def parse_names(option: str, text: str, known: typing.Collection[str]) -> tuple[str, ...]:
    """Names parted by commas.

    Raises:
        ConfigError: one is unknown, or there is none.
    """
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        said = unknown[0] if unknown else text
        raise ConfigError(f"{option} {said!r}: choose of {', '.join(sorted(known))}")
    return names


def parse_split(text: str) -> Split:
    """The split of that name.

    Raises:
        ConfigError: there is none.
    """
    match text:
        case "train" | "val" | "test":
            return text
        case _:
            raise ConfigError(f"--split {text!r}: choose train, val or test")
