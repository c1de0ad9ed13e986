"""`descry replay`: recorded footage in, tracks out."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options import ConfigOption, JsonOption


class Speed(StrEnum):
    """How fast to read a file."""

    MAX = "max"
    REALTIME = "realtime"


def replay(
    paths: Annotated[list[Path], typer.Argument(help="Video files.", show_default=False)],
    camera: Annotated[str, typer.Option(help="The camera they were taken by; made if new.")],
    collection: Annotated[str, typer.Option(help="Where the shots go.")] = "imports",
    start: Annotated[
        str | None, typer.Option(help="When the first frame was captured, ISO-8601.")
    ] = None,
    fps: Annotated[
        float | None, typer.Option(min=0.01, max=240, help="Frames looked at a second.")
    ] = None,
    every_frame: Annotated[bool, typer.Option("--every-frame", help="Look at all.")] = False,
    speed: Annotated[Speed, typer.Option(help="As fast as it goes, or as it was.")] = Speed.MAX,
    detector: Annotated[
        str | None, typer.Option(help="Name of a model, a .pt file, or a .json script.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="The encoder, by name.")] = None,
    keep_boxes: Annotated[
        bool, typer.Option("--keep-boxes", help="Keep every tracked box, for 'tracks export'.")
    ] = False,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Import video files; reading the same file again changes nothing."""
    from pipeline.cli.replaying import Order, import_files

    order = Order(
        paths=paths,
        camera=camera,
        collection=collection,
        start=start,
        fps=fps,
        every_frame=every_frame,
        realtime=speed is Speed.REALTIME,
        keep_boxes=keep_boxes,
    )
    import_files(order, config=config, detector=detector, model=model, as_json=json)
