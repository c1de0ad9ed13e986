"""Asks a query worker about watches and reasons, and follows what watches tell."""

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Final
from urllib.parse import quote

import httpx

from pipeline.audit_answers import AuditAnswer, AuditEntryAnswer, Filters
from pipeline.client import Client
from pipeline.errors import NotFound, ServiceUnavailable
from pipeline.failed_answers import error_of
from pipeline.retry import Backoff
from pipeline.watch_answers import (
    AlertAnswer,
    AlertsAnswer,
    ResendRequest,
    ResentAnswer,
    TrialAnswer,
    TrialRequest,
    UndeliveredAnswer,
    WatchAnswer,
    WatchRequest,
)
from pipeline.why_answers import WhyAnswer, WhyRequest

SILENT_FOR_S: Final = 30.0
"""A stream says something every five seconds."""

LASTED_S: Final = 5.0
"""A connection that was lost sooner than this was none: a worker that fails takes it as well."""

AWAY_FOR_S: Final = 120.0
"""How long a worker that is started again may take."""


class WatchClient(Client):
    """A query worker, as what watches and explains."""

    def why(self, shot: str, text: str) -> WhyAnswer:
        """Which words and which parts of its picture support the match of a shot.

        Raises:
            ConfigError: the text cannot be searched, or the model gives no reasons.
            NotFound: the shot is not in the index, or its picture is gone.
            ServiceUnavailable: nobody answered.
        """
        request = WhyRequest(text=text)
        path = f"/api/v1/shots/{quote(shot)}/why"
        return WhyAnswer.model_validate_json(
            self._ask("POST", path, json=request.model_dump()).content
        )

    def audit(self, filters: Filters, page: int) -> Iterator[AuditEntryAnswer]:
        """What was noted, the latest first.

        Args:
            filters: which entries.
            page: how many are asked for at once.
        """
        asked = asdict(filters)
        after = asked.pop("before")
        for answer in self._pages("/api/v1/audit", **asked, after=after, count=page):
            yield from AuditAnswer.model_validate_json(answer.content).entries

    def add_watch(self, request: WatchRequest) -> WatchAnswer:
        """Watch for a sentence from now on.

        Raises:
            ConfigError: the sentence, the hours or the name cannot be used.
            NotFound: a camera or zone does not exist.
            ServiceUnavailable: nobody answered.
        """
        answer = self._ask("POST", "/api/v1/watches", json=request.model_dump())
        return WatchAnswer.model_validate_json(answer.content)

    def test_watch(self, request: TrialRequest) -> TrialAnswer:
        """What a watch would have told of what live cameras saw.

        Raises:
            ConfigError: the sentence, the hours or the time cannot be used.
            NotFound: a camera or zone does not exist.
            ServiceUnavailable: nobody answered.
        """
        answer = self._ask("POST", "/api/v1/watches/test", json=request.model_dump())
        return TrialAnswer.model_validate_json(answer.content)

    def watches(self) -> list[WatchAnswer]:
        """Every watch, the oldest first."""
        return [WatchAnswer.model_validate(item) for item in self._listed("/api/v1/watches")]

    def remove_watch(self, name: str) -> WatchAnswer:
        """Watch for it no longer.

        Raises:
            NotFound: there is no watch of that name.
        """
        # By its id: a name may say whom somebody looks for, and addresses land in logs.
        for watch in self.watches():
            if watch.name == name:
                answer = self._ask("DELETE", f"/api/v1/watches/{quote(watch.id, safe='')}")
                return WatchAnswer.model_validate_json(answer.content)
        raise NotFound(f"no watch is named {name!r}: 'descry watch list' tells all")

    def alerts(self, after: str | None = None, *, count: int = 200) -> AlertsAnswer:
        """A page of what watches told, the oldest first."""
        params: dict[str, str | int] = {"count": count} | ({"after": after} if after else {})
        answer = self._ask("GET", "/api/v1/alerts", params=params)
        return AlertsAnswer.model_validate_json(answer.content)

    def undelivered(self) -> list[UndeliveredAnswer]:
        """Alerts that were given up on their way to a receiver, the oldest first."""
        found = self._listed("/api/v1/alerts/undelivered")
        return [UndeliveredAnswer.model_validate(item) for item in found]

    def resend(self, ids: Sequence[str] = ()) -> ResentAnswer:
        """Send what is undelivered again, or these of it.

        Raises:
            NotFound: one of `ids` is not there.
        """
        asked = ResendRequest(ids=list(ids)).model_dump()
        answer = self._ask("POST", "/api/v1/alerts/undelivered/resend", json=asked)
        return ResentAnswer.model_validate_json(answer.content)

    def every_alert(self, after: str | None = None) -> Iterator[AlertAnswer]:
        """All that was told and is kept, or what of it is behind `after`."""
        while True:
            page = self.alerts(after)
            yield from page.alerts
            if page.next is None:
                return
            after = page.next

    def follow(self, after: str | None = None) -> Iterator[AlertAnswer]:
        """What is told from now on, or behind `after`, for ever; a lost connection is made again.

        Raises:
            ServiceUnavailable: the worker was away for longer than a start takes.
        """
        backoff, lost_at = Backoff(0.2, 5.0, random.Random()), None
        while True:
            began_at = time.monotonic()
            failure: Exception | None = None
            try:
                for position, word in self._stream(after):
                    after = position
                    if word is not None:
                        lost_at = None
                        yield word
            except (ServiceUnavailable, httpx.HTTPError) as error:
                failure = error
            now = time.monotonic()
            if now - began_at >= LASTED_S:
                lost_at = None
                backoff.reset()
            lost_at = now if lost_at is None else lost_at
            if now - lost_at > AWAY_FOR_S:
                raise ServiceUnavailable(
                    f"no query worker answers at {self._where}: start one with 'descry run'"
                ) from failure
            time.sleep(backoff.next_wait_s())

    def _stream(self, after: str | None) -> Iterator[tuple[str, AlertAnswer | None]]:
        """Ids and words of one connection; at first an id alone."""
        headers = {"Last-Event-ID": after} if after else {}
        address = "/api/v1/alerts/stream"
        with self._http.stream("GET", address, headers=headers, timeout=SILENT_FOR_S) as answer:
            if not answer.is_success:
                answer.read()
                raise error_of(answer)
            fields: dict[str, str] = {}
            for line in answer.iter_lines():
                if line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                elif "id" in fields:
                    is_word = fields.get("event") != "begin"
                    told = AlertAnswer.model_validate_json(fields["data"]) if is_word else None
                    yield fields["id"], told
                    fields = {}
