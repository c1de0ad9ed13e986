"""`descry travel`: how long people take from camera to camera, as far as it was learnt."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.options import ConfigOption, JsonOption

if TYPE_CHECKING:
    from pipeline.journey_answers import TravelAnswer


def travel(
    learn: Annotated[
        bool, typer.Option("--learn", help="First learn from days that are over, now.")
    ] = False,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Show how long people took between cameras, a line a pair; nothing if nothing is known."""
    from pipeline.wiring.sessions import open_session
    from pipeline.wiring.settings import read_settings

    with open_session(read_settings(config), need=frozenset({"query"})) as session:
        known = session.client().travel(learn=learn)
    for one in known:
        sys.stdout.write((one.model_dump_json() if json else _line(one)) + "\n")
    if not known and not json:
        sys.stderr.write("nothing is learnt yet: it takes sure links of a day that is over\n")


def _line(one: "TravelAnswer") -> str:
    pruned = (
        "too few links to prune by"
        if one.fastest_s is None
        else f"faster than {one.fastest_s:.0f} s is pruned"
    )
    return (
        f"{one.from_camera} to {one.to_camera}  {one.links} links on {one.days} days  median "
        f"{one.median_s:.0f} s  p5 {one.p5_s:.0f} s  p95 {one.p95_s:.0f} s  {pruned}"
    )
