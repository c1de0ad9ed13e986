"""The benchmark of watches runs: a real `descry run` on a committed clip, and what it tells."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.watch_delay import judge_ms

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tests" / "benchmarks" / "watch_delay.py"


@pytest.mark.slow
@pytest.mark.rtsp
@pytest.mark.redis
@pytest.mark.timeout(600)
def test_it_says_how_late_watches_tell_whom_they_miss_and_what_they_cost():
    options = ["--watches", "5", "--seconds", "60", "--grace", "5", "--json"]
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *options], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {"delay_p50_s", "delay_p95_s", "missed", "false_alarms"} <= found.keys()
    assert (found["watches"], found["described"]) == (5, 5)
    # The clip is a minute long, and most of those described come into full view in it.
    assert found["told"] + found["missed"] >= 3
    assert found["cpu_share"] > 0


def test_what_a_look_costs_grows_with_the_sentences():
    assert 0 < judge_ms(1, 64) < judge_ms(20_000, 64)
