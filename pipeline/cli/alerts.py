"""`descry alerts`: what watches told."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.options import CaseOption, ConfigOption, JsonOption, ReasonOption

if TYPE_CHECKING:
    from pipeline.reason_fields import Grounds


def alerts(
    follow: Annotated[bool, typer.Option("--follow", help="Go on until Ctrl-C.")] = False,
    after: Annotated[
        str | None, typer.Option(help="Only what was told behind this id, an earlier `id`.")
    ] = None,
    undelivered: Annotated[
        bool, typer.Option("--undelivered", help="List what no webhook or broker took, with ids.")
    ] = False,
    resend: Annotated[
        list[str] | None, typer.Option(help="Send this undelivered id again, or `all`; repeat.")
    ] = None,
    reason: ReasonOption = "",
    case: CaseOption = "",
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Tell of people that watches found while they were in view, and of what they do next."""
    from pipeline.cli.watch_asking import every_alert, line_of
    from pipeline.reason_fields import Grounds

    if (undelivered or resend) and (follow or after is not None):
        raise typer.BadParameter("--undelivered and --resend go without --follow and --after")
    if resend:
        _resend(resend, Grounds(reason, case), json=json, config=config)
    elif undelivered:
        _list_undelivered(json=json, config=config)
    else:
        for told in every_alert(config, after=after, follow=follow):
            sys.stdout.write((told.model_dump_json() if json else line_of(told)) + "\n")
            sys.stdout.flush()


def _list_undelivered(*, json: bool, config: Path | None) -> None:
    from pipeline.cli.watch_asking import asking, undelivered_line

    with asking(config) as client:
        for told in client.undelivered():
            sys.stdout.write((told.model_dump_json() if json else undelivered_line(told)) + "\n")


def _resend(ids: list[str], grounds: "Grounds", *, json: bool, config: Path | None) -> None:
    from pipeline.cli.watch_asking import asking

    with asking(config, grounds) as client:
        sent = client.resend([] if "all" in ids else ids)
    words = f"{sent.count} on the way again"
    sys.stdout.write((sent.model_dump_json() if json else words) + "\n")
