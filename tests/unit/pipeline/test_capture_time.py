"""pipeline.sources: when a recording began, by flag, name, container, or date."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigError, SourceUnreadable
from pipeline.sources.capture_time import TimeRules, choose_start, read_ways
from pipeline.sources.name_pattern import NamePattern
from pipeline.sources.video_scan import VideoInfo
from pipeline.sources.wall_clock import find_zone, read_wall_clock

BERLIN = ZoneInfo("Europe/Berlin")
USUAL = "%Y%m%d_%H%M%S"
MODIFIED_AT, DURATION_S = 1_700_000_000.0, 10.0


def wall(*parts: int) -> datetime:
    """What a clock on a wall shows."""
    return datetime(*parts)  # noqa: DTZ001


def info(
    created_at: float | None = None, path: str = "a.mp4", modified_at: float = MODIFIED_AT
) -> VideoInfo:
    return VideoInfo(
        Path(path), 64, 48, 25.0, 250, DURATION_S, created_at, modified_at, "h264"
    )  # fmt: skip


def rules(*ways: str, zone: ZoneInfo | None = None) -> TimeRules:
    return TimeRules(None, read_ways(ways), zone)


def test_a_given_start_beats_what_the_file_says():
    start = choose_start(info(created_at=1000.0), TimeRules(given=7.0))
    assert (start.at, start.source) == (7.0, "flag")


def test_the_recorders_clock_beats_the_file_date():
    start = choose_start(info(created_at=1000.0), TimeRules())
    assert (start.at, start.source) == (1000.0, "container")


def test_a_file_date_is_the_end_of_the_recording():
    start = choose_start(info(), TimeRules())
    assert (start.at, start.source) == (MODIFIED_AT - DURATION_S, "file date")


@pytest.mark.parametrize(
    ("modified_at", "said"),
    [
        (2.4e9, "2046-01-19T"),
        (315_532_800.0, "1980-01-01T"),
        (-5e6, "1969-11-04T"),
        (1e18, "1000000000000000000 s after 1970"),
    ],
)
def test_a_date_when_no_camera_can_have_written_is_refused(modified_at, said):
    with pytest.raises(SourceUnreadable) as caught:
        choose_start(info(modified_at=modified_at), TimeRules())
    assert f"a.mp4: its date is {said}" in str(caught.value)
    assert "give --start, or --time-from name:" in str(caught.value)
    known = choose_start(info(1000.0, modified_at=modified_at), TimeRules())
    assert known.source == "container"


def test_a_date_ahead_by_a_time_zone_is_believed():
    later = time.time() + 7_200
    assert choose_start(info(modified_at=later), TimeRules()).at == later - DURATION_S


def test_a_name_is_never_read_unasked():
    start = choose_start(info(path="20240506_070809.mp4"), TimeRules())
    assert start.source == "file date"


def test_a_container_that_says_nothing_is_not_passed_over_silently():
    with pytest.raises(SourceUnreadable, match=r"a\.mp4.*--time-from file"):
        choose_start(info(), rules("container"))


def test_the_first_way_that_tells_anything_counts():
    start = choose_start(info(created_at=1000.0, path="x.mp4"), rules(f"name:{USUAL}", "container"))
    assert (start.at, start.source) == (1000.0, "container")


def test_a_name_that_does_not_fit_is_refused_with_the_next_step():
    with pytest.raises(ConfigError, match=r"x\.mp4: its name does not fit .*--start"):
        choose_start(info(path="x.mp4"), rules(f"name:{USUAL}"))


@pytest.mark.parametrize("text", ["", "name", "name:", "guess", "name:%Q", "name:%H%M", "file:x"])
def test_what_no_way_can_be_is_refused(text):
    with pytest.raises(ConfigError, match="--time-from"):
        read_ways([text])


@given(
    st.datetimes(wall(1991, 1, 1), wall(2025, 1, 1)),
    st.sampled_from(
        [USUAL, "%Y-%m-%dT%H-%M-%S", "%y%j %H.%M.%S", "%d %b %Y %I%M%S%p", "%%%Y%m%d%H%M%S%f"]
    ),
    st.sampled_from(["cam1_{}", "{} (1)", "kamera-2-{}-x", "{}"]),
)
def test_whatever_a_pattern_writes_into_a_name_is_read_back(at, pattern, name):
    at = at if "%f" in pattern else at.replace(microsecond=0)
    written = name.format(at.strftime(pattern)) + ".mp4"
    assert NamePattern(pattern).read(Path(written)) == at


def test_a_pattern_with_a_folder_reads_the_folder_too():
    pattern = NamePattern("%Y-%m-%d/%H/%M.%S")
    assert pattern.read(Path("/cam/2024-05-06/07/08.09.mp4")) == wall(2024, 5, 6, 7, 8, 9)


@given(
    st.datetimes(wall(1991, 1, 1), wall(2025, 1, 1)),
    st.sampled_from(
        ["%Y-%m-%d/%Y%m%d_%H%M%S", "%Y/%m/%d/%H/%Y%m%d%H%M%S", "%b/%d %b %Y %p %I%M%S%p"]
    ),
)
def test_what_folder_and_file_both_tell_is_read_where_they_agree(at, pattern):
    at = at.replace(microsecond=0)
    read = NamePattern(pattern).read
    assert read(Path(f"/nvr/{at.strftime(pattern)}.mp4")) == at
    folder, _, name = pattern.partition("/")
    other = (at + timedelta(days=400)).strftime(folder)
    with pytest.raises(ConfigError, match="does not fit"):
        read(Path(f"/nvr/{other}/{at.strftime(name)}.mp4"))


@given(st.integers(10**9, 1_730_000_000), st.sampled_from(["cam1234567890_", "2024-", ""]))
def test_unix_seconds_are_read_where_they_stand(at, before):
    assert NamePattern(f"{before}%s").read(Path(f"{before}{at}.mp4")).timestamp() == at


def test_unix_seconds_and_offsets_need_no_zone():
    assert NamePattern("%s").read(Path("cam-1714979289.mp4")).timestamp() == 1714979289
    read = NamePattern("%Y%m%dT%H%M%S%z").read(Path("20240506T070809+0200.mp4"))
    assert read.astimezone(UTC) == datetime(2024, 5, 6, 5, 8, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "name", ["120240506_070809.mp4", "20240506_0708091.mp4", "20241306_070809.mp4", "cam.mp4"]
)
def test_a_piece_of_a_longer_number_is_no_time(name):
    with pytest.raises(ConfigError, match="does not fit"):
        NamePattern(USUAL).read(Path(name))


def test_a_day_that_no_calendar_has_is_named():
    with pytest.raises(ConfigError, match="no day of the calendar"):
        NamePattern(USUAL).read(Path("20230231_070809.mp4"))


def test_two_times_in_a_name_are_not_chosen_from():
    both = Path("20240506_070809-20240506_080000.mp4")
    with pytest.raises(ConfigError, match="several places"):
        NamePattern(USUAL).read(both)
    assert NamePattern(f"{USUAL}-").read(both) == wall(2024, 5, 6, 7, 8, 9)


def test_a_name_is_in_the_zone_that_was_given():
    start = choose_start(info(path="20240506_070809.mp4"), rules(f"name:{USUAL}", zone=BERLIN))
    assert start.at == datetime(2024, 5, 6, 5, 8, 9, tzinfo=UTC).timestamp()
    assert start.doubt == ""


def test_the_hour_that_comes_twice_is_the_first_and_said():
    start = choose_start(info(path="20241027_023000.mp4"), rules(f"name:{USUAL}", zone=BERLIN))
    assert start.at == datetime(2024, 10, 27, 0, 30, tzinfo=UTC).timestamp()
    assert "20241027_023000.mp4: 2024-10-27 02:30:00 came twice in Europe/Berlin" in start.doubt
    assert "60 minutes later" in start.doubt


def test_the_hour_that_never_was_is_refused():
    with pytest.raises(ConfigError, match="does not exist in Europe/Berlin"):
        read_wall_clock(wall(2024, 3, 31, 2, 30), BERLIN)


@given(st.datetimes(wall(2000, 1, 1), wall(2030, 1, 1)))
def test_outside_those_hours_an_instant_and_its_wall_clock_are_one(utc):
    at = utc.replace(tzinfo=UTC, microsecond=0)
    shown = at.astimezone(BERLIN)
    reading = read_wall_clock(shown.replace(tzinfo=None), BERLIN)
    is_doubtful = shown.utcoffset() != (shown + timedelta(hours=1)).utcoffset() or shown.fold
    assert reading.at == at.timestamp() or (is_doubtful and reading.doubt)


def test_without_a_zone_a_name_is_in_that_of_the_machine(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        reading = read_wall_clock(wall(2024, 5, 6, 7, 8, 9), None)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert reading.at == datetime(2024, 5, 5, 22, 8, 9, tzinfo=UTC).timestamp()


def test_a_name_from_the_future_is_refused():
    with pytest.raises(ConfigError, match="no camera can have seen"):
        choose_start(info(path="29990101_000000.mp4"), rules(f"name:{USUAL}"))


@pytest.mark.parametrize("name", ["Europe/Bärlin", "../../etc/passwd", "", "Europe"])
def test_a_zone_that_is_none_is_refused(name):
    with pytest.raises(ConfigError, match="--timezone"):
        find_zone(name)
