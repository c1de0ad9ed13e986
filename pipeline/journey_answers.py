"""What a search asks and answers of people who were seen on one camera and then on others."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

MOST_LEGS = 5
"""Cameras that may follow the first: each makes a path less sure, and costs a look at the index."""

MOST_WITHIN_S = 86_400.0
"""A day: later than that looks alone link tracks, and clothes are changed."""

USUAL_WITHIN_S = 600.0


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ThenLeg(_Record):
    """A camera on which somebody must be seen next."""

    camera: Annotated[str, Field(min_length=1, max_length=64)]
    within_s: Annotated[
        float,
        Field(
            gt=0,
            le=MOST_WITHIN_S,
            allow_inf_nan=False,
            description="at most so many seconds after the track before ended; a day at most",
        ),
    ] = USUAL_WITHIN_S


class ThenFields(_Record):
    """The part of a search that asks for a path."""

    then: Annotated[
        list[ThenLeg],
        Field(
            max_length=MOST_LEGS,
            description="then seen on these, in order, as probably the same person",
        ),
    ] = []


class PathStepAnswer(_Record):
    """One track of a path; times are ISO-8601 UTC."""

    track: str
    camera: str
    first_seen_at: str
    last_seen_at: str
    after_s: Annotated[
        float | None,
        Field(description="seconds since the step before was last seen; null for the first"),
    ] = None
    link: Annotated[
        float | None,
        Field(
            description="chance that of all tracks that began there in time this is the person's, "
            "0 to 1; null for the first, and where nothing tells"
        ),
    ] = None
    thumbnail: Annotated[str, Field(description="its best picture")]


class PathMark(_Record):
    """What a hit says of where the person probably went; never an identity."""

    path: Annotated[
        list[PathStepAnswer], Field(description="the hit, then a track a leg; empty without `then`")
    ] = []
    path_confidence: Annotated[
        float | None, Field(description="the product of `link` over the path; null: nothing tells")
    ] = None


class TravelUsedAnswer(_Record):
    """What was known of the way from one camera to the camera of a leg."""

    from_camera: str
    links: Annotated[int, Field(description="links of other days that travel times rest on")]
    fastest_s: Annotated[
        float | None,
        Field(description="faster is pruned, seconds; null: too few links, so nothing is"),
    ]


class LegAnswer(_Record):
    """What was looked at for one leg of the paths."""

    camera: str
    within_s: float
    tracks: Annotated[int, Field(description="that began in the time asked about")]
    tracks_judged: Annotated[int, Field(description="those of them with a picture in the index")]
    two_places: Annotated[
        int, Field(description="pairs that were pruned: in view of both cameras at once")
    ]
    too_fast: Annotated[
        int, Field(description="pairs that were pruned: faster than anybody plausibly is")
    ]
    asked_s: Annotated[float, Field(description="seconds in which the leg could begin, joined")]
    blind_s: Annotated[float, Field(description="seconds of those that the camera was not watched")]
    ahead_s: Annotated[float, Field(description="seconds of those that are still to come")] = 0.0
    travel: list[TravelUsedAnswer]


class Paths(_Record):
    """What an answer says of the legs that were asked for."""

    legs: Annotated[list[LegAnswer], Field(description="in order; empty without `then`")] = []
    paths_by: Annotated[
        Literal["fitted", "rough"] | None,
        Field(description="rough: by no law of this model; null: nothing tells, or no `then`"),
    ] = None


class TravelAnswer(_Record):
    """How long people took from one camera to another, learnt from links that were sure."""

    from_camera: str
    to_camera: str
    days: Annotated[int, Field(description="that it was learnt on")]
    links: int
    p5_s: float
    median_s: float
    p95_s: float
    fastest_s: Annotated[
        float | None, Field(description="faster is pruned, seconds; null: too few links yet")
    ]
