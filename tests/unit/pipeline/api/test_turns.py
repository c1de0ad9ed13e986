"""Threads: whatever keeps those of searches busy, other requests are answered."""

import threading
from concurrent.futures import ThreadPoolExecutor, as_completed

import pytest
from fastapi.testclient import TestClient

from pipeline.api import sessions, sightings
from pipeline.api.app import build_app
from pipeline.errors import SignInRefused
from tests.unit.pipeline.api.conftest import ANSWER, ASK, AUTHORISED


@pytest.fixture
def held(service):
    """Searches that do not end before `go_on`, and how many began."""
    service.go_on, service.begun = threading.Event(), threading.Semaphore(0)

    def search(request):
        service.begun.release()
        assert service.go_on.wait(60)
        return ANSWER

    service.search = search
    yield service
    service.go_on.set()


def ask(client):
    return client.post("/api/v1/search", json=ASK, headers=AUTHORISED)


def test_however_many_search_it_says_how_it_does_and_lists_and_searches_all(backing, held):
    many = 45  # more than there are threads for all that is no search
    with TestClient(build_app(backing)) as client, ThreadPoolExecutor(many) as crowd:
        asked = [crowd.submit(ask, client) for _ in range(many)]
        for _ in range(sightings.SEARCHING_AT_ONCE):
            assert held.begun.acquire(timeout=60)
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 200
        assert client.get("/api/v1/cameras", headers=AUTHORISED).status_code == 200
        assert not held.begun.acquire(blocking=False), "no more than that at once"
        held.go_on.set()
        assert {each.result().status_code for each in asked} == {200}


def test_strangers_who_sign_in_hold_nobody_up(backing, house, monkeypatch):
    begun, go_on = threading.Semaphore(0), threading.Event()

    def sign_in(*_, **__):
        begun.release()
        assert go_on.wait(60)
        raise SignInRefused("no")

    monkeypatch.setattr(type(house.signing_in), "sign_in", sign_in)
    many = 45
    body = {"name": "admin", "password": "some password"}
    with TestClient(build_app(backing)) as client, ThreadPoolExecutor(many) as crowd:
        asked = [crowd.submit(client.post, "/api/v1/session", json=body) for _ in range(many)]
        for _ in range(sessions.SIGNING_IN_AT_ONCE):
            assert begun.acquire(timeout=60)
        try:
            assert client.get("/api/v1/cameras", headers=AUTHORISED).status_code == 200
            assert not begun.acquire(blocking=False), "no more than that at once"
        finally:
            go_on.set()
        told = [each.result().status_code for each in asked]
        # Most wait in turn; those beyond are put off at once.
        assert set(told) == {401, 503}
        assert told.count(401) >= sessions.MOST_SIGN_INS


def test_those_who_wait_are_counted_and_one_more_is_put_off(backing, held, monkeypatch):
    monkeypatch.setattr(sightings, "SEARCHING_AT_ONCE", 1)
    monkeypatch.setattr(sightings, "MOST_SEARCHES", 2)
    with TestClient(build_app(backing)) as client, ThreadPoolExecutor(3) as crowd:
        asked = [crowd.submit(ask, client) for _ in range(3)]
        # Two have their places whatever the order, so one of the three is answered now.
        refused = next(each.result() for each in as_completed(asked))
        assert (refused.status_code, refused.json()["code"]) == (503, "busy")
        assert refused.headers["Retry-After"] == "2"
        held.go_on.set()
        assert sorted(each.result().status_code for each in asked) == [200, 200, 503]
