"""Writes that may be sent again: the header `Idempotency-Key`, and what becomes of the second.

Stands within the audit, so that a replay is noted, and behind the doorkeeper, who knows who asks.
"""

import json
import logging
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any, Final, TypeVar

import anyio
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.api.audited import ROUTES, RowFinder
from pipeline.api.bodies import give_again, read_body
from pipeline.api.problems import problem, problem_of
from pipeline.errors import DescryError
from pipeline.store.kept_answers import Asked, KeptAnswer, KeptAnswers, Standing

log = logging.getLogger(__name__)
T = TypeVar("T")

KEY_HEADER: Final = "Idempotency-Key"
REPLAYED_HEADER: Final = "Idempotency-Replayed"
KEEPING_AT_ONCE: Final = 8
"""Threads that wait for the disk."""

#: Writes by their method that change nothing, or nothing that a second time would change.
UNKEYED: Final[Mapping[str, str]] = {
    "POST /api/v1/search": "searching changes nothing",
    "POST /api/v1/audit/search": "reads",
    "POST /api/v1/queries/check": "reads words",
    "POST /api/v1/shots/{shot:path}/why": "explains",
    "POST /api/v1/watches/test": "keeps and tells nothing",
    "POST /api/v1/session": "a session is begun for whoever knows the password, each time anew",
    "DELETE /api/v1/session": "what has ended stays so",
    "POST /api/v1/session/password": "takes the old password, which is another the second time",
}
#: What is asked or answered there may hold a password or a token.
SECRET: Final = frozenset(
    {"POST /api/v1/users", "PATCH /api/v1/users/{name}", "POST /api/v1/tokens"}
)
KEYED: Final = frozenset(
    route
    for route in ROUTES
    if route.split(" ")[0] in {"POST", "PUT", "PATCH", "DELETE"} and route not in UNKEYED
)
#: Of the headers of an answer, what its replay has as well.
_KEPT_HEADERS: Final = ("content-type", "cache-control")
_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")
_REFUSALS: Final[Mapping[Standing, tuple[int, str, str]]] = {
    Standing.ANOTHER: (
        422, "idempotency-key-reused",
        "this key was sent with another request: draw a new one for each",
    ),
    Standing.UNDER_WAY: (
        409, "idempotency-in-progress", "the request of this key is being carried out: ask again",
    ),
    Standing.OUTCOME_UNKNOWN: (
        409, "idempotency-outcome-unknown",
        "the request of this key was begun, and the worker ended before it had an answer: look "
        "whether it was done, and if not, send it with a new key",
    ),
    Standing.NOT_KEPT: (
        409, "idempotent-answer-not-kept",
        "the request of this key was carried out, and its answer is not kept, since it held a "
        "secret, was too large, was let go, or you may see other cameras now: it is not done again",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class KeyRules:
    """Where answers are kept.

    Attributes:
        answers: there.
        now: Unix seconds.
    """

    answers: KeptAnswers
    now: Callable[[], float]


class Idempotency:
    """Carries out a write with a key once, and answers it as often as it comes."""

    def __init__(self, app: ASGIApp, *, rules: KeyRules) -> None:
        self._app, self._rules = app, rules
        self._rows, self._threads = RowFinder(), anyio.CapacityLimiter(KEEPING_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, unless its key says that it came before."""
        keys = Headers(scope=scope).getlist(KEY_HEADER) if scope["type"] == "http" else []
        match = self._rows.find(scope) if keys else None
        if match is None or match.route not in KEYED:
            await self._app(scope, receive, send)
            return
        if len(keys) > 1 or not _KEY.fullmatch(keys[0]):
            hint = f"{KEY_HEADER} takes 1 to 255 visible letters of ASCII, once"
            await problem(422, "malformed", hint)(scope, receive, send)
            return
        body = await read_body(receive)
        asked = await self._in_thread(partial(_asked, scope, keys[0], body, match.route))
        refusal = await self._begin(asked)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        await self._carry_out(asked, scope, give_again(body, receive), send)

    async def _begin(self, asked: Asked) -> Response | None:
        """What a request is answered with that is not to be carried out."""
        answers, now = self._rules.answers, self._rules.now()
        try:
            standing, kept = await self._in_thread(partial(answers.begin, asked, now))
        except DescryError as error:
            return problem_of(error)
        if kept is not None:
            headers = {**kept.headers, REPLAYED_HEADER: "true"}
            return Response(kept.body, status_code=kept.status, headers=headers)
        if standing is Standing.NEW:
            return None
        wait = {"Retry-After": "1"} if standing is Standing.UNDER_WAY else None
        return problem(*_REFUSALS[standing], wait)

    async def _carry_out(self, asked: Asked, scope: Scope, receive: Receive, send: Send) -> None:
        answers, held = self._rules.answers, list[Message]()

        async def hold(message: Message) -> None:
            held.append(message)

        try:
            await self._app(scope, receive, hold)
        except BaseException:
            answers.lose(asked)
            raise
        kept = _kept(held)
        if kept.status < 500:
            await self._end(partial(answers.finish, asked, kept))
        elif _was_busy(kept):
            await self._end(partial(answers.abandon, asked))
        else:  # some of it may be done: a store may fail between two writes
            answers.lose(asked)
        for message in held:
            await send(message)

    async def _end(self, work: Callable[[], None]) -> None:
        try:
            await self._in_thread(work)
        except DescryError as error:
            # Done is done: told now, and of unknown outcome when it comes again.
            log.warning("the answer to a request with a key is not kept: %s", error)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await anyio.to_thread.run_sync(work, limiter=self._threads)


def _asked(scope: Scope, key: str, body: list[bytes], route: str) -> Asked:
    digest = sha256()
    for part in (scope["method"].encode(), scope["path"].encode(), scope["query_string"]):
        digest.update(len(part).to_bytes(8, "big") + part)
    for part in body:
        digest.update(part)
    return Asked(scope["state"]["caller"], key, digest.digest(), is_secret=route in SECRET)


def _kept(held: list[Message]) -> KeptAnswer:
    start = held[0]
    headers = Headers(raw=start["headers"])
    kept = {name: headers[name] for name in _KEPT_HEADERS if name in headers}
    body = b"".join(message.get("body", b"") for message in held[1:])
    return KeptAnswer(start["status"], kept, body)


def _was_busy(kept: KeptAnswer) -> bool:
    """Whether a request was turned away before anything of it was done."""
    try:
        return bool(json.loads(kept.body)["code"] == "busy")
    except (ValueError, LookupError, TypeError):
        return False


def describe_keys(document: dict[str, Any]) -> None:
    """Have the application's document tell which requests take a key."""
    told = {
        "name": KEY_HEADER,
        "in": "header",
        "required": False,
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
        "description": "drawn by you for this request: when it comes again within a day, it is not "
        f"done again but answered as it was, with `{REPLAYED_HEADER}: true`. Problems: "
        "`idempotency-key-reused` (422), `idempotency-in-progress` (409, with `Retry-After`), "
        "`idempotency-outcome-unknown` (409), `idempotent-answer-not-kept` (409)",
    }
    again = {"description": "`true`: answered as before", "schema": {"const": "true"}}
    for route in KEYED:
        method, _, path = route.partition(" ")
        with suppress(KeyError):
            operation = document["paths"][path.replace(":path", "")][method.lower()]
            operation.setdefault("parameters", []).append(told)
            for status, answer in operation["responses"].items():
                if status.startswith("2"):
                    answer.setdefault("headers", {})[REPLAYED_HEADER] = again
