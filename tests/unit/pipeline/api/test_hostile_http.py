"""The API on a real socket, spoken to as no browser does: what is sent is refused or ended."""

import asyncio
import socket
import threading
import time

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from pipeline.api import auth
from pipeline.api.app import build_app
from pipeline.audit_answers import Filters
from pipeline.store.audit_reading import AuditReader
from pipeline.workers import patience
from tests.unit.pipeline.api.conftest import TOKEN
from tests.unit.pipeline.api.served import served

HOST = f"Host: h\r\nAuthorization: Bearer {TOKEN}\r\n"


@pytest.fixture
def port(backing):
    with served(build_app(backing)) as port:
        yield port


def say(port, sent: bytes, *, more=()) -> bytes:
    """All that is answered until the connection ends."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(sent)
        try:
            for piece in more:
                connection.sendall(piece)
        except OSError:  # refused before all was sent
            pass
        answer = b""
        try:
            while piece := connection.recv(65536):
                answer += piece
        except ConnectionResetError:
            pass
        return answer


def statuses(answer: bytes) -> list[int]:
    return [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]


def request(method, path, headers="", body=b"") -> bytes:
    return f"{method} {path} HTTP/1.1\r\n{HOST}{headers}\r\n".encode() + body


SMUGGLED = request("DELETE", "/api/v1/collections/case-7", "Connection: close\r\n")


@pytest.mark.parametrize(
    "headers",
    [
        f"Content-Length: {len(SMUGGLED) + 5}\r\nTransfer-Encoding: chunked\r\n",
        f"Transfer-Encoding: chunked\r\nContent-Length: {len(SMUGGLED) + 5}\r\n",
        f"Content-Length: 0\r\nContent-Length: {len(SMUGGLED) + 5}\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: 5_0\r\n",
        "Content-Length : 5\r\n",
        "Content-Length: -1\r\n",
    ],
)
def test_a_request_in_the_body_of_another_is_never_answered(port, audit, headers):
    body = b"0\r\n\r\n" + SMUGGLED
    answer = say(port, request("POST", "/api/v1/queries/check", headers, body))
    assert [status in {400, 501} for status in statuses(answer)] == [True], answer
    told = [entry.what for entry in AuditReader(audit.folder).page(Filters(), 100).entries]
    assert "collection-remove" not in told


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /healthz HTTP/1.1\r\nHost: h\r\nX-A: " + b"a" * 200_000 + b"\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: h\r\n" + b"X-A: 1\r\n" * 20_000 + b"\r\n",
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: h\r\nX-A: 1\x00\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: h\r\nX\xc3\xa4: 1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    ],
)
def test_what_is_no_request_is_refused_and_the_next_one_answered(port, sent):
    assert statuses(say(port, sent)) in ([400], [])
    assert httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=30).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"), [("", 401), (f"Authorization: Bearer {TOKEN}\r\n", 413)]
)
def test_a_body_without_a_length_is_read_no_further_than_one_with(port, headers, status):
    head = f"POST /api/v1/erasures HTTP/1.1\r\nHost: h\r\n{headers}Transfer-Encoding: chunked\r\n"
    head += "Connection: close\r\n\r\n"
    chunk = b"4000\r\n" + b"a" * 0x4000 + b"\r\n"
    answer = say(port, head.encode(), more=[chunk] * 64)
    assert statuses(answer) == [status]


def test_a_request_that_does_not_come_to_its_end_loses_its_connection(port, monkeypatch):
    monkeypatch.setattr(patience, "ASKED_WITHIN_S", 0.5)
    assert say(port, b"GET /healthz HTTP/1.1\r\nHost: h\r\nX-A: ") == b""
    assert say(port, b"") == b""
    # The second request of a connection as well; an answer in between is whole.
    whole = b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"
    assert statuses(say(port, whole + b"GET /healthz HT")) == [200]


def test_a_body_that_does_not_come_to_its_end_is_refused(port, monkeypatch):
    monkeypatch.setattr(auth, "BODY_WITHIN_S", 0.5)
    head = request("POST", "/api/v1/queries/check", "Content-Length: 50\r\n", b"{")
    answer = say(port, head)
    assert statuses(answer) == [408]
    assert b"too-slow" in answer
    chunked = request("POST", "/api/v1/session", "Transfer-Encoding: chunked\r\n", b"1\r\n{\r\n")
    assert statuses(say(port, chunked)) == [408]


def test_a_body_that_comes_slowly_but_comes_is_taken(port, monkeypatch):
    monkeypatch.setattr(auth, "BODY_WITHIN_S", 0.5)
    monkeypatch.setattr(auth, "BYTES_PER_S", 1.0)
    body = b'{"text": "red coat"}'
    headers = f"Content-Length: {len(body)}\r\nContent-Type: application/json\r\n"
    head = request("POST", "/api/v1/queries/check", headers + "Connection: close\r\n")
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(head)
        for at in range(0, len(body), 10):
            connection.sendall(body[at : at + 10])
            time.sleep(0.7)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")


def test_whoever_takes_nothing_of_an_answer_loses_it(monkeypatch):
    monkeypatch.setattr(patience, "STALLED_S", 0.5)
    app, ended = FastAPI(), threading.Event()

    @app.get("/endless")
    async def endless():
        async def much():
            try:
                while True:
                    yield b"a" * 65536
                    await asyncio.sleep(0)
            finally:
                ended.set()

        return StreamingResponse(much())

    with served(app) as port, connected(port) as connection:
        connection.sendall(b"GET /endless HTTP/1.1\r\nHost: h\r\n\r\n")
        assert ended.wait(60)


def connected(port):
    return socket.create_connection(("127.0.0.1", port), timeout=60)


def test_connections_are_bounded_and_the_socket_of_this_machine_has_its_own(
    backing, tmp_path, monkeypatch
):
    path, whole = tmp_path / "api.sock", b"GET /healthz HTTP/1.1\r\nHost: h\r\n"
    with served(build_app(backing), path) as port:
        monkeypatch.setattr(patience, "most_connections", lambda: 2)
        with connected(port) as one, connected(port) as other:
            for connection in (one, other):
                connection.sendall(whole)
            time.sleep(0.2)
            assert say(port, whole + b"\r\n") == b""
            local = httpx.HTTPTransport(uds=str(path))
            with httpx.Client(transport=local, base_url="http://descry", timeout=30) as client:
                assert client.get("/healthz").status_code == 200
        deadline = time.monotonic() + 60
        while not say(port, whole + b"Connection: close\r\n\r\n"):
            assert time.monotonic() < deadline


def test_half_of_the_descriptors_at_most_are_for_connections(monkeypatch):
    patience.most_connections.cache_clear()
    monkeypatch.setattr(patience.resource, "getrlimit", lambda _: (1024, 4096))
    assert patience.most_connections() == 512
    patience.most_connections.cache_clear()


def test_a_body_sent_byte_by_byte_is_kept_as_one():
    sent = [{"type": "http.request", "body": b"a", "more_body": n < 999} for n in range(1000)]

    async def receive():
        return sent.pop(0)

    taken = asyncio.run(auth._take_body(receive, 1000))
    assert taken == {"type": "http.request", "body": b"a" * 1000, "more_body": False}
