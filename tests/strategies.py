"""Every Hypothesis strategy: boxes, tracks, embeddings."""

from hypothesis import strategies as st

from detectors.types import Box

coordinates = st.floats(-2000, 4000, allow_nan=False, width=32)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    """Any box with x1 <= x2 and y1 <= y2."""
    x1, x2 = sorted((draw(coordinates), draw(coordinates)))
    y1, y2 = sorted((draw(coordinates), draw(coordinates)))
    return Box(x1, y1, x2, y2)
