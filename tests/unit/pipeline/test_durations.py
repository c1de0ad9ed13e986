"""Spans of time as people write them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10m", 600),
        ("12h", 43_200),
        ("30d", 2_592_000),
        ("500ms", 0.5),
        ("1h30m", 5400),
        (" 7 ", 7),
    ],
)
def test_units_and_bare_seconds_are_understood(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-5", "-5m", "10 parsecs", "nan", "inf", "m", "1d-"])
def test_what_is_no_span_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="10m, 12h or 30d"):
        parse_duration(text)


@given(st.floats(0, 1e12, allow_nan=False))
def test_a_span_survives_being_written_and_read(seconds: float) -> None:
    written = format_duration(seconds)
    assert math.isclose(parse_duration(str(written)), seconds, rel_tol=0, abs_tol=0)
