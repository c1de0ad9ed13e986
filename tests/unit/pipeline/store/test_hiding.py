"""pipeline.store.hiding: what a shot cannot show."""

import pytest

from detectors.types import Box
from pipeline.store.hiding import hidden_in
from retrieval.types import Hidden


@pytest.mark.parametrize(
    ("box", "hidden"),
    [
        (Box(100, 50, 160, 200), Hidden.NOTHING),
        (Box(0, 50, 60, 200), Hidden.NOTHING),  # beside the frame, from head to feet
        (Box(100, 0, 160, 150), Hidden.HEAD),
        (Box(100, 210, 156, 359), Hidden.FEET),
        (Box(100, 260, 180, 360), Hidden.FEET | Hidden.LEGS),
        (Box(100, 300, 180, 420), Hidden.FEET | Hidden.LEGS),
        (Box(100, -5, 240, 400), Hidden.HEAD | Hidden.FEET),
    ],
)
def test_what_the_edge_of_the_frame_hides(box, hidden):
    assert hidden_in(box, 640, 360, is_grey=False) == hidden
    assert hidden_in(box, 640, 360, is_grey=True) == hidden | Hidden.COLOUR
