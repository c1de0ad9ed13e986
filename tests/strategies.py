"""Every Hypothesis strategy: boxes, areas, tracks, embeddings."""

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st

from detectors.areas import Area
from detectors.types import Box, Quality, ShotId, TrackKey
from pipeline.store.wire import LoggedSighting, PublishedShot
from retrieval.types import Hidden, ScoredShot, Sighting, Where
from tests.data.make_sightings import off_the_wire

coordinates = st.floats(-2000, 4000, allow_nan=False, width=32)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    """Any box with x1 <= x2 and y1 <= y2."""
    x1, x2 = sorted((draw(coordinates), draw(coordinates)))
    y1, y2 = sorted((draw(coordinates), draw(coordinates)))
    return Box(x1, y1, x2, y2)


@st.composite
def polygons(draw: st.DrawFn) -> Area:
    """An area round a point, hollow or not, its corners on a lattice as people write them."""
    count = draw(st.integers(3, 7))
    reaches = draw(st.lists(st.integers(3, 10), min_size=count, max_size=count))
    turn = draw(st.floats(0, 1))
    corners = []
    for number, reach in enumerate(reaches):
        angle = 2 * math.pi * (number + turn) / count
        across, down = (reach / 20 * part for part in (math.cos(angle), math.sin(angle)))
        corners.append([round(0.5 + across, 2), round(0.5 + down, 2)])
    return Area.of("area", corners)


# Few values of each, so that ties, repeats and empty answers are common.
instants = st.integers(0, 9).map(float)
qualities = st.sampled_from([0.0, 0.25, 0.5, 1.0])
some_zones = st.sampled_from([(), ("door",), ("door", "till"), ("till",)])
track_keys = st.builds(
    TrackKey, st.sampled_from(["lobby", "gate"]), st.just("r1"), st.integers(1, 4)
)
DIMENSION = 4


@st.composite
def unit_vectors(draw: st.DrawFn) -> np.ndarray:
    """(4,) of length 1, from a small lattice."""
    numbers = st.lists(st.integers(-2, 2), min_size=DIMENSION, max_size=DIMENSION).filter(any)
    vector = np.array(draw(numbers), np.float32)
    return vector / np.linalg.norm(vector)


@st.composite
def sightings(draw: st.DrawFn) -> Sighting:
    """A sighting of model `m@1` that was in half precision on the wire."""
    shot = ShotId(draw(track_keys), draw(st.integers(1, 5)))
    replaces = draw(st.none() | st.integers(1, shot.number - 1)) if shot.number > 1 else None
    return Sighting(
        shot=shot,
        collection=draw(st.sampled_from(["live", "imports"])),
        captured_at=draw(instants),
        vector=off_the_wire(draw(unit_vectors())),
        model_id="m@1",
        box=Box(0, 0, 50, 100),
        quality=draw(qualities),
        picture=f"{shot}.jpg",
        replaces=replaces,
        expires_at=draw(st.none() | instants),
        zones=draw(some_zones),
        hidden=draw(st.sampled_from([Hidden.NOTHING, Hidden.HEAD, Hidden.FEET | Hidden.COLOUR])),
    )


def galleries(max_size: int = 30) -> st.SearchStrategy[list[Sighting]]:
    """Sightings in any order, no shot twice."""
    return st.lists(sightings(), max_size=max_size, unique_by=lambda s: s.shot)


@st.composite
def filters(draw: st.DrawFn) -> Where:
    """Any filter, with names that exist and one that does not."""

    def some(of: st.SearchStrategy) -> st.SearchStrategy:
        return st.none() | st.frozensets(of, max_size=3)

    return Where(
        now=draw(instants),
        cameras=draw(some(st.sampled_from(["lobby", "gate", "nowhere"]))),
        collections=draw(some(st.sampled_from(["live", "imports", "none"]))),
        tracks=draw(some(track_keys)),
        since=draw(st.none() | instants),
        until=draw(st.none() | instants),
        zones=draw(some(st.sampled_from(["door", "till", "nowhere"]))),
        min_quality=draw(qualities),
    )


@st.composite
def scored_shots(draw: st.DrawFn) -> list[ScoredShot]:
    """Shots with scores from a coarse scale, so that ties are common; no shot twice."""
    scores = st.integers(-4, 4).map(lambda quarter: quarter / 4)
    return [ScoredShot(sighting, draw(scores)) for sighting in draw(galleries(20))]


def settings_trees() -> st.SearchStrategy[dict[str, Any]]:
    """What a settings file may hold, odd texts included."""
    names = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,8}", fullmatch=True)
    # `config show` masks what is nothing but stars, so nobody may be called that.
    texts = st.text(min_size=1, max_size=20).filter(lambda text: text.strip("*") != "")
    spans = st.floats(1, 1e9)
    drawn = st.sampled_from(
        [{}, {"till": [[0, 0], [1, 0], [1, 0.25]], "a-b": [[0.1, 0], [1, 0], [0, 1]]}]
    )
    camera = st.fixed_dictionaries(
        {"url": st.sampled_from(["rtsp://h/1", "rtsps://10.0.0.7:322/live?x=1&y=%40"])},
        optional={
            "username": texts,
            "password": texts,
            "friendly_name": texts,
            "enabled": st.booleans(),
            "fps": st.none() | st.floats(0.01, 120),
            "motion": st.none() | st.booleans(),
            "masks": drawn,
            "zones": drawn,
        },
    ).filter(lambda camera: "password" not in camera or "username" in camera)
    sections = {
        "log_level": st.sampled_from(["debug", "info", "warning", "error"]),
        "data_dir": st.sampled_from(["/srv/descry", "/a b/ü: #x"]),
        "cameras": st.dictionaries(names, camera, max_size=3),
        "redis": st.fixed_dictionaries({}, optional={"password": texts, "username": texts}),
        "detector": st.fixed_dictionaries(
            {},
            optional={"half": st.sampled_from(["auto", True, False]), "fps": st.floats(0.01, 120)},
        ),
        "retention": st.fixed_dictionaries(
            {"live_s": spans},
            optional={
                "imports_s": st.none() | spans,
                "collections": st.dictionaries(names, st.none() | spans, max_size=3),
            },
        ),
        "api": st.fixed_dictionaries({}, optional={"port": st.none() | st.integers(0, 65535)}),
    }
    return st.fixed_dictionaries({}, optional=sections)


# What the two streams carry: any instant, any name, any quality.
_any_instants = st.floats(0, 4e9, allow_nan=False)
_words = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,8}", fullmatch=True)
_shares = st.floats(0, 1)
_qualities = st.builds(
    Quality,
    height_px=st.floats(0, 4000, allow_nan=False),
    sharpness=_shares,
    completeness=_shares,
    clearness=_shares,
    exposure=_shares,
    overall=_shares,
)


@st.composite
def _shot_facts(draw: st.DrawFn) -> dict[str, Any]:
    shot = ShotId(
        TrackKey(draw(_words), draw(_words), draw(st.integers(1, 9999))), draw(st.integers(1, 8))
    )
    return {
        "shot": shot,
        "collection": draw(_words),
        "captured_at": draw(_any_instants),
        "box": draw(boxes()),
        "frame_width": draw(st.integers(1, 8000)),
        "frame_height": draw(st.integers(1, 8000)),
        "replaces": draw(st.none() | st.integers(1, shot.number - 1)) if shot.number > 1 else None,
        "imported_at": draw(st.none() | _any_instants),
        "time_source": draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=8)),
        "is_live": draw(st.booleans()),
        "published_at": draw(_any_instants),
        "zones": draw(some_zones),
    }


@st.composite
def published_shots(draw: st.DrawFn) -> PublishedShot:
    """A shot as a camera worker hands it over."""
    jpeg = draw(st.binary(min_size=1, max_size=64))
    return PublishedShot(**draw(_shot_facts()), quality=draw(_qualities), jpeg=jpeg)


@st.composite
def logged_sightings(draw: st.DrawFn) -> LoggedSighting:
    """A shot as an embed worker logs it; its vector has length 1."""
    return LoggedSighting(
        **draw(_shot_facts()),
        vector=draw(unit_vectors()),
        model_id=draw(_words),
        quality=draw(_shares),
        picture=draw(_words) + ".jpg",
        embedded_at=draw(_any_instants),
        picture_bytes=draw(st.integers(0, 10**9)),
        is_grey=draw(st.booleans()),
    )
