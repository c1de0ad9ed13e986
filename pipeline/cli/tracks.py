"""`descry tracks`: what was followed."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.options import CaseOption, ConfigOption, JsonOption, ReasonOption

if TYPE_CHECKING:
    from pipeline.answers import TrackAnswer

app = typer.Typer(no_args_is_help=True)


@app.command("list")
def list_tracks(
    camera: Annotated[str | None, typer.Option(help="Only this camera.")] = None,
    zone: Annotated[str | None, typer.Option(help="Only with a shot in this zone.")] = None,
    reason: ReasonOption = "",
    case: CaseOption = "",
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """List tracks by first sight: one a line, nothing if there are none."""
    from pipeline.cli.listing import every_track
    from pipeline.reason_fields import Grounds
    from pipeline.wiring.sessions import open_session
    from pipeline.wiring.settings import read_settings

    grounds = Grounds(reason, case)
    with open_session(read_settings(config), need=frozenset(), grounds=grounds) as session:
        for track in every_track(session.lists(), camera, zone=zone, media=session.media):
            line = track.model_dump_json() if json else _line(track)
            sys.stdout.write(line + "\n")


@app.command()
def export(
    camera: Annotated[str, typer.Option(help="Whose boxes.")],
    out: Annotated[Path, typer.Option(help="The file to write.")],
    format: Annotated[str, typer.Option(help="mot: MOTChallenge rows.")] = "mot",  # noqa: A002
    run: Annotated[str | None, typer.Option(help="Which run, if there are several.")] = None,
    reason: ReasonOption = "",
    case: CaseOption = "",
    config: ConfigOption = None,
) -> None:
    """Write every tracked box of a run that was read with --keep-boxes."""
    from pipeline.cli.files import write_answer
    from pipeline.errors import ConfigError
    from pipeline.reason_fields import Grounds
    from pipeline.wiring.sessions import open_session
    from pipeline.wiring.settings import read_settings

    if format != "mot":
        raise ConfigError(f"--format {format}: only 'mot' can be written")
    grounds = Grounds(reason, case)
    with open_session(read_settings(config), need=frozenset(), grounds=grounds) as session:
        rows = session.lists().boxes(camera, run)
    write_answer(out, rows.encode())
    sys.stderr.write(f"{rows.count(chr(10))} boxes written to {out}\n")


def _line(track: "TrackAnswer") -> str:
    seen = f"{track.first_seen_at}  {track.last_seen_at}"
    zones = f"  in {', '.join(track.zones)}" if track.zones else ""
    return f"{track.track}  {track.state}  {seen}  {track.collection}  {track.shots} shots{zones}"
