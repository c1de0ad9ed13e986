"""Fixtures used in more than one folder."""

import os
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import settings

from pipeline.errors import ConfigError
from pipeline.street.rendering.graphics import open_context
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
    pytest.skip(what, allow_module_level=True)


def needs_street(*modules: str) -> None:
    """Go on only where those modules of the optional group `street` are installed."""
    for name in modules:
        try:
            import_module(name)
        except ImportError:
            missing(f"no {name}, of the group `street`: `make .venv/.street` installs it", "street")


def needs_drawing() -> None:
    """Go on only where the street can be drawn."""
    needs_street("anny", "moderngl")
    try:
        open_context().release()
    except ConfigError as error:
        missing(f"nothing is drawn here: {error}", "street")


@pytest.fixture(scope="module")
def drawing() -> None:
    """Whoever asks for it draws the street; skips where that cannot be."""
    needs_drawing()


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
