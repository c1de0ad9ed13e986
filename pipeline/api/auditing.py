"""Notes every request before it is answered; a route does nothing for that, and cannot forget to.

What only shows something is noted once, with what the answer shows, before a byte of it leaves.
What changes something is noted before that, too: where the note fails, nothing is changed.
"""

import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from math import isfinite
from typing import Any, Final, TypeVar
from urllib.parse import unquote

import anyio
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.api.audited import Audited, Match, NotAudited, RowFinder
from pipeline.api.bodies import give_again, nothing, read_body
from pipeline.api.bounds import asked_in_query, bounded, cut
from pipeline.api.grounded import Grounded
from pipeline.api.idempotency import REPLAYED_HEADER
from pipeline.api.problems import problem
from pipeline.api.refusals import NOBODY, address_of
from pipeline.api.repeats import Repeats, rule_of
from pipeline.api.telling import EVENT, told_in
from pipeline.audit_events import Audit, Event, Phase
from pipeline.callers import Caller
from pipeline.errors import AuditUnavailable
from pipeline.reason_fields import CASE_HEADER, MOST_LETTERS, REASON_HEADER
from pipeline.store.audit_names import names_in

T = TypeVar("T")

NOTING_AT_ONCE: Final = 16
"""Threads that wait for the disk; notes that come together share a flush."""

_DEEPEST = 4

#: What has a place of its own in an entry, and comes from the bodies of rows that name it.
_SAID: Final = ("text", "reason", "case")


@dataclass(frozen=True, slots=True)
class AuditRules:
    """Where requests are noted, and what they must say.

    Attributes:
        audit: where.
        reason_required: whether what shows people, or sends them on, needs a reason.
    """

    audit: Audit
    reason_required: bool = False


class Auditing:
    """Stands between the doorkeeper, which knows who asks, and the routes."""

    def __init__(self, app: ASGIApp, *, rules: AuditRules) -> None:
        self._app, self._rules = app, rules
        self._rows, self._threads = RowFinder(), anyio.CapacityLimiter(NOTING_AT_ONCE)
        self._repeats, self._grounded = Repeats(rules.audit.note), Grounded()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note a request, have it answered, note what the answer shows, and send it."""
        match = self._rows.find(scope) if scope["type"] == "http" else None
        if match is None:
            await self._app(scope, receive, _Unlisted(scope, send).send)
            return
        if isinstance(match.row, NotAudited):
            await self._app(scope, receive, send)
            return
        # What a route takes besides may be a whole video: it is left to the route.
        body = await read_body(receive) if match.row.body else []
        event = await self._in_thread(partial(event_of, scope, match.row, match, b"".join(body)))
        refusal = self._refusal(match.row, event)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        if match.row.changes:
            try:
                number = await self._note(replace(event, phase=Phase.ASKED))
            except AuditUnavailable as error:
                await problem(503, "audit-unavailable", str(error))(scope, receive, send)
                return
            event = replace(event, of=number)
            scope.setdefault("state", {})[EVENT] = event
        await self._app(scope, give_again(body, receive), _Held(self, event, scope, send).send)

    def _refusal(self, row: Audited, event: Event) -> ASGIApp | None:
        if max(len(event.reason), len(event.case)) > MOST_LETTERS:
            return problem(422, "malformed", f"a reason or case has at most {MOST_LETTERS} letters")
        is_without = row.needs_reason and self._rules.reason_required and not event.reason
        if is_without and not (row.or_shown and self._grounded.covers(event)):
            hint = f"say why: `reason` in the request, or the header {REASON_HEADER}"
            return problem(422, "reason-required", hint)
        return None

    async def _note(self, event: Event) -> int:
        return await self._in_thread(partial(self._rules.audit.note, event))

    async def note_shown(self, event: Event, answer: bytes, *, is_json: bool) -> None:
        """Note an answer, with the tracks and shots in it.

        Raises:
            AuditUnavailable: it could not be noted.
        """

        def note() -> None:
            said = _parsed(answer) if is_json else None
            told = replace(event, shown=sorted({*event.shown, *names_in(said)}))
            if event.what == "sign-in" and event.outcome == "200" and isinstance(said, dict):
                told = replace(told, who=str(said.get("name", NOBODY)))
            self._repeats.note(told, rule_of(told))
            if self._rules.reason_required:
                self._grounded.remember(told)

        await self._in_thread(note)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await anyio.to_thread.run_sync(work, limiter=self._threads)


class _Held:
    """Holds an answer back until it is noted.

    JSON is noted as a whole; of a video or a picture the path says what it shows; server-sent
    events are noted one by one.
    """

    def __init__(self, auditing: Auditing, event: Event, scope: Scope, send: Send) -> None:
        self._auditing, self._event, self._scope, self._send = auditing, event, scope, send
        self._start: Message | None = None
        self._kind, self._parts, self._is_refused = "", deque[Message](), False

    async def send(self, message: Message) -> None:
        """Send a part of the answer, or keep it for now."""
        if self._is_refused:
            return
        if message["type"] == "http.response.start":
            self._start = message
            headers = Headers(raw=message["headers"])
            self._kind = headers.get("content-type", "").split(";")[0]
            again = " again" if REPLAYED_HEADER in headers else ""
            shown, told = told_in(self._scope)
            self._event = replace(
                self._event,
                outcome=f"{message['status']}{again}",
                shown=sorted({*self._event.shown, *shown}),
                told=told,
            )
            if "json" not in self._kind:
                await self._noted(b"", [message])
        elif "json" in self._kind:
            self._parts.append(message)
            if not message.get("more_body", False):
                answer = b"".join(part.get("body", b"") for part in self._parts)
                await self._noted(answer, [self._start or {}, *self._parts])
        else:
            await self._follow(message)

    async def _noted(self, answer: bytes, messages: list[Message]) -> None:
        try:
            await self._auditing.note_shown(self._event, answer, is_json=bool(answer))
        except AuditUnavailable as error:
            self._is_refused = True
            await problem(503, "audit-unavailable", str(error))(self._scope, nothing, self._send)
            return
        for message in messages:
            await self._send(message)

    async def _follow(self, message: Message) -> None:
        """Send a part of what has begun: a video, or alerts as they are told."""
        body = message.get("body", b"")
        if self._kind == "text/event-stream" and b'\ndata: {"' in body:
            data = body.partition(b"\ndata: ")[2].strip()
            try:
                await self._auditing.note_shown(self._event, data, is_json=True)
            except AuditUnavailable:
                self._is_refused = True
                await self._send({"type": "http.response.body", "body": b"", "more_body": False})
                return
        await self._send(message)


class _Unlisted:
    """Lets nothing but a refusal out of a route that has no row."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope, self._send, self._is_refused = scope, send, False

    async def send(self, message: Message) -> None:
        """Send a part of the answer."""
        if message["type"] == "http.response.start" and message["status"] < 400:
            self._is_refused = True
            refusal = problem(500, "not-audited", "this route is not said to be audited or not")
            await refusal(self._scope, nothing, self._send)
        if not self._is_refused:
            await self._send(message)


def event_of(scope: Scope, row: Audited, match: Match, body: bytes) -> Event:
    """What a request asks, as it is noted.

    Args:
        scope: of the request.
        row: of its route.
        match: what its path names.
        body: all of it.
    """
    headers, fields = Headers(scope=scope), _fields(body)
    caller: Caller | None = scope.get("state", {}).get("caller")
    asked = asked_in_query(scope["query_string"])
    asked.pop("text", None)
    named = [name for name in row.body if name not in _SAID and fields.get(name)]
    asked = bounded({**asked, **{name: _flat(fields[name]) for name in named}, **match.names})
    if "picture" in row.body and isinstance(fields.get("picture"), str):
        asked["picture"] = (
            "sha256:" + sha256(fields["picture"].encode(errors="replace")).hexdigest()
        )
    if caller is None:
        asked["address"] = address_of(scope)
    said = {name: _text(fields.get(name)) for name in _SAID if name in row.body}
    return Event(
        who=NOBODY if caller is None else caller.name,
        what=row.what,
        text=cut(said.get("text", "")),
        reason=(said.get("reason") or unquote(headers.get(REASON_HEADER, ""))).strip(),
        case=(said.get("case") or unquote(headers.get(CASE_HEADER, ""))).strip(),
        asked=asked,
        shown=sorted(names_in(list(match.names.values()))),
    )


def _fields(body: bytes) -> Mapping[str, Any]:
    """The JSON object of a body; nothing where it is none, which the route refuses."""
    parsed = _parsed(body)
    return parsed if isinstance(parsed, dict) else {}


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data, parse_constant=str)
    except (ValueError, RecursionError):
        return None


def _flat(value: Any, depth: int = 0) -> Any:
    """A JSON value, cut off where it is deeper than any that a route takes."""
    if isinstance(value, dict | list) and depth >= _DEEPEST:
        return "…"
    if isinstance(value, dict):
        return {name: _flat(each, depth + 1) for name, each in value.items()}
    if isinstance(value, list):
        return [_flat(each, depth + 1) for each in value]
    if isinstance(value, float) and not isfinite(value):
        return str(value)  # no JSON, and refused by the route
    return value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
