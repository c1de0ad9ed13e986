"""`descry replay`: recorded footage in, tracks out."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options import CaseOption, ConfigOption, JsonOption, ReasonOption


class Speed(StrEnum):
    """How fast to read a file."""

    MAX = "max"
    REALTIME = "realtime"


Paths = Annotated[
    list[Path], typer.Argument(help="Video files, folders, quoted patterns.", show_default=False)
]
StartOption = Annotated[
    str | None, typer.Option(help="When the first frame was captured, ISO-8601; for one file.")
]
TimeFromOption = Annotated[
    list[str] | None,
    typer.Option(
        help="How to know when a file was captured: name:'%Y%m%d_%H%M%S', container, file (its "
        "date, taken as the end); repeatable, the first that tells counts. Default: container, "
        "then file.",
        show_default=False,
    ),
]
TimezoneOption = Annotated[
    str | None,
    typer.Option(
        help="Of times in names and of --start: Europe/Berlin, say. Default: this machine's for "
        "names, UTC for --start.",
        show_default=False,
    ),
]
RecursiveOption = Annotated[
    bool, typer.Option("--recursive", "-r", help="Also enter the folders in folders.")
]
JobsOption = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=64,
        help="Files read at once. Default: one a core, at most 8, as memory allows.",
        show_default=False,
    ),
]
FpsOption = Annotated[
    float | None, typer.Option(min=0.01, max=240, help="Frames looked at a second.")
]
DetectorOption = Annotated[
    str | None, typer.Option(help="Name of a model, a .pt file, or a .json script.")
]
BoxesOption = Annotated[
    bool, typer.Option("--keep-boxes", help="Keep every tracked box, for 'tracks export'.")
]


def replay(
    paths: Paths,
    camera: Annotated[str, typer.Option(help="The camera they were taken by; made if new.")],
    collection: Annotated[str, typer.Option(help="Where the shots go.")] = "imports",
    start: StartOption = None,
    time_from: TimeFromOption = None,
    timezone: TimezoneOption = None,
    recursive: RecursiveOption = False,
    jobs: JobsOption = None,
    fps: FpsOption = None,
    every_frame: Annotated[
        bool, typer.Option("--every-frame", help="Look at all, moving or not.")
    ] = False,
    no_motion_gate: Annotated[
        bool, typer.Option("--no-motion-gate", help="Look also where nothing moves.")
    ] = False,
    speed: Annotated[Speed, typer.Option(help="As fast as it goes, or as it was.")] = Speed.MAX,
    detector: DetectorOption = None,
    model: Annotated[str | None, typer.Option(help="The encoder, by name.")] = None,
    keep_boxes: BoxesOption = False,
    reason: ReasonOption = "",
    case: CaseOption = "",
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Import video files; reading the same file again, under any name, changes nothing."""
    from pipeline.cli.import_plan import Order
    from pipeline.cli.replaying import import_files
    from pipeline.reason_fields import Grounds

    order = Order(
        paths=paths,
        camera=camera,
        collection=collection,
        start=start,
        time_from=time_from or [],
        timezone=timezone,
        recursive=recursive,
        readers=jobs,
        fps=fps,
        every_frame=every_frame,
        realtime=speed is Speed.REALTIME,
        keep_boxes=keep_boxes,
        no_gate=no_motion_gate,
    )
    grounds = Grounds(reason, case)
    import_files(
        order, config=config, detector=detector, model=model, as_json=json, grounds=grounds
    )
