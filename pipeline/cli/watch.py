"""`descry watch`: sentences and pictures that live cameras are watched for."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.options import CaseOption, ConfigOption, JsonOption, ReasonOption

if TYPE_CHECKING:
    from pipeline.watch_answers import WatchAnswer

app = typer.Typer(no_args_is_help=True)

# What a watch asks for, tried or kept.
TextArgument = Annotated[
    str,
    typer.Argument(
        help="What the person looks like, or what is different from the picture.",
        show_default=False,
    ),
]
LikeOption = Annotated[
    str | None, typer.Option(help="Somebody who looks like this track, or TRACK/SHOT.")
]
PictureOption = Annotated[
    Path | None, typer.Option(help="Somebody who looks like the person in this picture.")
]
BoxOption = Annotated[
    str | None, typer.Option(help="x1,y1,x2,y2: where that person is in it, pixels.")
]
CameraOption = Annotated[list[str] | None, typer.Option(help="Only this one; repeat.")]
ZoneOption = Annotated[list[str] | None, typer.Option(help="Only people in it; repeat.")]
HoursOption = Annotated[str, typer.Option(help="22:00-06:00, say; always if empty.")]
TimezoneOption = Annotated[str, typer.Option(help="Of the hours: Europe/Berlin, say.")]
FalseAlarmsOption = Annotated[
    float, typer.Option(help="Unrelated people that may be told, a day and camera.")
]
CooldownOption = Annotated[
    str, typer.Option(help="How long one person makes no second alert: 30s, 10m, 2h.")
]


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="A short name for it.")],
    text: TextArgument = "",
    like: LikeOption = None,
    picture: PictureOption = None,
    box: BoxOption = None,
    camera: CameraOption = None,
    zone: ZoneOption = None,
    hours: HoursOption = "",
    timezone: TimezoneOption = "UTC",
    false_alarms: FalseAlarmsOption = 1.0,
    cooldown: CooldownOption = "10m",
    webhook: Annotated[
        str, typer.Option(help="Send its alerts there, too: https://host/path.")
    ] = "",
    mqtt: Annotated[
        bool, typer.Option("--mqtt", help="Send its alerts to mqtt.url even if not every watch's.")
    ] = False,
    reason: ReasonOption = "",
    case: CaseOption = "",
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Watch live cameras for somebody; 'descry alerts' tells of who is in view."""
    from pipeline.cli.likeness import Likeness
    from pipeline.cli.watch_asking import add_watch

    found = add_watch(
        config,
        name=name,
        text=text,
        likeness=Likeness(like, picture, box),
        cameras=camera or [],
        zones=zone or [],
        hours=hours,
        timezone=timezone,
        false_alarms=false_alarms,
        cooldown=cooldown,
        webhook=webhook,
        mqtt=mqtt,
        reason=reason,
        case=case,
    )
    for note in found.notes if not json else ():
        sys.stderr.write(f"! {note}\n")
    _tell(found, json=json, what="added")


@app.command("test")
def test_watch(
    text: TextArgument = "",
    like: LikeOption = None,
    picture: PictureOption = None,
    box: BoxOption = None,
    camera: CameraOption = None,
    zone: ZoneOption = None,
    since: Annotated[str, typer.Option(help="10m, 2h, 3d ago, or ISO-8601.")] = "24h",
    hours: HoursOption = "",
    timezone: TimezoneOption = "UTC",
    false_alarms: FalseAlarmsOption = 1.0,
    cooldown: CooldownOption = "10m",
    limit: Annotated[int, typer.Option(min=0, max=100, help="Show so many alerts.")] = 5,
    reason: ReasonOption = "",
    case: CaseOption = "",
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Say what a watch would have told of what live cameras saw; nothing is told."""
    from pipeline.cli.likeness import Likeness
    from pipeline.cli.watch_asking import lines_of, try_watch

    found = try_watch(
        config,
        text=text,
        likeness=Likeness(like, picture, box),
        cameras=camera or [],
        zones=zone or [],
        since=since,
        hours=hours,
        timezone=timezone,
        false_alarms=false_alarms,
        cooldown=cooldown,
        limit=limit,
        reason=reason,
        case=case,
    )
    for note in found.notes if not json else ():
        sys.stderr.write(f"! {note}\n")
    sys.stdout.write("\n".join([found.model_dump_json()] if json else lines_of(found)) + "\n")


@app.command("list")
def list_watches(json: JsonOption = False, config: ConfigOption = None) -> None:
    """List what is watched for, and how many of them are in view now."""
    from pipeline.cli.watch_asking import asking

    with asking(config) as client:
        for found in client.watches():
            _tell(found, json=json, what=f"{found.open} in view")


@app.command()
def remove(
    name: Annotated[str, typer.Argument(help="Which.")],
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Watch for it no longer; what it told stays, as long as what was seen."""
    from pipeline.cli.watch_asking import asking

    with asking(config) as client:
        _tell(client.remove_watch(name), json=json, what="removed")


def _tell(watch: "WatchAnswer", *, json: bool, what: str) -> None:
    where = ", ".join([*watch.cameras, *watch.zones]) or "everywhere"
    when = f"{watch.hours} {watch.timezone}" if watch.hours else "always"
    whom = [f"like {watch.like or 'a picture'}"] if watch.kind == "picture" else []
    whom += [watch.text] if watch.text else []
    words = (
        f"{watch.name}  {what}  {where}  {when}  {watch.false_alarms:g} a day  {', '.join(whom)}"
    )
    words += f"  {watch.webhook}" if watch.webhook else ""
    words += "  MQTT" if watch.mqtt else ""
    words += f"  asleep: {watch.asleep}" if watch.asleep else ""
    sys.stdout.write((watch.model_dump_json() if json else words) + "\n")
