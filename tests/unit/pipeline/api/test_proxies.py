"""The API on real sockets behind proxies: who is believed about whom they speak for."""

import os
from contextlib import ExitStack
from dataclasses import replace

import httpx
import pytest

from pipeline.api.app import build_app
from pipeline.audit_answers import Filters
from pipeline.store.audit_reading import AuditReader
from tests.account_house import PASSWORD
from tests.unit.pipeline.api.conftest import AUTHORISED
from tests.unit.pipeline.api.served import served

FORWARDED = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
WRONG = {"name": "admin", "password": "no such password"}


@pytest.fixture
def at(backing):
    """Serves an application; a client of its port, with what it trusts."""
    with ExitStack() as opened:

        def begin(*trusted_proxies, path=None, **door):
            app = build_app(replace(backing, door=replace(backing.door, **door)))
            port = opened.enter_context(served(app, path, trusted_proxies))
            client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)
            return opened.enter_context(client)

        yield begin


def refused_addresses(audit) -> set[str]:
    entries = AuditReader(audit.folder).page(Filters(), 100).entries
    return {entry.asked["address"] for entry in entries if entry.what == "refused"}


def from_each(client, asked):
    """The statuses of requests, each said to come from another address."""
    return [
        client.request(*asked, headers={"X-Forwarded-For": f"203.0.113.{n}"}).status_code
        for n in range(4)
    ]


@pytest.mark.parametrize("trusted", [(), ("192.0.2.0/24",), ("::1/128",)])
def test_nobody_is_believed_who_is_not_named_not_even_loopback(at, audit, trusted, monkeypatch):
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    client = at(*trusted, requests_per_minute=2)
    client.get("/api/v1/cameras", headers={**FORWARDED, "Authorization": "Bearer wrong"})
    assert refused_addresses(audit) == {"127.0.0.1"}
    assert from_each(client, ("GET", "/api/v1/cameras")) == [429] * 4


@pytest.mark.parametrize("trusted", ["127.0.0.1/32", "127.0.0.0/8"])
def test_a_named_proxy_is_believed_whom_it_speaks_for(at, audit, trusted):
    client = at(trusted, requests_per_minute=2)
    client.get("/api/v1/cameras", headers={**FORWARDED, "Authorization": "Bearer wrong"})
    # What a client wrote itself stands before what the proxy adds.
    lied = {"X-Forwarded-For": "198.51.100.1, 203.0.113.77", "Authorization": "Bearer wrong"}
    client.get("/api/v1/cameras", headers=lied)
    assert refused_addresses(audit) == {"203.0.113.9", "203.0.113.77"}
    assert from_each(client, ("GET", "/api/v1/cameras")) == [401] * 4


def test_failed_sign_ins_count_for_who_is_behind_the_proxy(at):
    client = at("127.0.0.1")

    def fail(name, address):
        said = {"X-Forwarded-For": address}
        body = {**WRONG, "name": name}
        return client.post("/api/v1/session", json=body, headers=said).status_code

    assert [fail(f"guest{n}", "203.0.113.9") for n in range(9)][-1] == 429
    assert fail("other", "203.0.113.10") == 401


@pytest.mark.parametrize(("trusted", "is_secure"), [(["127.0.0.1"], True), ([], False)])
def test_a_cookie_is_for_https_alone_if_a_named_proxy_serves_it(at, trusted, is_secure):
    body = {"name": "admin", "password": PASSWORD}
    answer = at(*trusted).post("/api/v1/session", json=body, headers=FORWARDED)
    assert answer.status_code == 200
    assert ("secure" in answer.headers["set-cookie"].lower()) is is_secure


@pytest.mark.parametrize(
    "header", ["X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "X-Real-IP", "Via"]
)
@pytest.mark.parametrize("trusted", [[], ["127.0.0.1"]])
def test_what_a_proxy_hands_on_to_the_unix_socket_is_a_strangers(at, tmp_path, header, trusted):
    path = tmp_path / "api.sock"
    at(*trusted, path=path)
    transport = httpx.HTTPTransport(uds=str(path))
    with httpx.Client(transport=transport, base_url="http://descry", timeout=60) as local:
        assert local.get("/api/v1/session").json()["name"] == f"local:{os.geteuid()}"
        answer = local.get("/api/v1/cameras", headers={header: "for=203.0.113.9"})
        assert answer.status_code == 401
        assert "api.trusted_proxies" in answer.json()["detail"]
        shown = {header: "203.0.113.9", **AUTHORISED}
        assert local.get("/api/v1/cameras", headers=shown).status_code == 200
        assert local.get("/api/v1/cameras").status_code == 200, "the next one of the connection"
