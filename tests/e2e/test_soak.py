"""The soak of the benchmarks, shorter: cameras whose server is killed again and again."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "benchmarks" / "soak_rtsp.py"


@pytest.mark.slow
@pytest.mark.rtsp
def test_nothing_is_stuck_and_every_outage_is_told():
    command = [sys.executable, SCRIPT, "--cameras", "3", "--minutes", "1.5", "--kills", "3"]
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["outages"] == 3 * 3
    assert figures["outages_recorded"] == figures["outages"]
    assert figures["stuck"] == 0
    assert figures["tracks_found"] > 0
    assert "Traceback" not in done.stderr
