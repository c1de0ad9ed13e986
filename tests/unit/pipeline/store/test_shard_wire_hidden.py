"""pipeline.store.shard_wire: what a shot hides is kept in a vector set."""

from dataclasses import replace

import numpy as np
import pytest

from detectors.types import TrackKey
from pipeline.store.shard_wire import about, packed, set_of, spelt_set, unpacked
from retrieval.types import Hidden
from tests.data.make_sightings import shot_of


@pytest.mark.parametrize("hidden", [Hidden.NOTHING, Hidden.COLOUR, Hidden.HEAD | Hidden.FEET])
def test_what_a_shot_hides_is_kept(hidden):
    shot = replace(shot_of(TrackKey("door", "r1", 1)), hidden=hidden)
    name = spelt_set(set_of(shot)).encode()
    length = np.linalg.norm(np.frombuffer(packed(shot), "<f4"))
    told = about(shot).encode()
    again = unpacked("m@1", name, str(shot.shot).encode(), told, packed(shot), length)
    assert again.hidden is hidden
    assert (b"hidden" in told) is bool(hidden)
