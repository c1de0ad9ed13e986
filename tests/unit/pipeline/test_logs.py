"""Log lines: their form, and that no secret is in any of them."""

import io
import logging
import re
import time
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.logs import Secrets, register_secret, scrub, set_up_logging

log = logging.getLogger("pipeline.test_logs")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    stream = io.StringIO()
    set_up_logging("info", name="camera", stream=stream)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)
    logging.captureWarnings(capture=False)


def test_a_line_says_when_in_utc_how_grave_and_who(lines: io.StringIO) -> None:
    log.info("camera %r: opened", "lobby")
    form = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ INFO camera: camera 'lobby': opened\n"
    assert re.fullmatch(form, lines.getvalue())


def test_the_hour_is_that_of_utc_wherever_the_machine_stands(
    lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        record = log.makeRecord(log.name, logging.INFO, "f.py", 7, "x", (), None)
        record.created = 3600.0
        log.handle(record)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert lines.getvalue().startswith("1970-01-01T01:00:00Z ")


def test_lines_below_the_level_are_left_out(lines: io.StringIO) -> None:
    log.debug("frame")
    assert lines.getvalue() == ""


def test_setting_up_again_replaces_the_first_set_up(lines: io.StringIO) -> None:
    second = io.StringIO()
    set_up_logging("warning", name="embed", stream=second)
    log.warning("once")
    assert lines.getvalue() == ""
    assert second.getvalue().count("once") == 1


def test_a_password_in_an_address_never_reaches_the_output(lines: io.StringIO) -> None:
    log.warning("no answer from %s", "rtsp://admin:hunter2@10.0.0.7:554/1")
    log.warning("no answer from rtsp://admin:hun/ter@2@10.0.0.7/1")
    log.warning("asked http://h/x?user=a&password=hunter2&channel=1")
    written = lines.getvalue()
    assert "hunter2" not in written
    assert "ter@2" not in written
    assert "***@10.0.0.7:554/1" in written
    assert "channel=1" in written


def test_a_password_in_an_exception_never_reaches_the_output(lines: io.StringIO) -> None:
    register_secret("s3cr3t-of-a-camera")
    error = RuntimeError("401 for s3cr3t-of-a-camera")
    error.__cause__ = OSError("cannot open rtsp://admin:hunter2@h/1")
    log.error("lost", exc_info=error)
    written = lines.getvalue()
    assert "OSError: cannot open rtsp://***@h/1" in written
    assert "s3cr3t-of-a-camera" not in written
    assert "hunter2" not in written


def test_a_warning_of_a_library_is_scrubbed_too(lines: io.StringIO) -> None:
    logging.getLogger("py.warnings").warning("rtsp://u:hunter2@h")
    assert "hunter2" not in lines.getvalue()


def test_a_line_that_cannot_be_written_is_not_repeated_in_the_complaint(
    lines: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = next(h for h in logging.getLogger().handlers if getattr(h, "stream", None) is lines)
    # Not through the logger: pytest's own handlers raise where ours complains.
    ours.handle(log.makeRecord(log.name, logging.INFO, "f.py", 7, "%d", ("hunter2",), None))
    said = capsys.readouterr().err + lines.getvalue()
    assert said == "a log line of f.py:7 could not be written\n"


passwords = st.text(st.characters(codec="utf-8", exclude_characters="*"), min_size=4)


@given(passwords)
def test_a_registered_secret_is_found_however_it_is_quoted(password: str) -> None:
    secrets = Secrets()
    secrets.add(password)
    for form in (password, quote(password, safe=""), repr(password)):
        hidden = secrets.blot_out(f"<{form}>")
        assert password not in hidden
        assert "***" in hidden


def test_a_secret_inside_a_longer_one_leaves_nothing_of_it() -> None:
    secrets = Secrets()
    secrets.add("horse")
    secrets.add("correct horse battery")
    assert secrets.blot_out("correct horse battery") == "***"


def test_a_very_short_secret_leaves_other_words_alone() -> None:
    secrets = Secrets()
    secrets.add("a")
    secrets.add("")
    assert secrets.blot_out("camera") == "camera"


def test_text_without_secrets_is_left_alone() -> None:
    text = "mail a@b.example about http://h/x and rtsp://h:554/1?x=%40"
    assert scrub(text) == text


def test_what_others_named_makes_no_line_of_its_own(lines: io.StringIO) -> None:
    log.warning("%s failed", "x\r\n2026 INFO api: admin signed in\u2028\x85y")
    (line,) = lines.getvalue().splitlines()
    assert "x\\r\\n2026 INFO" in line
    try:
        int("x")
    except ValueError:
        log.exception("once\nmore")
    assert "once\\nmore\nTraceback" in lines.getvalue()
