"""Keeps worker processes alive: starts, watches, restarts, and ends them."""

import logging
import random
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from pipeline.clock import Clock, SystemClock
from pipeline.errors import DescryError
from pipeline.retry import Backoff

log = logging.getLogger(__name__)

# A worker that lived this long did its work: its next failure starts the waiting over.
HEALTHY_AFTER_S = 30.0

# What a worker exits with when a person must act (settings, weights): see pipeline.errors.
HOPELESS = frozenset({2})
# What it exits with when Redis, say, went away: waiting may mend that.
OUTSIDE_DOWN = 3


@dataclass(frozen=True, slots=True)
class WorkerSpec:
    """How to start one worker.

    Attributes:
        name: for logs, "embed" say.
        command: program and arguments.
        environment: the whole environment of the process.
        log_file: where its standard error goes; None for ours.
        once: whether exit code 0 means that the work is done.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log_file: Path | None = None
    once: bool = False


@dataclass(slots=True)
class _Child:
    spec: WorkerSpec
    backoff: Backoff
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_after: float = 0.0
    restarts: int = 0
    finished_with: int | None = None
    failures: list[int] = field(default_factory=list)


class WorkerFailed(DescryError):
    """A worker gave up; the message is its own last line."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code  # type: ignore[misc]  # the worker's own, not the class's


class Supervisor:
    """Runs a set of workers; each restarts on its own, with a growing wait.

    Call `tend` a few times a second. It is not thread-safe: one thread owns it.
    """

    def __init__(self, *, clock: Clock | None = None, most_failures: int | None = None) -> None:
        """Start with no workers.

        Args:
            clock: measures waits.
            most_failures: failures in a row of one worker that raise WorkerFailed; None: never.
        """
        self._clock = clock or SystemClock()
        self._most_failures = most_failures
        self._children: dict[str, _Child] = {}

    def add(self, spec: WorkerSpec) -> None:
        """Start a worker now."""
        child = _Child(spec, Backoff(0.5, 30.0, random.Random()))
        self._children[spec.name] = child
        self._start(child)

    def tend(self) -> None:
        """Restart what died.

        Raises:
            WorkerFailed: a worker says that a person must act, or failed too often in a row.
        """
        now = self._clock.monotonic()
        for child in self._children.values():
            if child.finished_with is not None:
                continue
            if child.process is None:
                if now >= child.start_after:
                    self._start(child)
            elif (code := child.process.poll()) is not None:
                self._mourn(child, code, now)

    def exit_code(self, name: str) -> int | None:
        """What a worker that runs once ended with; None while it runs."""
        return self._children[name].finished_with

    def pid(self, name: str) -> int | None:
        """The process id of a worker; None while it waits to be restarted."""
        process = self._children[name].process
        return process.pid if process is not None else None

    def restarts(self) -> dict[str, int]:
        """How often each worker was restarted."""
        return {name: child.restarts for name, child in self._children.items()}

    def stop(self, timeout_s: float = 4.0) -> None:
        """End every worker: politely, then by force once `timeout_s` is over."""
        running = [c.process for c in self._children.values() if c.process is not None]
        for process in running:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = self._clock.monotonic() + timeout_s
        for process in running:
            try:
                process.wait(timeout=max(deadline - self._clock.monotonic(), 0.05))
            except subprocess.TimeoutExpired:
                log.warning("process %d did not end within %g s: killed", process.pid, timeout_s)
                process.kill()
                process.wait()
        self._children.clear()

    def _start(self, child: _Child) -> None:
        stderr: IO[bytes] | None = None
        if child.spec.log_file is not None:
            stderr = child.spec.log_file.open("ab")
        try:
            child.process = subprocess.Popen(
                child.spec.command,
                env=dict(child.spec.environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                # A Ctrl-C in the terminal reaches the supervisor alone, which ends them in order.
                start_new_session=True,
            )
        finally:
            if stderr is not None:
                stderr.close()
        child.started_at = self._clock.monotonic()
        log.info("worker '%s': started as process %d", child.spec.name, child.process.pid)

    def _mourn(self, child: _Child, code: int, now: float) -> None:
        name = child.spec.name
        child.process = None
        if child.spec.once and code == 0:
            child.finished_with = 0
            return
        if code in HOPELESS or (child.spec.once and code > 0 and code != OUTSIDE_DOWN):
            child.finished_with = code
            raise WorkerFailed(self._last_words(child) or f"worker '{name}' gave up", code)
        if now - child.started_at >= HEALTHY_AFTER_S:
            child.backoff.reset()
            child.failures.clear()
        child.failures.append(code)
        if self._most_failures is not None and len(child.failures) >= self._most_failures:
            words = self._last_words(child) or f"worker '{name}' failed"
            raise WorkerFailed(words, code if code > 0 else 1)
        wait_s = child.backoff.next_wait_s()
        child.start_after = now + wait_s
        child.restarts += 1
        how = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
        log.warning("worker '%s': ended (%s), starting again in %.1f s", name, how, wait_s)

    def _last_words(self, child: _Child) -> str | None:
        if child.spec.log_file is None:
            return None
        words = last_line(child.spec.log_file)
        return words.removeprefix("descry: ") if words else None


def last_line(path: Path) -> str | None:
    """The last line of a text file that says something; None if there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(path.stat().st_size - 8192, 0))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return None
    return next((line.strip() for line in reversed(lines) if line.strip()), None)
