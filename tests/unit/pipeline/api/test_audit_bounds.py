"""Nobody fills the audit, or drowns it: long things leave digests, and repeats are counted."""

import json
from dataclasses import replace

import pytest

from pipeline.api.bounds import MOST_OF_ALL, bounded
from pipeline.api.repeats import MOST, Repeats, Rule, rule_of
from pipeline.audit_events import Event
from pipeline.errors import AuditUnavailable
from tests.account_house import PASSWORD
from tests.unit.pipeline.api.conftest import AUTHORISED
from tests.unit.pipeline.api.test_auditing import entries

SESSION = "/api/v1/session"


def test_what_a_stranger_sends_beside_a_name_is_not_noted(client, audit):
    said = {"text": "A" * 60_000, "reason": "B" * 900, "case": "C" * 900}
    client.post(SESSION, json={"name": "n", "password": "x"} | said)
    (entry,) = entries(audit)
    assert not {"text", "reason", "case"} & set(entry)


def test_of_a_long_text_its_beginning_and_digest_are_noted(client, audit):
    told = {"name": "A" * 5_000, "password": "x"}
    client.post("/api/v1/session", json=told)
    (entry,) = entries(audit)
    assert len(entry["asked"]["name"]) < 1_200
    assert entry["asked"]["name"].startswith("A" * 1_000)


def test_of_a_long_description_the_beginning_and_a_digest_are_noted(client, audit):
    client.post("/api/v1/search", json={"text": "A" * 2_000_000}, headers=AUTHORISED)
    (entry,) = entries(audit)
    assert len(entry["text"]) < 1_200
    assert "sha256:" in entry["text"]


def test_names_in_a_query_have_an_end(client, audit):
    query = "&".join(f"{number}{'n' * 100}={'v' * 20}" for number in range(300))
    client.get(f"/api/v1/tracks?{query}", headers=AUTHORISED)
    (entry,) = entries(audit)
    assert len(json.dumps(entry)) < 4_000
    assert entry["asked"]["…"] == 268


def test_an_object_in_a_body_has_an_end(client, audit):
    then = [{"camera": "A" * 1_000_000}]
    client.post("/api/v1/search", json={"text": "x", "then": then}, headers=AUTHORISED)
    assert len(json.dumps(entries(audit)[0])) < 4_000


def test_all_that_is_asked_has_an_end_and_what_is_short_is_whole():
    asked = {"cameras": ["c" * 999] * 999, "zones": ["z" * 999] * 999, "limit": 7}
    kept = bounded(asked)
    assert len(json.dumps(kept)) < MOST_OF_ALL + 300
    assert kept["limit"] == 7
    assert "sha256:" in kept["cameras"]


def test_tracks_of_a_large_erasure_are_all_noted(client, audit):
    tracks = [f"lobby/r/{number}" for number in range(900)]
    client.post("/api/v1/erasures", json={"tracks": tracks}, headers=AUTHORISED)
    assert len(entries(audit)[0]["asked"]["tracks"]) == 900


def test_failed_attempts_to_sign_in_are_few_entries(client, audit):
    for number in range(40):
        client.post(SESSION, json={"name": f"anna{number}", "password": "x"})
    noted = entries(audit)
    assert len(noted) == 5
    assert noted[0]["asked"] == {"name": "anna0", "address": "testclient"}
    assert {entry["who"] for entry in noted} == {"nobody"}


def test_who_signed_in_stands_in_the_entry(client, audit, house):
    house.user("anna", "viewer")
    client.post(SESSION, json={"name": "anna", "password": PASSWORD})
    (entry,) = entries(audit)
    assert (entry["who"], entry["what"], entry["outcome"]) == ("anna", "sign-in", "200")


def test_a_wall_that_is_looked_at_is_noted_once_for_a_camera_and_a_reason(client, audit):
    path = "/api/v1/cameras/lobby/picture"
    for _ in range(30):
        assert client.get(path, headers=AUTHORISED).status_code == 200
    (entry,) = entries(audit)
    assert (entry["what"], entry["asked"]) == ("camera-picture", {"camera": "lobby"})
    client.get(path, headers=AUTHORISED | {"X-Descry-Reason": "theft"})
    assert [entry.get("reason") for entry in entries(audit)] == [None, "theft"]


def test_a_viewer_who_tries_what_administrators_may_is_noted(client, audit, house):
    house.user("anna", "viewer")
    csrf = client.post(SESSION, json={"name": "anna", "password": PASSWORD}).json()["csrf"]
    for _ in range(20):
        assert client.get("/api/v1/users").status_code == 403
    tried = [entry for entry in entries(audit) if entry["what"] == "refused"]
    assert len(tried) == 3
    assert (tried[0]["who"], tried[0]["outcome"]) == ("anna", "403")
    asked = {"method": "GET", "path": "/api/v1/users", "code": "forbidden"}
    assert tried[0]["asked"] == asked | {"address": "testclient"}
    assert csrf


def test_a_write_without_the_csrf_of_its_session_is_noted(client, audit, house):
    house.user("anna", "viewer")
    client.post(SESSION, json={"name": "anna", "password": PASSWORD})
    assert client.post("/api/v1/search", json={"text": "red coat"}).status_code == 403
    last = entries(audit)[-1]
    assert (last["who"], last["what"], last["asked"]["code"]) == ("anna", "refused", "csrf")


def test_an_expired_token_is_noted_and_who_shows_nothing_is_not(client, audit, house):
    text = house.token("desk", "viewer", expires_at=house.clock.now() + 1)
    house.clock.sleep(5)
    client.get("/api/v1/tracks")
    assert entries(audit) == []
    answer = client.get("/api/v1/tracks", headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code == 401
    (entry,) = entries(audit)
    assert (entry["who"], entry["what"], entry["outcome"]) == ("nobody", "refused", "401")
    assert text not in json.dumps(entry)


class Book:
    """Notes in a list, and a clock that a test moves."""

    def __init__(self):
        self.at, self.events, self.is_full = 0.0, [], False
        self.repeats = Repeats(self.note, lambda: 1_795_426_200.0 + self.at, lambda: self.at)

    def note(self, event):
        if self.is_full:
            raise AuditUnavailable("no room")
        self.events.append(event)
        return len(self.events)


LOOK = Event("anna", "camera-picture", asked={"camera": "lobby"}, outcome="200")


def test_how_often_it_was_is_noted_once_it_is_over():
    book = Book()
    for _ in range(100):
        book.repeats.note(LOOK, rule_of(LOOK))
        book.at += 2.0
    assert book.events == [LOOK]
    book.at = 300.0
    book.repeats.note(LOOK, rule_of(LOOK))
    told = {"camera": "lobby", "more": 99, "until": "2026-11-23T09:33:18.000Z"}
    assert book.events == [LOOK, replace(LOOK, asked=told, of=1), LOOK]


def test_another_camera_and_another_caller_are_noted_for_themselves():
    book = Book()
    others = [LOOK, replace(LOOK, who="ben"), replace(LOOK, asked={"camera": "gate"})]
    for event in others * 3:
        book.repeats.note(event, rule_of(event))
    assert book.events == others


def test_the_first_that_cannot_be_noted_is_not_counted_as_noted():
    book = Book()
    book.is_full = True
    for _ in range(2):
        with pytest.raises(AuditUnavailable):
            book.repeats.note(LOOK, rule_of(LOOK))
    book.is_full = False
    book.repeats.note(LOOK, rule_of(LOOK))
    assert book.events == [LOOK]


def test_a_count_that_cannot_be_noted_is_noted_later():
    book = Book()
    for _ in range(4):
        book.repeats.note(LOOK, rule_of(LOOK))
    book.at, book.is_full = 301.0, True
    book.repeats.end()
    book.is_full = False
    book.repeats.end()
    assert [event.asked.get("more") for event in book.events] == [None, 3]


def test_whoever_comes_from_everywhere_fills_nothing():
    book = Book()
    for number in range(3 * MOST):
        book.repeats.note(LOOK, Rule((str(number),), 1, 60.0))
    assert len(book.events) == MOST + 1
