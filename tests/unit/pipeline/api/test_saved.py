"""Saved searches: somebody's own, replaced by name, gone with the user; no token has any."""

import pytest
from fastapi.testclient import TestClient

from pipeline.api.app import build_app
from pipeline.store import saved_searches
from tests.account_house import PASSWORD
from tests.unit.pipeline.api.conftest import AUTHORISED

PATH = "/api/v1/searches"
COAT = {"name": "the coat", "search": {"text": "red coat", "cameras": ["lobby"], "since": "-3600"}}


@pytest.fixture
def signed_in(backing):
    def signed_in(name="admin"):
        client = TestClient(build_app(backing), raise_server_exceptions=False)
        told = client.post("/api/v1/session", json={"name": name, "password": PASSWORD}).json()
        client.headers["X-CSRF-Token"] = told["csrf"]
        return client

    return signed_in


def test_a_search_is_saved_replaced_by_its_name_and_forgotten(signed_in):
    client = signed_in()
    assert client.put(PATH, json=COAT).json()["search"]["cameras"] == ["lobby"]
    client.put(PATH, json=COAT | {"search": {"text": "blue coat"}})
    client.put(PATH, json=COAT | {"name": "a hat"})
    hat, coat = client.get(PATH).json()
    assert (hat["name"], coat["name"], coat["search"]["text"]) == ("a hat", "the coat", "blue coat")
    assert client.delete(f"{PATH}/{hat['id']}").status_code == 204
    assert client.delete(f"{PATH}/{hat['id']}").status_code == 404
    assert [one["id"] for one in client.get(PATH).json()] == [coat["id"]]


def test_nobody_sees_or_forgets_those_of_somebody_else_and_they_go_with_the_user(signed_in, house):
    house.user("vera", "viewer")
    vera, admin = signed_in("vera"), signed_in()
    number = vera.put(PATH, json=COAT).json()["id"]
    assert admin.get(PATH).json() == []
    assert admin.delete(f"{PATH}/{number}").status_code == 404
    assert admin.delete("/api/v1/users/vera").is_success
    house.user("vera", "viewer")
    assert signed_in("vera").get(PATH).json() == []


def test_a_token_has_none(client):
    answer = client.get(PATH, headers=AUTHORISED)
    assert (answer.status_code, answer.json()["code"]) == (422, "impossible")


@pytest.mark.parametrize(
    "search",
    [{"text": ""}, {"text": "x" * 2001}, {"text": "x", "like": "lobby/r/1"},
     {"text": "x", "cameras": ["a"] * 101},
     {"text": "x", "then": [{"camera": "a", "within_s": 0}]}],
)  # fmt: skip
def test_what_is_no_search_is_refused(signed_in, search):
    assert signed_in().put(PATH, json=COAT | {"search": search}).status_code == 422


def test_they_have_an_end(signed_in, monkeypatch):
    monkeypatch.setattr(saved_searches, "MOST", 1)
    client = signed_in()
    assert client.put(PATH, json=COAT).is_success
    assert client.put(PATH, json=COAT).is_success
    refused = client.put(PATH, json=COAT | {"name": "another"})
    assert (refused.status_code, refused.json()["code"]) == (422, "impossible")
    assert len(client.get(PATH).json()) == 1
