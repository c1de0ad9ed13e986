"""Every request is noted before it is answered, and none can be forgotten."""

import json

import pytest
from fastapi import FastAPI

from pipeline.answers import SearchAnswer
from pipeline.api.audited import (
    ROUTES,
    NotAudited,
    RowFinder,
    check_every_route,
    routes_of,
)
from pipeline.errors import AuditUnavailable, StoreUnavailable
from pipeline.reason_fields import Grounds
from pipeline.store.audit_files import files_in
from tests.unit.pipeline.api import conftest
from tests.unit.pipeline.api.conftest import ASK, AUTHORISED


def entries(audit):
    return [
        json.loads(x) for path in files_in(audit.folder) for x in path.read_bytes().splitlines()
    ]


def test_every_route_is_audited_or_said_not_to_need_it(client):
    unsaid = [route for route in routes_of(client.app) if route not in ROUTES]
    assert unsaid == [], "give each a row in pipeline/api/audited.py"
    assert set(ROUTES) == set(routes_of(client.app)), "a row has no route any more"
    assert all(row.because for row in ROUTES.values() if isinstance(row, NotAudited))


def test_an_application_with_a_route_that_was_forgotten_is_not_built():
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.add_api_route("/api/v1/faces", list, methods=["GET"])
    with pytest.raises(LookupError, match=r"GET /api/v1/faces .* pipeline/api/audited.py"):
        check_every_route(app)


def test_a_route_that_was_forgotten_all_the_same_shows_nothing(client):
    client.app.add_api_route("/api/v1/faces", lambda: ["anna"], methods=["GET"])
    answer = client.get("/api/v1/faces", headers=AUTHORISED)
    assert (answer.status_code, answer.json()["code"]) == (500, "not-audited")
    assert "anna" not in answer.text


def test_a_search_is_noted_with_what_was_asked_and_shown(client, audit, monkeypatch):
    hit = {"track": "lobby/r/7", "thumbnail": "/api/v1/pictures/lobby/2026-11-23/09/r-7-2.jpg"}
    told = conftest.ANSWER.model_copy(update={"notes": [json.dumps(hit), *hit.values()]})
    monkeypatch.setattr(conftest, "ANSWER", told)
    asked = {"text": "red coat", "cameras": ["lobby"], "since": 5.0, "like": "lobby/r/9/1"}
    asked |= {"reason": "theft of a bike", "case": "2026/17"}
    answer = client.post("/api/v1/search", json=asked, headers=AUTHORISED)
    assert SearchAnswer.model_validate_json(answer.content) == told
    (entry,) = entries(audit)
    digest = audit.names().digest("lobby", "r", 7)
    other = audit.names().digest("lobby", "r", 9)
    assert {name: entry[name] for name in ("who", "what", "outcome", "phase")} == {
        "who": "data-folder", "what": "search", "outcome": "200", "phase": "answered",
    }  # fmt: skip
    assert (entry["text"], entry["reason"], entry["case"]) == (
        "red coat", "theft of a bike", "2026/17",
    )  # fmt: skip
    assert entry["asked"] == {"cameras": ["lobby"], "since": 5.0, "like": f"{other}/1"}
    assert entry["shown"] == {"lobby": {digest: [2]}}


def test_what_a_search_brings_is_noted_as_a_digest_and_no_picture(client, audit):
    client.post("/api/v1/search", json={"picture": "aGVsbG8="}, headers=AUTHORISED)
    (entry,) = entries(audit)
    assert entry["asked"]["picture"].startswith("sha256:")
    assert "aGVsbG8" not in json.dumps(entry)


LOOKS = {
    "tracks": ("GET", "/api/v1/tracks?camera=lobby&count=7", {"camera": "lobby", "count": "7"}),
    "boxes": ("GET", "/api/v1/cameras/lobby/boxes", {"camera": "lobby"}),
    "holds": ("GET", "/api/v1/holds", None),
    "alerts": ("GET", "/api/v1/alerts", None),
    "watches": ("GET", "/api/v1/watches", None),
    "picture": ("GET", "/api/v1/pictures/lobby/gone.jpg", {"key": "lobby/gone.jpg"}),
}


@pytest.mark.parametrize("what", LOOKS)
def test_a_look_is_noted(client, audit, what):
    method, path, asked = LOOKS[what]
    answer = client.request(method, path, headers=AUTHORISED)
    (entry,) = entries(audit)
    assert (entry["what"], entry["outcome"]) == (what, str(answer.status_code))
    assert entry.get("asked") == asked


def test_a_clip_says_whose_it_is(client, audit):
    why = Grounds("Verdacht: Diebstahl, 50 % sicher – 도난", "fall 7").headers()
    assert client.get("/api/v1/tracks/lobby/r/1/clip", headers=AUTHORISED | why).status_code == 200
    (entry,) = entries(audit)
    assert list(entry["shown"]["lobby"]) == [audit.names().digest("lobby", "r", 1)]
    assert entry["reason"] == "Verdacht: Diebstahl, 50 % sicher – 도난"
    assert entry["case"] == "fall 7"


CHANGES = {
    "erasure": ("POST", "/api/v1/erasures", {"tracks": ["lobby/r/1"]}),
    "hold": ("PUT", "/api/v1/holds/lobby/r/1", None),
    "hold-release": ("DELETE", "/api/v1/holds/lobby/r/1", None),
    "camera-pause": ("POST", "/api/v1/cameras/lobby/pause", None),
    "camera-add": ("PUT", "/api/v1/cameras/yard", {"url": "rtsp://h/1", "password": "hunter2"}),
    "collection-remove": ("DELETE", "/api/v1/collections/case-7", None),
    "watch": ("POST", "/api/v1/watches", {"name": "w", "text": "red coat"}),
    "watch-remove": ("DELETE", "/api/v1/watches/red", None),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_noted_before_and_after(client, audit, what):
    method, path, body = CHANGES[what]
    answer = client.request(method, path, json=body, headers=AUTHORISED)
    assert answer.is_success
    before, after = entries(audit)
    assert (before["what"], before["phase"], before.get("outcome")) == (what, "asked", None)
    assert (after["phase"], after["of"]) == ("answered", before["n"])
    assert after["outcome"] == str(answer.status_code)
    assert "hunter2" not in json.dumps([before, after])


def test_a_refusal_is_noted_as_one(client, audit, service):
    service.failure = StoreUnavailable("Redis is away")
    client.post("/api/v1/search", json=ASK, headers=AUTHORISED)
    client.post("/api/v1/search", json={"colour": 1}, headers=AUTHORISED)
    assert [entry["outcome"] for entry in entries(audit)] == ["503", "422"]


def test_what_needs_no_audit_and_who_is_not_let_in_is_not_noted(client, audit):
    for path in ("/healthz", "/readyz", "/metrics", "/api/v1/cameras", "/api/v1/travel", "/no"):
        client.get(path, headers=AUTHORISED)
    assert client.post("/api/v1/search", json=ASK).status_code == 401
    assert entries(audit) == []


class Full:
    """As an audit on a full disk."""

    def __init__(self):
        self.most = 0

    def note(self, event):
        if self.most == 0:
            raise AuditUnavailable("the audit cannot be written (No space left on device)")
        self.most -= 1
        return 1


@pytest.fixture
def full(client, monkeypatch):
    disk = Full()
    monkeypatch.setattr("pipeline.store.audit_log.AuditLog.note", lambda _, event: disk.note(event))
    return disk


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("POST", "/api/v1/search", ASK), *LOOKS.values(), *CHANGES.values(),
     ("GET", "/api/v1/tracks/lobby/r/1/clip", None), ("GET", "/api/v1/alerts/stream", None)],
)  # fmt: skip
def test_nothing_is_shown_or_done_that_cannot_be_noted(full, client, book, method, path, body):
    answer = client.request(
        method, path, json=body if method != "GET" else None, headers=AUTHORISED
    )
    assert (answer.status_code, answer.json()["code"]) == (503, "audit-unavailable")
    assert "No space left" in answer.json()["detail"]
    assert book.cameras == {}
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_change_whose_end_cannot_be_noted_is_told_as_failed(full, client, book):
    full.most = 1
    answer = client.put("/api/v1/cameras/yard", json={"url": "rtsp://h/1"}, headers=AUTHORISED)
    assert answer.json()["code"] == "audit-unavailable"
    assert "yard" in book.cameras


def test_alerts_that_are_followed_are_noted_one_by_one(client, audit):
    answer = client.get("/api/v1/alerts/stream", headers=AUTHORISED | {"Last-Event-ID": "0-0"})
    assert answer.text.count("event: new") + answer.text.count("event: update") == 2
    opened, *told = entries(audit)
    assert opened["what"] == "alerts-stream"
    assert [len(entry["shown"]) for entry in told] == [1, 1]


def test_a_stream_ends_where_an_alert_cannot_be_noted(full, client):
    full.most = 2
    answer = client.get("/api/v1/alerts/stream", headers=AUTHORISED | {"Last-Event-ID": "0-0"})
    assert answer.text.count('data: {"') == 1


def test_a_reason_has_an_end(client, audit):
    answer = client.get("/api/v1/tracks", headers=AUTHORISED | {"X-Descry-Reason": "a" * 1001})
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


@pytest.mark.parametrize(
    "body", [b"", b"[", b'{"text": NaN}', b'{"text":"\\ud800 coat"}', b"[" * 60_000, b'"x"',
             b'{"then":' + b"[" * 900 + b"]" * 900 + b"}", b'{"since": 1e999}'],
)  # fmt: skip
def test_whatever_is_sent_is_noted_and_answered(client, audit, body):
    headers = AUTHORISED | {"Content-Type": "application/json"}
    answer = client.post("/api/v1/search", content=body, headers=headers)
    assert answer.status_code < 500
    assert len(entries(audit)) == 1


def test_the_audit_is_read_by_pages_and_filters(client, audit):
    for text in ("red coat", "blue coat", "green coat"):
        client.post("/api/v1/search", json={"text": text}, headers=AUTHORISED)
    client.get("/api/v1/tracks/lobby/r/1/clip", headers=AUTHORISED)

    def asked(query):
        return client.get(f"/api/v1/audit?{query}", headers=AUTHORISED).json()

    page = asked("what=search&count=2")
    assert [entry["text"] for entry in page["entries"]] == ["green coat", "blue coat"]
    page = asked(f"what=search&count=2&after={page['next']}")
    assert [entry["text"] for entry in page["entries"]] == ["red coat"]
    assert page["next"] is None
    assert [entry["what"] for entry in asked("track=lobby/r/1/3")["entries"]] == ["clip"]
    assert asked("who=anna")["entries"] == []
    assert asked("since=9999999999")["entries"] == []
    assert len(asked("until=9999999999&what=search")["entries"]) == 3
    assert client.get("/api/v1/audit?track=x", headers=AUTHORISED).status_code == 422
    assert entries(audit)[-1]["what"] == "audit"


@pytest.mark.parametrize("route", [route for route in ROUTES if "/api/v1/" in route])
def test_no_way_to_write_a_path_goes_round_the_audit(client, audit, route):
    """The router's patterns let a newline be at the end: this reached a route without a row."""
    method, _, path = route.partition(" ")
    path = path.replace(":path", "").replace("{", "").replace("}", "")
    answer = client.request(method, f"{path}%0A", json=ASK, headers=AUTHORISED)
    assert answer.status_code == 404
    assert entries(audit) == []


def test_a_row_is_found_as_the_router_finds_a_route():
    found = RowFinder().find({"method": "POST", "path": "/api/v1/watches\n"})
    assert found is not None
