"""`descry street`: people on a synthetic street, whose truth is known."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True)

SeedOption = Annotated[int, typer.Option("--seed", help="0 to 4294967295; draws everything.")]
OutOption = Annotated[Path, typer.Option("--out", help="The folder; the same command goes on.")]
JobsOption = Annotated[int, typer.Option("--jobs", help="Processes that draw.")]


@app.command()
def render(
    seed: SeedOption,
    out: OutOption,
    people: Annotated[int, typer.Option(help="How many walk.")] = 24,
    cameras: Annotated[int, typer.Option(help="How many film.")] = 3,
    seconds: Annotated[float, typer.Option(help="How long.")] = 60.0,
    fps: Annotated[int, typer.Option(help="Frames a second.")] = 10,
    size: Annotated[str, typer.Option(help="Of the frames, pixels.")] = "640x360",
    places: Annotated[
        str, typer.Option(help="Where the cameras hang, in turn: street,lobby,platform …")
    ] = "street,lobby",
    kinds: Annotated[
        str, typer.Option(help="Their light, in turn: day, dusk, night, infrared, rain.")
    ] = "day",
    split: Annotated[str, typer.Option(help="Whose people and places: train, val, test.")] = "test",
    kilobits: Annotated[
        int | None, typer.Option(help="The most a film may take a second; no limit without.")
    ] = None,
    visits: Annotated[
        int | None,
        typer.Option(help="Cameras somebody passes before they leave; none: they walk on."),
    ] = None,
    jobs: JobsOption = 2,
) -> None:
    """Film a story: H.264 of each camera, true boxes (MOTChallenge), and truth.json.

    The same seed tells the same story. The same command goes on where one was stopped or killed.
    """
    from pipeline.cli.streeting import RenderOptions, run_render

    run_render(
        out,
        RenderOptions(
            seed, people, cameras, seconds, fps, size, places, kinds, split, kilobits, visits
        ),
        jobs,
    )


@app.command()
def stills(
    seed: SeedOption,
    people: Annotated[int, typer.Option(help="How many different people.")],
    out: OutOption,
    split: Annotated[str, typer.Option(help="Whose people and places: train, val, test.")],
    frames: Annotated[
        int | None, typer.Option(help="How many; so that each is met six times, if left out.")
    ] = None,
    jobs: JobsOption = 2,
) -> None:
    """Draw single frames for training: pictures, YOLO labels, crops and captions.

    The same command goes on where one was stopped or killed.
    """
    from pipeline.cli.streeting import run_stills

    run_stills(out, seed, people, split, frames, jobs)
