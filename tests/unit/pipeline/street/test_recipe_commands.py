"""pipeline.street.recipe.commands: what the recipe starts ends with it, and tells how it ended."""

import signal
import subprocess
import sys

import pytest

from pipeline.errors import DescryError
from pipeline.street.recipe.commands import run_command, waited_for


def test_a_command_ends_when_the_recipe_is_told_to():
    asleep = [sys.executable, "-c", "import time; time.sleep(600)"]
    assert waited_for(subprocess.Popen(asleep), lambda: True) == -signal.SIGTERM


def test_a_command_tells_how_it_ended():
    failing = [sys.executable, "-c", "raise SystemExit(5)"]
    assert waited_for(subprocess.Popen(failing), lambda: False) == 5


def instead(monkeypatch, program):
    """Run a program of our own where a command of Descry is started."""
    start = subprocess.Popen
    ours = [sys.executable, "-c", program]
    monkeypatch.setattr(subprocess, "Popen", lambda _, **options: start(ours, **options))


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_command_that_a_signal_ended_was_stopped_and_did_not_fail(monkeypatch, signum):
    instead(
        monkeypatch,
        f"import os, signal as s; s.signal({signum}, s.SIG_DFL); os.kill(os.getpid(), {signum})",
    )
    assert not run_command(lambda: False, "street", "stills")


def test_a_command_that_failed_is_named(monkeypatch):
    instead(monkeypatch, "raise SystemExit(5)")
    with pytest.raises(DescryError, match="descry street stills ended with 5"):
        run_command(lambda: False, "street", "stills")
