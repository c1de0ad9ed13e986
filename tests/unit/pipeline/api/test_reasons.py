"""With `audit.reason_required`: what needs a reason, and what was shown for one already."""

from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from pipeline.api.app import build_app
from pipeline.api.audited import ROUTES, Audited
from pipeline.api.grounded import WITHIN_S, Grounded
from pipeline.audit_events import Event
from tests.unit.pipeline.api import conftest
from tests.unit.pipeline.api.conftest import ASK, AUTHORISED
from tests.unit.pipeline.api.test_auditing import entries

TRACK, KEY = "lobby/r/1", conftest.PICTURES[1]
PICTURE, SAID = f"/api/v1/pictures/{KEY}", {"X-Descry-Reason": "theft"}


@pytest.fixture
def strict(backing):
    rules = replace(backing.audit, reason_required=True)
    return TestClient(build_app(replace(backing, audit=rules)), raise_server_exceptions=False)


NEEDS_REASON = [route for route, row in ROUTES.items() if getattr(row, "needs_reason", False)]


@pytest.mark.parametrize("route", NEEDS_REASON)
def test_without_a_reason_there_is_nothing_where_one_is_needed(strict, audit, route):
    method, _, path = route.partition(" ")
    path = path.replace("{key:path}", KEY if "pictures" in path else TRACK).replace(
        "{camera}", "lobby"
    )
    path = path.replace("{case}", "c1").replace("{track:path}", "lobby/r/1")
    path = path.replace("{shot:path}", "lobby/r/1/2")
    named = {"text": "red coat", "name": "w"}
    bodies = {"watches": named, "clips": {"hit": "lobby/r/1"}, "evidence": {}}
    bodies |= {"why": {"text": "red coat"}, "erasures": {"tracks": ["lobby/r/1"]}}
    bodies |= {"resend": {"ids": []}}
    body = None if method == "GET" else bodies.get(path.rpartition("/")[2], ASK)
    strict.post("/api/v1/cases", json={"id": "c1", "title": "theft"}, headers=AUTHORISED)
    before = len(entries(audit))
    answer = strict.request(method, path, json=body, headers=AUTHORISED)
    assert (answer.status_code, answer.json()["code"]) == (422, "reason-required")
    blank = {"X-Descry-Reason": "  "}
    assert strict.request(method, path, json=body, headers=AUTHORISED | blank).status_code == 422
    assert len(entries(audit)) == before
    said = AUTHORISED | {"X-Descry-Reason": "theft"}
    assert strict.request(method, path, json=body, headers=said).is_success
    assert {entry["reason"] for entry in entries(audit)[before:]} == {"theft"}


def test_what_shows_people_or_sends_them_on_needs_a_reason():
    needing = {row.what for row in ROUTES.values() if isinstance(row, Audited) and row.needs_reason}
    assert needing == {
        "search", "why", "clip", "boxes", "watch", "watch-test", "evidence", "erasure",
        "hold-release", "tracks", "track", "picture", "sheet", "alerts-resend",
    }  # fmt: skip


def found(monkeypatch, *names):
    """Have searches find these."""
    told = conftest.ANSWER.model_copy(update={"notes": list(names)})
    monkeypatch.setattr(conftest, "ANSWER", told)


def test_a_picture_of_whom_a_search_with_a_reason_found_needs_none(strict, monkeypatch):
    found(monkeypatch, TRACK)
    refused = strict.get(PICTURE, headers=AUTHORISED)
    assert (refused.status_code, refused.json()["code"]) == (422, "reason-required")
    assert strict.post("/api/v1/search", json=ASK, headers=AUTHORISED | SAID).is_success
    assert strict.get(PICTURE, headers=AUTHORISED).is_success
    assert strict.get(f"/api/v1/tracks/{TRACK}", headers=AUTHORISED).is_success
    other = PICTURE.replace("/r-1-", "/r-2-")
    assert other != PICTURE
    assert strict.get(other, headers=AUTHORISED).status_code == 422, "it was not shown"
    assert strict.get("/api/v1/tracks", headers=AUTHORISED).status_code == 422, "it names nobody"


def test_what_one_was_shown_another_has_to_give_a_reason_for():
    seen = Grounded()
    seen.remember(Event("anna", "search", reason="theft", outcome="200", shown=[TRACK]))
    assert seen.covers(Event("anna", "picture", shown=[KEY]))
    assert not seen.covers(Event("bert", "picture", shown=[KEY]))
    assert not seen.covers(Event("anna", "picture", shown=[KEY, "lobby/r/2"]))
    assert not seen.covers(Event("anna", "picture"))


def test_what_was_shown_without_a_reason_or_refused_stays_unseen():
    seen = Grounded()
    seen.remember(Event("anna", "case", outcome="200", shown=[TRACK]))
    seen.remember(Event("anna", "picture", reason="theft", outcome="404", shown=[TRACK]))
    assert not seen.covers(Event("anna", "picture", shown=[KEY]))
    seen.remember(Event("anna", "alerts-stream", outcome="200", shown=[TRACK]))
    assert seen.covers(Event("anna", "picture", shown=[KEY])), "its watch had a reason"


def test_what_was_shown_is_remembered_for_hours_and_never_more_than_so_much():
    now = [0.0]
    seen = Grounded(lambda: now[0], most=2)
    asked = Event("anna", "search", reason="theft", outcome="200", shown=[TRACK])
    seen.remember(asked)
    now[0] = WITHIN_S
    assert seen.covers(asked)
    now[0] += 1.0
    assert not seen.covers(asked)
    for number in (1, 2, 3):
        seen.remember(replace(asked, shown=[f"lobby/r/{number}"]))
    assert not seen.covers(asked), "the oldest of three goes"
    assert seen.covers(replace(asked, shown=["lobby/r/2", "lobby/r/3"]))
