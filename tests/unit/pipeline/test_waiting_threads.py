"""pipeline.waiting_threads: how OpenMP's threads wait in a query worker, and nowhere else."""

import os
import subprocess
import sys

import pytest

from pipeline.waiting_threads import WAIT_POLICY, threads_that_sleep

BOTH = """
import os
from pipeline.waiting_threads import threads_that_sleep
with threads_that_sleep():
    import faiss, torch
print(os.environ.get("OMP_WAIT_POLICY"))
"""
TOLD = {"OMP_DISPLAY_ENV": "verbose"}
#: Of GNU's runtime, which both bring: how often a thread looks for work before it sleeps.
AT_ONCE = "GOMP_SPINCOUNT = '0'"


def environment(**more):
    known = {name: value for name, value in os.environ.items() if name != WAIT_POLICY}
    return known | TOLD | more


@pytest.mark.parametrize(("said", "asleep"), [(None, 2), ("active", 0)])
def test_both_runtimes_wait_asleep_unless_somebody_says_otherwise(said, asleep):
    more = {} if said is None else {WAIT_POLICY: said}
    command = [sys.executable, "-c", BOTH]
    ran = subprocess.run(
        command, env=environment(**more), capture_output=True, text=True, check=True, timeout=120
    )
    assert ran.stderr.count("GOMP_SPINCOUNT") == 2  # FAISS's own and torch's
    assert ran.stderr.count(AT_ONCE) == asleep
    assert ran.stdout.strip() == str(said)


@pytest.mark.parametrize(("kind", "is_asleep"), [("query", True), ("embed", False)])
def test_it_is_query_workers_that_wait_so(tmp_path, kind, is_asleep):
    settings = {"DESCRY_DATA_DIR": str(tmp_path), "DESCRY_REDIS__URL": "redis://127.0.0.1:1/0"}
    ran = subprocess.run(
        [sys.executable, "-m", "pipeline", "worker", kind],
        env=environment(**settings), capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert ran.returncode != 0  # there is no such Redis
    assert "GOMP_SPINCOUNT" in ran.stderr
    assert (AT_ONCE in ran.stderr) is is_asleep


def test_the_variable_is_as_before_behind_a_failure(monkeypatch):
    monkeypatch.delenv(WAIT_POLICY, raising=False)
    with pytest.raises(ImportError), threads_that_sleep():
        raise ImportError
    assert WAIT_POLICY not in os.environ
