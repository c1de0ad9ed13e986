"""pipeline.workers.supervisor: real processes, a clock that is moved."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from pipeline.clock import ManualClock
from pipeline.workers.supervisor import Supervisor, WorkerFailed, WorkerSpec, last_line

SLEEP = "import time; time.sleep(60)"


def spec(code: str, *, name: str = "worker", **how: object) -> WorkerSpec:
    return WorkerSpec(name, [sys.executable, "-c", code], dict(os.environ), **how)  # type: ignore[arg-type]


def settle(supervisor: Supervisor, until, *, clock: ManualClock | None = None) -> None:
    deadline = time.monotonic() + 20
    while not until():
        assert time.monotonic() < deadline, "nothing happened"
        supervisor.tend()
        if clock is not None:
            clock.sleep(0.5)
        time.sleep(0.02)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def test_a_worker_killed_by_sigkill_is_started_again(clock):
    supervisor = Supervisor(clock=clock)
    supervisor.add(spec(SLEEP))
    first = supervisor.pid("worker")
    os.kill(first, signal.SIGKILL)
    settle(supervisor, lambda: supervisor.pid("worker") not in (first, None), clock=clock)
    assert supervisor.restarts() == {"worker": 1}
    supervisor.stop()


def test_a_worker_that_says_a_person_must_act_is_not_started_again(tmp_path):
    log = tmp_path / "worker.log"
    code = "import sys; sys.stderr.write('descry: set redis.url\\n'); sys.exit(2)"
    supervisor = Supervisor()
    supervisor.add(spec(code, log_file=log))
    with pytest.raises(WorkerFailed, match=r"^set redis.url$") as failure:
        settle(supervisor, lambda: False)
    assert failure.value.exit_code == 2
    supervisor.stop()


def test_a_job_that_ends_well_is_done(clock):
    supervisor = Supervisor(clock=clock)
    supervisor.add(spec("pass", once=True))
    settle(supervisor, lambda: supervisor.exit_code("worker") is not None)
    assert supervisor.exit_code("worker") == 0
    assert supervisor.restarts() == {"worker": 0}
    supervisor.stop()


def test_a_job_that_was_killed_is_started_again(clock, tmp_path):
    marker = tmp_path / "second"
    code = (
        "import os, pathlib, signal\n"
        f"marker = pathlib.Path({str(marker)!r})\n"
        "if not marker.exists():\n"
        "    marker.touch()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    supervisor = Supervisor(clock=clock)
    supervisor.add(spec(code, once=True))
    settle(supervisor, lambda: supervisor.exit_code("worker") == 0, clock=clock)
    assert supervisor.restarts() == {"worker": 1}
    supervisor.stop()


def test_too_many_failures_in_a_row_are_an_error(clock):
    supervisor = Supervisor(clock=clock, most_failures=3)
    supervisor.add(spec("raise SystemExit(1)"))
    with pytest.raises(WorkerFailed):
        settle(supervisor, lambda: False, clock=clock)
    assert supervisor.restarts() == {"worker": 2}
    supervisor.stop()


def test_stopping_ends_even_a_worker_that_does_not_listen():
    supervisor = Supervisor()
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
    supervisor.add(spec(code))
    pid = supervisor.pid("worker")
    time.sleep(0.5)
    supervisor.stop(timeout_s=0.5)
    assert not Path(f"/proc/{pid}").exists()


def test_the_last_line_that_says_something_is_found(tmp_path):
    log = tmp_path / "log"
    log.write_text("one\ntwo\n\n")
    assert last_line(log) == "two"
    assert last_line(tmp_path / "missing") is None
