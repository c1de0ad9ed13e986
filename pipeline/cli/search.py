"""`descry search`: a sentence or a picture in, tracks out."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options import CaseOption, ConfigOption, JsonOption, ReasonOption

TextArgument = Annotated[
    str,
    typer.Argument(
        help="What the person looks like, or what is different from the picture; - reads it "
        "from standard input.",
        show_default=False,
    ),
]
PictureOption = Annotated[
    Path | None, typer.Option(help="Somebody who looks like the person in this picture.")
]
BoxOption = Annotated[
    str | None, typer.Option(help="x1,y1,x2,y2: where that person is in it, pixels.")
]
LikeOption = Annotated[
    str | None, typer.Option(help="Somebody who looks like this track, or TRACK/SHOT.")
]
MoreOption = Annotated[
    list[str] | None, typer.Option("--more", help="A track that fits; repeatable.")
]
LessOption = Annotated[
    list[str] | None, typer.Option("--less", help="A track that does not fit; repeatable.")
]
AnswerOption = Annotated[
    list[str] | None,
    typer.Option("--answer", help="To the question back: ID=yes, ID=no, or a phrase; repeatable."),
]
ThenOption = Annotated[
    list[str] | None, typer.Option("--then", help="Then seen on this camera; repeatable, in order.")
]
WithinOption = Annotated[
    list[str] | None,
    typer.Option("--within", help="At most so long after, 10m say; one a --then, or for all."),
]
ZoneOption = Annotated[
    list[str] | None, typer.Option("--zone", help="Only shots taken in this zone; repeatable.")
]


def search(
    text: TextArgument = "",
    camera: Annotated[
        list[str] | None, typer.Option("--camera", help="Only this camera; may be repeated.")
    ] = None,
    collection: Annotated[
        list[str] | None, typer.Option("--collection", help="Only this collection; repeatable.")
    ] = None,
    since: Annotated[str | None, typer.Option(help="10m, 2h, 3d ago, or ISO-8601.")] = None,
    until: Annotated[str | None, typer.Option(help="The same.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, max=500, help="At most so many.")] = None,
    live: Annotated[bool, typer.Option("--live", help="Only people in view now.")] = False,
    zone: ZoneOption = None,
    min_quality: Annotated[
        float, typer.Option(min=0, max=1, help="Only pictures of this quality or better, 0 to 1.")
    ] = 0.0,
    picture: PictureOption = None,
    box: BoxOption = None,
    like: LikeOption = None,
    more: MoreOption = None,
    less: LessOption = None,
    reply: AnswerOption = None,
    model: Annotated[str | None, typer.Option(help="The encoder, by name.")] = None,
    sheet: Annotated[Path | None, typer.Option(help="Draw the hits on a PNG.")] = None,
    persons: Annotated[
        bool, typer.Option("--persons", help="Show who is probably the same person, and their way.")
    ] = False,
    then: ThenOption = None,
    within: WithinOption = None,
    reason: ReasonOption = "",
    case: CaseOption = "",
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Find the tracks that look most like a description, a picture, or a track."""
    from pipeline.cli.likeness import Likeness
    from pipeline.cli.paths import read_legs
    from pipeline.cli.searching import Question, answer
    from pipeline.reason_fields import Grounds

    if text == "-":  # a command line is there for every user of the machine to read
        text = sys.stdin.readline().strip()
    question = Question(
        text,
        camera or [],
        collection or [],
        since=since,
        until=until,
        limit=limit,
        live=live,
        zones=zone or [],
        min_quality=min_quality,
        then=read_legs(then or [], within or []),
        likeness=Likeness(like, picture, box, more or [], less or [], reply or []),
        grounds=Grounds(reason, case),
    )
    answer(question, config=config, model=model, sheet=sheet, persons=persons, as_json=json)
