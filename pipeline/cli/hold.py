"""`descry hold`: tracks that are kept past retention, and not erased."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.options import CaseOption, ConfigOption, JsonOption, ReasonOption

if TYPE_CHECKING:
    from pipeline.hold_answers import HoldAnswer

app = typer.Typer(no_args_is_help=True)

Tracks = Annotated[list[str], typer.Argument(help="Names, as 'descry tracks list' has them.")]


@app.command()
def add(
    tracks: Tracks,
    reason: ReasonOption = "",
    case: CaseOption = "",
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Keep a copy of tracks past retention, and refuse to erase them."""
    from pipeline.reason_fields import Grounds
    from pipeline.wiring.sessions import open_session
    from pipeline.wiring.settings import read_settings

    grounds = Grounds(reason, case)
    with open_session(read_settings(config), need=frozenset(), grounds=grounds) as session:
        holds = session.holds()
        for track in tracks:
            _tell(holds.hold(track), json=json, what="held")


@app.command("list")
def list_holds(json: JsonOption = False, config: ConfigOption = None) -> None:
    """List the held tracks and where the copies of their pictures lie."""
    from pipeline.wiring.sessions import open_session
    from pipeline.wiring.settings import read_settings

    with open_session(read_settings(config), need=frozenset()) as session:
        for held in session.holds().holds():
            _tell(held, json=json, what="held")


@app.command()
def remove(
    tracks: Tracks,
    reason: ReasonOption = "",
    case: CaseOption = "",
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Hold tracks no longer and delete the copies; what is within retention stays."""
    from pipeline.reason_fields import Grounds
    from pipeline.wiring.sessions import open_session
    from pipeline.wiring.settings import read_settings

    grounds = Grounds(reason, case)
    with open_session(read_settings(config), need=frozenset(), grounds=grounds) as session:
        holds = session.holds()
        for track in tracks:
            _tell(holds.release(track), json=json, what="no longer held")


def _tell(held: "HoldAnswer", *, json: bool, what: str) -> None:
    count = len(held.pictures)
    if what == "held":
        video = "a clip" if held.video else f"no clip: {held.why_no_video or 'none could be cut'}"
        words = f"{held.track}  held since {held.since}  {count} pictures, {video}"
    else:
        words = f"{held.track}  {what}: the copies of {count} pictures and of its clip are deleted"
    sys.stdout.write((held.model_dump_json() if json else words) + "\n")
