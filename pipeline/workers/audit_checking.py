"""Checks the audit for whoever asks over HTTP: one check at a time, not too often, not too long."""

import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Final

from pipeline.audit_answers import AuditCheckAnswer
from pipeline.clock import Clock
from pipeline.errors import Busy, ConfigError, DescryError, StoreUnavailable
from pipeline.instants import format_instant
from pipeline.store.audit_chain import Place
from pipeline.store.audit_check import Broken, check, logged_heads
from pipeline.store.audit_heads import read_heads
from pipeline.store.audit_witness import kept_beside, key_of

WITHIN_S: Final = 60.0
"""A check takes so long at most: it reads all that was ever noted."""

REST_S: Final = 5.0
"""Who asks again so soon is told what the last check found."""


class AuditChecking:
    """What `POST /audit/check` asks."""

    def __init__(
        self,
        folder: Path,
        key: Path,
        logs: Path,
        clock: Clock,
        *,
        every: int | None = None,
        within_s: float = WITHIN_S,
    ) -> None:
        """Of the audit in `folder`.

        Args:
            folder: with the entries and the heads.
            key: the file of the installation's signing key.
            logs: the folder of logs, in which heads stand.
            clock: tells when it is.
            every: entries after which a head is signed; None where nobody knows.
            within_s: how long a check may take.
        """
        self._folder, self._key, self._logs = folder, key, logs
        self._clock, self._every, self._within_s = clock, every, within_s
        self._turn = threading.Lock()
        self._last: tuple[float, AuditCheckAnswer | DescryError] | None = None

    def check(self) -> AuditCheckAnswer:
        """Whether the audit is as it was written.

        Raises:
            Busy: it is being checked.
            ConfigError: it takes too long.
            StoreUnavailable: a file of it cannot be read.
        """
        if not self._turn.acquire(blocking=False):
            raise Busy("the audit is being checked: ask again when that is done")
        try:
            if self._last is None or self._clock.monotonic() - self._last[0] >= REST_S:
                answer = self._found()
                self._last = self._clock.monotonic(), answer
            if isinstance(self._last[1], DescryError):
                raise self._last[1]
            return self._last[1]
        finally:
            self._turn.release()

    def _found(self) -> AuditCheckAnswer | DescryError:
        try:
            return self._check()
        except DescryError as error:
            return error
        except OSError as error:
            name = getattr(error.filename, "name", error.filename)
            return StoreUnavailable(f"{name or 'the audit'} cannot be read ({error.strerror})")

    def _check(self) -> AuditCheckAnswer:
        public, deadline = self._public(), self._clock.monotonic() + self._within_s

        def go_on() -> None:
            if self._clock.monotonic() > deadline:
                raise ConfigError(
                    f"the check takes longer than {self._within_s:g} s: run 'descry audit verify' "
                    "on the machine that Descry runs on"
                )

        # Before the heads: what is signed meanwhile is logged, and must not count as cut off.
        logged = self._logged(go_on)
        try:
            logged += kept_beside(self._key, public)
            found = check(self._folder, public, logged, every=self._every, go_on=go_on)
        except ValueError as error:
            found = Broken(0, str(error))
        now = format_instant(self._clock.now())
        if isinstance(found, Broken):
            return AuditCheckAnswer(
                whole=False,
                checked_at=now,
                key=public,
                entry=found.entry,
                what=found.what,
                where=found.where,
            )
        return AuditCheckAnswer(
            whole=True,
            checked_at=now,
            key=public,
            **asdict(found),
            signed_at=self._signed_at(found.signed),
        )

    def _public(self) -> str:
        try:
            return key_of(self._key, self._folder).public
        except ValueError as error:
            raise ConfigError(f"{error}: put the right file back") from error

    def _signed_at(self, count: int) -> str | None:
        heads = [head for head in read_heads(self._folder)[0] if head.count == count]
        return heads[-1].at if heads else None

    def _logged(self, go_on: Callable[[], None]) -> list[Place]:
        places: list[Place] = []
        for path in sorted(self._logs.glob("*.log*")):
            go_on()
            try:
                with path.open(encoding="utf-8", errors="replace") as lines:
                    places += logged_heads(lines)
            except FileNotFoundError:  # it was rolled over meanwhile, and has another name
                continue
        return places
