"""`descry clip`: the video of a hit."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options import CaseOption, ConfigOption, JsonOption, ReasonOption


def clip(
    hit: Annotated[
        str, typer.Argument(help="camera/run/track, or camera/run/track/shot; as search --json.")
    ],
    out: Annotated[Path, typer.Option(help="The MP4 to write.")],
    before: Annotated[str, typer.Option(help="How long before the hit to begin.")] = "5s",
    after: Annotated[str, typer.Option(help="How long after it to end.")] = "5s",
    look_in: Annotated[
        list[Path] | None,
        typer.Option("--look-in", help="A folder that imported files were moved to; repeatable."),
    ] = None,
    blur: Annotated[
        str | None,
        typer.Option(help="Of others hide: none, heads or figures; never less than export.blur."),
    ] = None,
    reason: ReasonOption = "",
    case: CaseOption = "",
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Write the clip of a hit: from recent video, or from the file that was imported."""
    from pipeline.cli.clipping import Request, write_clip
    from pipeline.reason_fields import Grounds

    grounds = Grounds(reason, case)
    request = Request(hit, out, before, after, look_in or [], blur, grounds)
    write_clip(request, config=config, as_json=json)
