"""A write with a key is carried out once, and answered as often as it comes."""

import json
import threading
from asyncio import CancelledError
from concurrent.futures import CancelledError as Cancelled
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from pipeline.answers import CameraAnswer
from pipeline.api.access import NEEDS
from pipeline.api.app import build_app
from pipeline.api.idempotency import KEYED, UNKEYED
from pipeline.callers import Role
from pipeline.errors import Busy, NotFound, StoreUnavailable
from pipeline.store.kept_answers import KeptAnswers
from tests.account_house import PASSWORD
from tests.unit.pipeline.api.conftest import AUTHORISED
from tests.unit.pipeline.api.test_auditing import entries

CASES = "/api/v1/cases"
PAUSE = "/api/v1/cameras/lobby/pause"


def keyed(key="k-1", headers=AUTHORISED):
    return {**headers, "Idempotency-Key": key}


def case_titles(client):
    return [one["title"] for one in client.get(CASES, headers=AUTHORISED).json()["cases"]]


def code_of(answer):
    return answer.status_code, answer.json()["code"]


def test_every_write_takes_a_key_or_says_why_not():
    writes = {row for row in NEEDS if row.split(" ")[0] in {"POST", "PUT", "PATCH", "DELETE"}}
    assert writes == KEYED | UNKEYED.keys()
    assert all(UNKEYED.values())


def test_a_request_that_comes_again_is_answered_as_before_and_not_done_again(client):
    first = client.post(CASES, json={"title": "bike"}, headers=keyed())
    again = client.post(CASES, json={"title": "bike"}, headers=keyed())
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["content-type"] == first.headers["content-type"]
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert case_titles(client) == ["bike"]


def test_an_answer_without_a_body_and_a_refusal_come_again_as_well(client):
    case = client.post(CASES, json={"title": "bike"}, headers=AUTHORISED).json()["id"]
    for _ in range(2):
        assert client.delete(f"{CASES}/{case}", headers=keyed()).status_code == 204
        refused = client.delete(f"{CASES}/{case}", headers=keyed("k-2"))
        assert code_of(refused) == (404, "not-found")
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize(
    ("path", "body"), [(CASES, {"title": "car"}), (f"{CASES}?x=1", {"title": "bike"})]
)
def test_a_key_is_for_one_request(client, path, body):
    client.post(CASES, json={"title": "bike"}, headers=keyed())
    refused = client.post(path, json=body, headers=keyed())
    assert code_of(refused) == (422, "idempotency-key-reused")
    assert case_titles(client) == ["bike"]


def test_keys_of_others_are_other_keys(client, house):
    desk = {"Authorization": f"Bearer {house.token('desk', 'operator')}"}
    client.post(CASES, json={"title": "bike"}, headers=keyed())
    assert client.post(CASES, json={"title": "bike"}, headers=keyed(headers=desk)).is_success
    assert case_titles(client) == ["bike", "bike"]


def test_whoever_may_see_other_cameras_by_now_is_not_told_what_they_were_told(client, house):
    client.cookies.clear()
    house.user("anna", "operator")
    told = client.post("/api/v1/session", json={"name": "anna", "password": PASSWORD}).json()
    headers = keyed(headers={"X-CSRF-Token": told["csrf"]})
    assert client.post(CASES, json={"title": "bike"}, headers=headers).status_code == 201
    house.accounts.change("anna", Role.OPERATOR, ["hall"])
    refused = client.post(CASES, json={"title": "bike"}, headers=headers)
    assert code_of(refused) == (409, "idempotent-answer-not-kept")
    assert case_titles(client) == ["bike"]


@pytest.mark.parametrize("key", ["", "a b", "ü".encode(), "x" * 256])
def test_what_is_no_key_is_refused(client, key):
    headers = {**AUTHORISED, "Idempotency-Key": key}
    assert code_of(client.post(CASES, json={"title": "bike"}, headers=headers)) == (
        422, "malformed",
    )  # fmt: skip
    two = [*AUTHORISED.items(), ("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    assert client.post(CASES, json={"title": "bike"}, headers=two).status_code == 422
    assert case_titles(client) == []


def test_who_is_not_let_in_uses_no_key(client):
    assert client.post(CASES, json={"title": "bike"}, headers=keyed(headers={})).status_code == 401
    assert client.post(CASES, json={"title": "bike"}, headers=keyed()).status_code == 201


class Held:
    """Pauses a camera when it is told to."""

    def __init__(self):
        self.entered, self.go_on, self.count, self.failure = (
            threading.Event(), threading.Event(), 0, None,
        )  # fmt: skip

    def pause(self, camera):
        self.entered.set()
        assert self.go_on.wait(30)
        self.count += 1
        if self.failure is not None:
            raise self.failure
        return CameraAnswer(
            camera=camera, kind="rtsp", state="paused", detail="", since=None, figures={}, runs=[]
        )


@pytest.fixture
def held():
    held = Held()
    yield held
    held.go_on.set()


def test_while_the_first_is_under_way_the_second_is_told_to_wait(backing, held):
    client = TestClient(build_app(replace(backing, switches=held)))
    told = []
    first = threading.Thread(target=lambda: told.append(client.post(PAUSE, headers=keyed())))
    first.start()
    assert held.entered.wait(30)
    with TestClient(client.app) as other:
        refused = other.post(PAUSE, headers=keyed())
    assert code_of(refused) == (409, "idempotency-in-progress")
    assert refused.headers["retry-after"] == "1"
    held.go_on.set()
    first.join(30)
    assert client.post(PAUSE, headers=keyed()).json() == told[0].json()
    assert held.count == 1


def test_what_a_busy_worker_turned_away_can_be_tried_again(backing, held):
    client = TestClient(build_app(replace(backing, switches=held)))
    held.go_on.set()
    held.failure = Busy("another is at it")
    assert client.post(PAUSE, headers=keyed()).status_code == 503
    held.failure = None
    assert client.post(PAUSE, headers=keyed()).status_code == 200
    assert held.count == 2


@pytest.mark.parametrize("failure", [StoreUnavailable("Redis is away"), RuntimeError("a fault")])
def test_what_failed_amid_its_work_is_not_done_again(backing, held, failure):
    client = TestClient(build_app(replace(backing, switches=held)), raise_server_exceptions=False)
    held.go_on.set()
    held.failure = failure
    assert client.post(PAUSE, headers=keyed()).status_code >= 500
    held.failure = None
    refused = client.post(PAUSE, headers=keyed())
    assert code_of(refused) == (409, "idempotency-outcome-unknown")
    assert held.count == 1


def test_of_what_was_broken_off_nobody_says_that_it_was_done_or_not(backing, held, answers):
    client = TestClient(build_app(replace(backing, switches=held)))
    held.go_on.set()
    held.failure = CancelledError()
    with pytest.raises(Cancelled):
        client.post(PAUSE, headers=keyed())
    held.failure = None
    refused = TestClient(client.app).post(PAUSE, headers=keyed())
    assert code_of(refused) == (409, "idempotency-outcome-unknown")
    assert held.count == 1


def test_where_it_cannot_be_marked_it_is_not_done(backing, answers, client):
    answers.close()
    refused = client.post(CASES, json={"title": "bike"}, headers=keyed())
    assert code_of(refused) == (503, "store-unavailable")
    assert case_titles(client) == []


def test_an_answer_that_cannot_be_kept_is_given_once(client, answers, monkeypatch):
    def finish(asked, answer):
        answers.lose(asked)
        raise StoreUnavailable("the disk is away")

    monkeypatch.setattr(answers, "finish", finish)
    assert client.post(CASES, json={"title": "bike"}, headers=keyed()).status_code == 201
    refused = client.post(CASES, json={"title": "bike"}, headers=keyed())
    assert code_of(refused) == (409, "idempotency-outcome-unknown")


def test_another_worker_gives_the_answer_as_well(backing, client, tmp_path):
    first = client.post(CASES, json={"title": "bike"}, headers=keyed())
    other = KeptAnswers(tmp_path / "idempotency")
    again = TestClient(build_app(replace(backing, answers=other))).post(
        CASES, json={"title": "bike"}, headers=keyed()
    )
    other.close()
    assert again.content == first.content


def test_a_secret_is_shown_once_and_lies_in_no_file(client, tmp_path):
    asked = {"name": "desk", "role": "viewer"}
    token = client.post("/api/v1/tokens", json=asked, headers=keyed()).json()["token"]
    refused = client.post("/api/v1/tokens", json=asked, headers=keyed())
    assert code_of(refused) == (409, "idempotent-answer-not-kept")
    assert token not in refused.text
    user = {"name": "anna", "role": "viewer"}
    drawn = client.post("/api/v1/users", json=user, headers=keyed("k-2")).json()["password"]
    change = {"password": "a horse that is correct"}
    for _ in range(2):
        changed = client.patch("/api/v1/users/anna", json=change, headers=keyed("k-3"))
    assert code_of(changed) == (409, "idempotent-answer-not-kept")
    for path in (tmp_path / "idempotency").iterdir():
        lies_there = path.read_bytes()
        assert not any(
            secret.encode() in lies_there for secret in (token, drawn, change["password"])
        )


def test_nothing_of_an_answer_can_be_read_without_its_key(client, tmp_path):
    client.post(CASES, json={"title": "the stolen bike"}, headers=keyed("only-i-know"))
    lies_there = b"".join(path.read_bytes() for path in (tmp_path / "idempotency").iterdir())
    assert b"stolen" not in lies_there
    assert b"only-i-know" not in lies_there


def test_a_replay_is_noted_as_one(client, audit):
    for _ in range(2):
        client.post(CASES, json={"title": "bike"}, headers=keyed())
    noted = [(e["what"], e["phase"], e.get("outcome", "")) for e in entries(audit)]
    assert noted[-4:] == [
        ("case-open", "asked", ""), ("case-open", "answered", "201"),
        ("case-open", "asked", ""), ("case-open", "answered", "201 again"),
    ]  # fmt: skip


def test_searches_take_no_key(client, service):
    for text in ("red coat", "blue coat"):
        found = client.post("/api/v1/search", json={"text": text}, headers=keyed())
        assert found.status_code == 200
        assert "idempotency-replayed" not in found.headers
    assert len(service.asked) == 2


def test_keys_are_described(client):
    document = client.get("/api/v1/openapi.json", headers=AUTHORISED).json()
    described = {
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if any(one["name"] == "Idempotency-Key" for one in operation.get("parameters", []))
    }
    assert described == {row.replace(":path", "") for row in KEYED}
    assert "idempotency-key-reused" in json.dumps(document)


def test_what_is_not_found_is_not_told_apart_by_a_key(client, book, monkeypatch):
    def remove(camera):
        raise NotFound("no such camera")

    monkeypatch.setattr(book, "remove", remove)
    assert client.delete("/api/v1/cameras/attic", headers=keyed()).status_code == 404
    assert client.get("/api/v1/cameras", headers=keyed()).status_code == 200
