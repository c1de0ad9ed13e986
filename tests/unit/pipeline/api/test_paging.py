"""Every list, a page at a time: each thing once, in order, whatever comes and goes meanwhile."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.api.paging import Paging
from pipeline.api.problems import install_problem_handlers
from pipeline.callers import Role
from pipeline.cursors import write_place
from tests.unit.pipeline.api.conftest import AUTHORISED
from tests.unit.pipeline.api.stock import camera_answer

LISTS = [
    "searches", "users", "tokens", "cameras", "collections", "holds", "watches", "alerts",
    "imports", "alerts/undelivered", "imports/files", "travel", "models", "retention", "tracks",
    "cases", "audit", "cases/case-1",
]  # fmt: skip
KEYS = st.tuples(st.text(max_size=3), st.integers(-5, 5))


def walk(client, path, between=lambda: None):
    """Every page of a list, by what `Link` says alone."""
    while path:
        answer = client.get(path, headers=AUTHORISED)
        assert answer.status_code == 200, answer.text
        yield answer.json()
        path = answer.links.get("next", {}).get("url")
        between()


def listing(items, *, descending):
    app = FastAPI()
    install_problem_handlers(app)

    @app.get("/things")
    def things(paging: Paging, kind: str = "") -> list[tuple[str, int]]:
        found = [item for item in items if not kind or item[0] == kind]
        return paging.cut(found, lambda item: item, (str, int), descending=descending)

    return TestClient(app)


@settings(deadline=None, max_examples=40)
@given(st.sets(KEYS, max_size=12), st.integers(1, 14), st.booleans(), st.data())
def test_each_thing_that_stays_comes_once_and_in_order(before, count, descending, data):
    items, coming = set(before), data.draw(st.lists(KEYS, max_size=6))
    going = data.draw(st.lists(st.sampled_from(sorted(before)), max_size=6)) if before else []

    def between():
        if coming:
            items.add(coming.pop())
        if going:
            items.discard(going.pop())

    stays = before - set(going)
    client = listing(items, descending=descending)
    pages = list(walk(client, f"/things?count={count}", between))
    found = [tuple(one) for page in pages for one in page]
    assert found == sorted(set(found), reverse=descending)
    assert stays <= set(found)
    assert all(len(page) <= count for page in pages)


def test_a_page_says_where_the_next_is_and_keeps_the_filters():
    client = listing(
        {("a", n) for n in range(3)} | {("ä&b", n) for n in range(3)}, descending=False
    )
    pages = list(walk(client, "/things?kind=ä%26b&count=2"))
    assert pages == [[["ä&b", 0], ["ä&b", 1]], [["ä&b", 2]]]


@pytest.mark.parametrize(
    "after",
    ["x", "%", "W10", write_place(["a"]), write_place(["a", 1.5]), write_place([1, "a"]), "W05hTl0",
     "ü", "A" * 2001, write_place(["a", 1, 2])],
)  # fmt: skip
def test_what_is_no_place_in_the_list_is_a_problem(after):
    answer = listing({("a", 1)}, descending=False).get("/things", params={"after": after})
    assert answer.status_code == 422
    assert answer.json()["code"] in {"impossible", "malformed"}


@pytest.mark.parametrize("name", [name for name in LISTS if name not in {"tracks", "searches"}])
def test_every_list_takes_after_and_count(client, name):
    client.post("/api/v1/cases", json={"title": "bike", "id": "case-1"}, headers=AUTHORISED)
    path = f"/api/v1/{name}"
    assert client.get(path, params={"count": 1}, headers=AUTHORISED).status_code == 200
    for wrong in ({"count": 0}, {"count": 1001}, {"after": "no place"}):
        answer = client.get(path, params=wrong, headers=AUTHORISED)
        assert (answer.status_code, list(wrong)) == (422, list(wrong))


def test_every_list_is_described_with_its_link(client):
    document = client.get("/api/v1/openapi.json", headers=AUTHORISED).json()
    paged = {
        path.removeprefix("/api/v1/").replace("{case}", "case-1")
        for path, operations in document["paths"].items()
        if "Link"
        in operations.get("get", {}).get("responses", {}).get("200", {}).get("headers", {})
    }
    assert paged == set(LISTS)


def test_users_tokens_and_cameras_are_walked_in_order_of_their_names(client, house, monkeypatch):
    for name in ("cleo", "bo", "dan"):
        house.user(name, Role.VIEWER)
        house.token(name, Role.VIEWER)
    seen = [camera_answer(name, "live") for name in ("lobby", "gate", "hall")]
    monkeypatch.setattr("tests.unit.pipeline.api.conftest.Lists.cameras", lambda self, camera: seen)
    for path, field, names in (
        ("users", "name", ["admin", "bo", "cleo", "dan"]),
        ("tokens", "name", ["bo", "cleo", "dan"]),
        ("cameras", "camera", ["gate", "hall", "lobby"]),
    ):
        pages = list(walk(client, f"/api/v1/{path}?count=2"))
        assert [one[field] for page in pages for one in page] == names
        assert len(pages) == 2


def test_cases_and_items_go_on_where_they_stopped_though_the_last_one_is_gone(client):
    for number in range(4):
        asked = {"title": "bike", "id": f"case-{number}"}
        assert client.post("/api/v1/cases", json=asked, headers=AUTHORISED).is_success
    first = client.get("/api/v1/cases?count=2", headers=AUTHORISED)
    last = first.json()["cases"][-1]["id"]
    assert client.delete(f"/api/v1/cases/{last}", headers=AUTHORISED).status_code == 204
    (second,) = walk(client, first.links["next"]["url"])
    told = [one["id"] for page in (first.json(), second) for one in page["cases"]]
    assert told == ["case-3", "case-2", "case-1", "case-0"]
    assert second["next"] is None


def test_the_audit_is_walked_to_its_first_entry(client):
    for _ in range(3):
        client.get("/api/v1/users", headers=AUTHORISED)
    pages = list(walk(client, "/api/v1/audit?what=users&count=2"))
    assert [len(page["entries"]) for page in pages] == [2, 1]
