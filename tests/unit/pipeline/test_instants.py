from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigError
from pipeline.instants import format_instant, parse_instant

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC).timestamp()


@given(st.integers(631_152_000_000, int(NOW * 1000)))
def test_what_is_formatted_reads_back_to_the_millisecond(at_ms):
    at = at_ms / 1000
    assert parse_instant(format_instant(at), now=NOW) == pytest.approx(at, abs=1e-6)


def test_an_age_counts_back_from_now():
    assert parse_instant("10m", now=NOW) == NOW - 600


def test_a_time_without_an_offset_is_utc_unless_a_zone_is_given():
    text, east = "2026-11-23T11:00:00", timezone(timedelta(hours=1))
    assert parse_instant(text, now=NOW) == NOW - 3600
    assert parse_instant(text, now=NOW, zone=east) == NOW - 7200


def test_an_offset_in_the_text_beats_the_zone():
    text, west = "2026-11-23T12:00:00+01:00", timezone(timedelta(hours=-5))
    assert parse_instant(text, now=NOW, zone=west) == NOW - 3600


def test_a_date_alone_is_its_midnight():
    assert parse_instant("2026-11-23", now=NOW) == NOW - 12 * 3600


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "1700000000",
        "2026-13-01",
        "2026-11-23T25:00",
        "20261123",
        "12:00",
        "😀",
        "10",
        "-5m",
        "10x",
        "10m!",
    ],
)
def test_nonsense_is_refused_with_what_is_allowed(text):
    with pytest.raises(ConfigError, match=r"is not an instant: write 2026-11-23"):
        parse_instant(text, now=NOW)


def test_the_future_is_refused():
    with pytest.raises(ConfigError, match="in the future"):
        parse_instant("2026-11-23T12:05:00Z", now=NOW)


@pytest.mark.parametrize("text", ["1970-01-01", "0001-01-01", "60000d", "9" * 400 + "d"])
def test_an_instant_before_digital_video_is_refused(text):
    with pytest.raises(ConfigError, match=r"before 1990|out of range"):
        parse_instant(text, now=NOW)
