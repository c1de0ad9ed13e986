"""`descry cameras`: what is watched, and whether it can be."""

import json as json_format
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options import ConfigOption, JsonOption

app = typer.Typer(no_args_is_help=True)


@app.command("list")
def list_cameras(
    camera: Annotated[str | None, typer.Option(help="Only this one.")] = None,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """List every camera that was ever read, with its runs."""
    from pipeline.wiring.sessions import open_session
    from pipeline.wiring.settings import read_settings

    with open_session(read_settings(config), need=frozenset()) as session:
        for found in session.lists().cameras(camera):
            line = (
                found.model_dump_json()
                if json
                else (
                    f"{found.camera}  {found.kind}  {found.state}  {len(found.runs)} runs"
                    + "".join(f"  {fact}" for fact in _facts(found.figures))
                    + (f"  {found.detail}" if found.detail else "")
                )
            )
            sys.stdout.write(line + "\n")


def _facts(figures: Mapping[str, float]) -> Iterator[str]:
    """How far the camera's clock is ahead of ours, and whether a device gave up decoding it."""
    if "clock_offset_s" in figures:
        yield f"clock {figures['clock_offset_s']:+.1f} s"
    if figures.get("hardware_failures") and not figures.get("hardware_decoding"):
        yield "decoded on the CPU: its device failed"


@app.command()
def add(
    camera: Annotated[str, typer.Argument(help="A short name for it.")],
    url: Annotated[str, typer.Argument(help="rtsp(s)://host:port/path, without credentials.")],
    username: Annotated[str | None, typer.Option(help="Who to log in as.")] = None,
    password_file: Annotated[
        Path | None, typer.Option(help="The file that holds that user's password.")
    ] = None,
    more: Annotated[
        Path | None, typer.Option(help="A YAML file of other settings of this camera.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Watch a camera from now on, beside those of the settings file; or by other settings."""
    from pipeline.wiring.enrolment import described_camera
    from pipeline.wiring.sessions import open_session
    from pipeline.wiring.settings import read_settings

    described = described_camera(url, username, password_file, more)
    with open_session(read_settings(config), need=frozenset()) as session:
        found = session.enrolment().add(camera, described)
    sys.stdout.write(f"{camera}  {found.state}" + (f"  {found.detail}" * bool(found.detail)) + "\n")


@app.command()
def remove(
    camera: Annotated[str, typer.Argument(help="Which.")], config: ConfigOption = None
) -> None:
    """Watch a camera that was added no longer; what was seen of it stays searchable."""
    from pipeline.wiring.sessions import open_session
    from pipeline.wiring.settings import read_settings

    with open_session(read_settings(config), need=frozenset()) as session:
        session.enrolment().remove(camera)
    sys.stdout.write(f"{camera}  removed\n")


@app.command()
def pause(
    camera: Annotated[str, typer.Argument(help="Which.")], config: ConfigOption = None
) -> None:
    """Have no worker read a camera until it is resumed; the others do not notice."""
    _switch(camera, config, is_on=False)


@app.command()
def resume(
    camera: Annotated[str, typer.Argument(help="Which.")], config: ConfigOption = None
) -> None:
    """Have a paused camera read again."""
    _switch(camera, config, is_on=True)


def _switch(camera: str, config: Path | None, *, is_on: bool) -> None:
    from pipeline.wiring.sessions import open_session
    from pipeline.wiring.settings import read_settings

    with open_session(read_settings(config), need=frozenset()) as session:
        lists = session.lists()
        lists.resume(camera) if is_on else lists.pause(camera)
    sys.stdout.write(f"{camera}  {'resumed' if is_on else 'paused'}\n")


@app.command()
def probe(
    camera: Annotated[list[str] | None, typer.Argument(help="Which; all if none.")] = None,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Connect to the cameras of the settings and say what they send."""
    from pipeline.errors import SourceUnreachable
    from pipeline.wiring.cameras import probe_cameras
    from pipeline.wiring.settings import read_settings

    failed = []
    for name, found in probe_cameras(read_settings(config), camera or []):
        line = (
            json_format.dumps({"camera": name, **asdict(found)})
            if json
            else (f"{name}  {'ok' if found.ok else 'FAILED'}  {found.detail}")
        )
        sys.stdout.write(line + "\n")
        failed += [] if found.ok else [name]
    if failed:
        raise SourceUnreachable(f"no picture from: {', '.join(failed)}")
