"""A connection to a query worker: what is asked there, and asked again where an answer got lost."""

import re
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from uuid import uuid4

import httpx

from pipeline.certificates import check_ca_file
from pipeline.errors import ServiceUnavailable
from pipeline.failed_answers import error_of
from pipeline.reason_fields import NO_GROUNDS, Grounds

KEY_HEADER: Final = "Idempotency-Key"
_READING: Final = re.compile(
    r"GET .*|POST /api/v1/(search|queries/check|watches/test|shots/.*/why)"
)


class Connection:
    """A query worker, seen from outside: what all its clients share."""

    def __init__(
        self,
        *,
        token: str,
        socket: Path | None = None,
        url: str | None = None,
        ca_file: Path | None = None,
        timeout_s: float = 60.0,
        grounds: Grounds = NO_GROUNDS,
    ) -> None:
        """Talk over a unix socket, or to an address.

        Args:
            token: that of the data folder, or an API token; empty where a socket asks for none.
            socket: the worker's unix socket; `url` is used when None.
            url: `http(s)://host:port`, or `unix:///path` of a socket.
            ca_file: certificates that vouch for an https:// url; None: those of this machine.
            timeout_s: seconds to wait for an answer.
            grounds: noted in the audit with every request.

        Raises:
            ConfigError: `ca_file` holds no certificates.
        """
        if socket is None and url is not None and url.startswith("unix://"):
            socket = Path(url.removeprefix("unix://"))
        transport = httpx.HTTPTransport(uds=str(socket)) if socket else _trusting(ca_file)
        self._where, self._timeout_s = str(socket or url), timeout_s
        self._http = httpx.Client(
            transport=transport,
            base_url=url if url and not socket else "http://descry",
            headers=({"Authorization": f"Bearer {token}"} if token else {}) | grounds.headers(),
            timeout=timeout_s,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the connection go."""
        self._http.close()

    def is_ready(self) -> bool:
        """Whether it answers and has its index."""
        try:
            return self._http.get("/readyz", timeout=2.0).status_code == 200
        except httpx.HTTPError:
            return False

    def is_alive(self) -> bool:
        """Whether it answers, ready or not."""
        try:
            return self._http.get("/healthz", timeout=2.0).status_code == 200
        except httpx.HTTPError:
            return False

    def _ask(self, method: str, path: str, **how: Any) -> httpx.Response:
        """Ask once; a write has a key, and is sent once more where the connection broke."""
        try:
            answer = self._answer(method, path, how)
        except httpx.TimeoutException as error:
            raise ServiceUnavailable(
                f"the query worker at {self._where} did not answer in time: is it overloaded?"
            ) from error
        except httpx.HTTPError as error:
            raise ServiceUnavailable(
                f"no query worker answers at {self._where}: start one with 'descry run'"
            ) from error
        if answer.is_success:
            return answer
        raise error_of(answer)

    def _answer(self, method: str, path: str, how: dict[str, Any]) -> httpx.Response:
        if _READING.fullmatch(f"{method} {path}"):
            return self._http.request(method, path, **how)
        headers = {**how.pop("headers", {}), KEY_HEADER: uuid4().hex}
        try:
            return self._http.request(method, path, headers=headers, **how)
        except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
            deadline = time.monotonic() + how.get("timeout", self._timeout_s)
            while True:
                answer = self._http.request(method, path, headers=headers, **how)
                if not _is_under_way(answer) or time.monotonic() > deadline:
                    return answer
                time.sleep(float(answer.headers["Retry-After"]))

    def _pages(self, path: str, **params: Any) -> Iterator[httpx.Response]:
        """Every page of a list: as long as an answer says where the next one is."""
        params = {name: value for name, value in params.items() if value is not None}
        answer = self._ask("GET", path, params=params)
        yield answer
        while following := answer.links.get("next"):
            answer = self._ask("GET", following["url"])
            yield answer

    def _listed(self, path: str, **params: Any) -> Iterator[Any]:
        """Everything in a list whose pages are arrays."""
        for page in self._pages(path, **params):
            yield from page.json()


def _is_under_way(answer: httpx.Response) -> bool:
    if answer.status_code != 409 or "Retry-After" not in answer.headers:
        return False
    return "idempotency-in-progress" in answer.text


def _trusting(ca_file: Path | None) -> httpx.HTTPTransport | None:
    if ca_file is None:
        return None
    check_ca_file("api.ca_file", ca_file)
    return httpx.HTTPTransport(verify=ssl.create_default_context(cafile=ca_file))
