"""Ending when told to, in real processes: signals cannot be faked."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pipeline.shutdown import Stop, stopping
from tests.conftest import ROOT

WAITS = """
import sys
from pipeline.shutdown import stopping
with stopping() as stop:
    print("ready", flush=True)
    stop.wait(60)
    print("stopping", flush=True)
    {after}
sys.exit(stop.exit_code)
"""


@contextmanager
def running(code: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_the_wait_and_decides_the_exit_code(
    signum: signal.Signals, code: int
) -> None:
    with running(WAITS.format(after="")) as process:
        assert line_of(process) == "ready"
        process.send_signal(signum)
        assert process.wait(30) == code


# The second is one long call into C, in which no handler written in Python would run.
@pytest.mark.parametrize(
    "stuck",
    [
        "import time; time.sleep(60)",
        "import hashlib; hashlib.pbkdf2_hmac('sha256', b'a', b'b', 10**9)",
    ],
)
def test_a_second_interrupt_ends_the_process_at_once(stuck: str) -> None:
    with running(WAITS.format(after=stuck)) as process:
        line_of(process)
        process.send_signal(signal.SIGINT)
        assert line_of(process) == "stopping"
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130


def test_a_second_request_to_terminate_lets_the_first_one_finish() -> None:
    after = "sys.stdin.readline(); print('finished', flush=True)"
    code = WAITS.format(after=after)
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        line_of(process)
        process.terminate()
        assert line_of(process) == "stopping"
        process.terminate()
        rest, _ = process.communicate("\n", timeout=30)
        assert rest == "finished\n"
        assert process.returncode == 0


def test_handlers_are_put_back_afterwards() -> None:
    before = [signal.getsignal(signum) for signum in (signal.SIGINT, signal.SIGTERM)]
    threads = threading.active_count()
    with stopping() as stop:
        assert signal.getsignal(signal.SIGINT) is not before[0]
        assert not stop.is_set()
    after = [signal.getsignal(signum) for signum in (signal.SIGINT, signal.SIGTERM)]
    assert after == before
    assert threading.active_count() == threads


def test_the_event_says_which_signal_came() -> None:
    with stopping() as stop:
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.wait(30)
        assert stop.signum == signal.SIGTERM


def test_only_the_main_thread_can_receive_signals() -> None:
    refused: list[ValueError] = []

    def try_it() -> None:
        try:
            with stopping():
                pass
        except ValueError as error:
            refused.append(error)

    thread = threading.Thread(target=try_it)
    thread.start()
    thread.join()
    assert refused


def test_an_end_without_a_signal_is_a_good_end() -> None:
    assert Stop().exit_code == 0


PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", '''
import os, sys
from pipeline.shutdown import die_with_parent, stopping
with stopping() as stop:
    die_with_parent(int(sys.argv[1]))
    print(os.getpid(), flush=True)
    stop.wait(60)
    print("asked by", stop.signum, flush=True)
''', str({parent})])
child.wait()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells children")
def test_a_worker_ends_when_its_supervisor_is_killed() -> None:
    with running(PARENT.format(parent="__import__('os').getpid()")) as parent:
        assert int(line_of(parent)) > 0
        parent.kill()
        # The child still holds the other end of the pipe: what it says last is what we read.
        assert line_of(parent) == f"asked by {int(signal.SIGTERM)}"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells children")
def test_a_worker_whose_supervisor_died_first_ends_too() -> None:
    with running(PARENT.format(parent="1")) as parent:
        line_of(parent)
        assert line_of(parent) == f"asked by {int(signal.SIGTERM)}"


LOADS = """
import sys, time
from pipeline.shutdown import stopping
with stopping() as stop:
    with stop.at_once():
        print("loading", flush=True)
        time.sleep({seconds})
    print("loaded", flush=True)
    stop.wait(60)
    print("stopping", flush=True)
sys.exit(stop.exit_code)
"""


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_who_is_loading_ends_where_it_stands(signum: signal.Signals, code: int) -> None:
    with running(LOADS.format(seconds=600)) as process:
        assert line_of(process) == "loading"
        process.send_signal(signum)
        assert process.wait(30) == code
        assert line_of(process) == ""


def test_who_has_loaded_ends_as_it_likes() -> None:
    with running(LOADS.format(seconds=0)) as process:
        assert [line_of(process), line_of(process)] == ["loading", "loaded"]
        process.send_signal(signal.SIGTERM)
        assert line_of(process) == "stopping"
        assert process.wait(30) == 0
