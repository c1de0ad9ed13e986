"""The load of a site in small: cameras, searches and followers of alerts at once, on real parts."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tests" / "benchmarks" / "load.py"
SHAPE = {"cameras": 2, "clients": 5, "listeners": 10, "seconds": 20, "words": 2}


@pytest.mark.slow
@pytest.mark.rtsp
@pytest.mark.redis
@pytest.mark.timeout(900)
def test_under_load_nothing_is_lost_and_nobody_is_answered_by_an_error():
    options = [part for name, count in SHAPE.items() for part in (f"--{name}", str(count))]
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *options, "--before", "5", "--json"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["searches"] > 0, found
    assert set(found["statuses"]) <= {"200", "429", "503"}, found
    assert found["refused_without_retry_after"] == 0, found
    assert found["words"] >= SHAPE["words"], found
    assert (found["lost"], found["doubled"], found["connections_lost"]) == (0, 0, {}), found
    assert found["heard"] == found["words"] * SHAPE["listeners"], found
    assert (found["log_without_shots"], found["tracks_not_found"]) == (0, 0), found
