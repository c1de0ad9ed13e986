"""Instants of live pictures, on a clock that the test moves."""

import logging
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clock import ManualClock
from pipeline.errors import SourceUnreachable
from pipeline.sources.capture_clock import REPORT_WITHIN_S, CaptureClock

PERIOD_S = 0.1
DELAY_S = 0.2


class Camera:
    """Takes a picture every tenth of a second; the way to us takes at least 0.2 s."""

    def __init__(self, *, ahead_s=0.0, starts_at_s=500.0, **options):
        self.clock = ManualClock()
        self.began = self.clock.now()
        self.times = CaptureClock("gate", self.clock, **options)
        self.ahead_s, self.stamp_s = ahead_s, starts_at_s
        self.count = 0

    def taken_at(self):
        """When the next picture is taken, by our clock."""
        return self.began + self.count * PERIOD_S

    def send(self, *, late_s=0.0, reports=False):
        """Take a picture, wait until it is here, and read its instant."""
        taken_at = self.taken_at()
        self.clock.sleep(max(taken_at + DELAY_S + late_s - self.clock.now(), 0.0))
        shown_s = self.stamp_s + self.count * PERIOD_S
        if reports:
            self.times.report(shown_s, taken_at + self.ahead_s)
        self.count += 1
        return self.times.read(shown_s), taken_at


def test_without_a_report_the_instant_is_that_of_the_quickest_arrival():
    camera = Camera()
    for late_s in (0.5, *[0.0] * 8, 0.3, 0.05, 0.4):
        instant, taken_at = camera.send(late_s=late_s)
    assert instant.source == "arrival"
    assert instant.at == pytest.approx(taken_at + DELAY_S, abs=0.01)
    assert camera.times.offset_s is None


@given(st.lists(st.floats(0, 5), min_size=1, max_size=60))
def test_instants_rise_and_are_never_later_than_arrival(delays):
    camera = Camera()
    instants = []
    for late_s in delays:
        instant, taken_at = camera.send(late_s=late_s)
        assert taken_at + DELAY_S - 0.01 <= instant.at <= camera.clock.now() + 0.001 * len(delays)
        instants.append(instant.at)
    assert all(a < b for a, b in pairwise(instants))


def test_a_stall_of_the_network_does_not_date_pictures_later():
    camera = Camera()
    for _ in range(20):
        camera.send()
    instant, taken_at = camera.send(late_s=8.0)
    assert instant.at == pytest.approx(taken_at + DELAY_S, abs=0.01)


def test_a_sender_report_gives_the_instant_of_capture_and_the_offset():
    camera = Camera(ahead_s=0.05)
    first, _ = camera.send()
    second, taken_at = camera.send(reports=True)
    assert (first.source, second.source) == ("arrival", "sender report")
    for _ in range(5):
        instant, taken_at = camera.send(reports=True)
    assert instant.at == pytest.approx(taken_at + 0.05)
    assert camera.times.offset_s == pytest.approx(0.05 - DELAY_S, abs=0.01)


def test_a_clock_that_is_wrong_is_said_once_and_not_believed(caplog):
    camera = Camera(ahead_s=3600.0)
    with caplog.at_level(logging.WARNING):
        for _ in range(30):
            instant, taken_at = camera.send(reports=True)
    assert instant.source == "arrival"
    assert instant.at == pytest.approx(taken_at + DELAY_S, abs=0.01)
    assert camera.times.offset_s == pytest.approx(3600.0 - DELAY_S, abs=0.01)
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 1
    assert "'gate': its clock is +3599.8 s off ours" in said[0]


def test_the_operator_may_believe_the_camera_or_never():
    believed, ignored = Camera(ahead_s=3600.0, timed_by="camera"), Camera(timed_by="arrival")
    instant, taken_at = believed.send(reports=True)
    assert (instant.source, instant.at) == ("sender report", pytest.approx(taken_at + 3600.0))
    instant, _ = ignored.send(reports=True)
    assert instant.source == "arrival"
    assert ignored.times.offset_s is not None


def test_trust_returns_once_the_clock_is_well_within_the_tolerance():
    camera = Camera(ahead_s=3.0, tolerance_s=2.0)
    sources = []
    for ahead_s in (3.0, 1.9, 0.9):  # minus the delay: 2.8, 1.7, 0.7
        camera.ahead_s = ahead_s
        sources.append(camera.send(reports=True)[0].source)
    assert sources == ["arrival", "arrival", "sender report"]


def test_the_change_from_arrival_to_report_does_not_end_the_run():
    camera = Camera(ahead_s=-1.5)
    at = [camera.send()[0].at for _ in range(3)]
    at += [camera.send(reports=True)[0].at for _ in range(40)]
    assert all(a < b for a, b in pairwise(at))
    assert at[-1] == pytest.approx(camera.taken_at() - PERIOD_S - 1.5)


def test_a_camera_clock_that_goes_back_ends_the_run():
    camera = Camera(timed_by="camera")
    camera.send(reports=True)
    camera.ahead_s = -5.0
    with pytest.raises(SourceUnreachable, match=r"'gate': the clock went back by 4\.9 s"):
        camera.send(reports=True)
    assert camera.times.leaps == 1


def test_our_own_clock_going_back_ends_the_run_and_forward_is_counted():
    camera = Camera()
    camera.send()
    camera.clock._now += 100.0
    camera.began += 100.0
    instant, taken_at = camera.send()
    assert instant.at == pytest.approx(taken_at + DELAY_S)
    assert camera.times.leaps == 1
    camera.clock._now -= 50.0
    camera.began -= 50.0
    with pytest.raises(SourceUnreachable, match="went back"):
        camera.send()


@pytest.mark.parametrize("by_s", [-400.0, 40.0])
def test_timestamps_that_leap_do_not_move_the_instants(by_s):
    camera = Camera()
    before, _ = camera.send()
    camera.stamp_s += by_s
    after, taken_at = camera.send()
    assert after.at == pytest.approx(taken_at + DELAY_S, abs=0.01)
    assert after.at - before.at == pytest.approx(PERIOD_S, abs=0.01)
    assert camera.times.leaps == 1


def test_a_report_of_before_the_leap_is_forgotten():
    camera = Camera()
    camera.send(reports=True)
    camera.stamp_s -= 40.0
    instant, _ = camera.send()
    assert instant.source == "arrival"


def test_the_pace_follows_an_oscillator_that_runs_away():
    camera = Camera()
    slow = 1.0 + 1e-4  # the camera's second is longer than ours
    for count in range(36_000):
        camera.clock.sleep(PERIOD_S * slow)
        instant = camera.times.read(count * PERIOD_S)
    assert camera.clock.now() - instant.at < 0.01


def test_pictures_without_a_timestamp_are_those_of_arrival():
    camera = Camera()
    camera.clock.sleep(3.0)
    assert camera.times.read(None).at == camera.clock.now()
    assert camera.times.read(None).at > camera.clock.now()


@pytest.mark.parametrize("ahead_s", [-60.0, 60.0])
def test_a_clock_that_alone_counts_dates_every_picture_from_its_first_report(ahead_s):
    camera = Camera(ahead_s=ahead_s, timed_by="camera")
    assert [camera.send()[0] for _ in range(30)] == [None] * 30
    for _ in range(30):
        instant, taken_at = camera.send(reports=True)
        assert instant.source == "sender report"
        assert instant.at == pytest.approx(taken_at + ahead_s)


def test_after_a_leap_of_the_timestamps_the_next_report_is_awaited():
    camera = Camera(ahead_s=-60.0, timed_by="camera")
    camera.send(reports=True)
    camera.stamp_s += 400.0
    assert camera.send()[0] is None
    assert camera.times.read(None) is None  # libav leaves a first packet without a time
    instant, taken_at = camera.send(reports=True)
    assert instant.at == pytest.approx(taken_at - 60.0)


def test_a_camera_that_never_reports_is_dated_by_arrival_and_that_is_said_once(caplog):
    camera = Camera(ahead_s=-60.0, timed_by="camera")
    instants = [camera.send()[0] for _ in range(round(REPORT_WITHIN_S / PERIOD_S) + 30)]
    assert set(instants[:99]) == {None}
    assert {instant.source for instant in instants[-29:]} == {"arrival"}
    (said,) = [record.getMessage() for record in caplog.records]
    assert "'gate': sent no sender report in 10 s" in said
    # A report of the past that comes after all would take the time back.
    instant, taken_at = camera.send(reports=True)
    assert (instant.source, instant.at) == ("arrival", pytest.approx(taken_at + DELAY_S))
    camera.ahead_s = 60.0
    assert camera.send(reports=True)[0].source == "sender report"


def test_a_camera_ahead_of_us_that_reports_no_more_after_a_leap_begins_another_run():
    camera = Camera(ahead_s=60.0, timed_by="camera")
    camera.send(reports=True)
    camera.stamp_s += 400.0
    with pytest.raises(SourceUnreachable, match="went back"):
        for _ in range(round(REPORT_WITHIN_S / PERIOD_S) + 2):
            camera.send()


@pytest.mark.parametrize("camera_at", [-2_208_988_800.0, 0.0, 9e9])
def test_a_camera_whose_clock_was_never_set_says_nothing(camera_at):
    camera = Camera(timed_by="camera")
    camera.times.report(camera.stamp_s, camera_at)
    assert camera.send()[0] is None
    assert camera.times.offset_s is None
    assert camera.send(reports=True)[0].source == "sender report"
