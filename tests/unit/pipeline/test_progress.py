"""How long it still takes, told where nobody looks at a bar."""

import pytest

from pipeline.cli import progress


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def told(capsys) -> list[str]:
    return capsys.readouterr().err.splitlines()


def test_what_an_earlier_run_did_makes_this_one_no_faster(clock, capsys):
    with progress.progress_bar() as start:
        report = start("frames")
        clock[0] += 30  # what was done is looked through first
        report(600, 1000)
        clock[0] += 60
        report(700, 1000)
    assert told(capsys) == ["frames: 600 of 1000", "frames: 700 of 1000, ETA 0:03:00"]


def test_a_line_is_written_each_tenth_and_each_minute_and_no_oftener(clock, capsys):
    with progress.progress_bar() as start:
        report = start("frames")
        for done in range(101):
            report(done, 1000)
        clock[0] += 60
        report(101, 1000)
        report(102, None)
    assert told(capsys) == [
        "frames: 0 of 1000", "frames: 100 of 1000, ETA 0:00:00", "frames: 101 of 1000, ETA 0:08:54"
    ]  # fmt: skip
