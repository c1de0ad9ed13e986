"""Every index, with collections that are forgotten up to an instant."""

from dataclasses import replace
from functools import partial

import pytest

from detectors.types import TrackKey
from retrieval.types import Where
from tests.data.make_sightings import shot_of
from tests.data.spread_indexes import ON_SERVERS, SPREAD
from tests.integration.test_index_contract import DIMENSION, EAST, KINDS

EVERYTHING = Where(now=0.0)


@pytest.fixture(params=[*KINDS, *ON_SERVERS])
def index(request):
    """An empty one."""
    if request.param in KINDS:
        return KINDS[request.param]("m@1", DIMENSION)
    kind, servers = SPREAD[request.param]
    return partial(kind, request.getfixturevalue(servers))("m@1", DIMENSION)


def test_nothing_at_or_below_its_floor_is_found_and_all_else_is(index):
    hour = 3600.0
    seen = [
        replace(shot_of(TrackKey("lobby", run, 1), number, at=at), collection=run)
        for run in ("live", "case")
        for number, at in enumerate([-1.5, 0.0, hour - 1, hour, hour + 0.25, 3 * hour], 1)
    ]
    index.add(seen)
    assert index.expire(0.0, {"live": hour, "unknown": 9e9}) == 4
    assert index.expire(0.0, {"live": hour, "unknown": 9e9}) == 0
    found = index.search(EAST, k=20, where=EVERYTHING)
    kept = [s for s in seen if s.collection == "case" or s.captured_at > hour]
    assert {each.sighting.shot for each in found} == {each.shot for each in kept}
    assert len(index) == len(kept)
    assert index.add([s for s in seen if s.collection == "live"]) == 4
