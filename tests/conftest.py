"""Fixtures used in more than one folder."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.recording import account

ROOT = Path(__file__).resolve().parent.parent


# A slow example on a busy machine is no fault.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


def missing(what: str, need: str) -> None:
    """Skip on a laptop, fail where `DESCRY_TEST_REQUIRE` names `need`.

    Green must never mean "did not run".
    """
    if need in os.environ.get("DESCRY_TEST_REQUIRE", "").split(","):
        pytest.fail(f"{what}, and DESCRY_TEST_REQUIRE asks for {need}")
    pytest.skip(what)


@pytest.fixture(scope="session")
def media_dir() -> Path:
    """The folder of real footage, weights and recorded numbers; skips where it is missing."""
    folder = Path(os.environ.get("DESCRY_TEST_MEDIA", ROOT.parent / "shared"))
    if not (folder / "footage").is_dir():
        missing(
            f"no real footage in {folder}: set DESCRY_TEST_MEDIA to the folder that has it", "media"
        )
    return folder


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how much of each recorded run was compared: green must not mean "nothing was"."""
    for line in account():
        terminalreporter.write_line(line)
