"""Watches and alerts over HTTP: asked for, refused, followed and resumed."""

import json

from tests.unit.pipeline.api.conftest import AUTHORISED

WATCH = {"name": "blue", "text": "a blue coat"}


def test_a_watch_is_added_listed_and_removed(client):
    added = client.post("/api/v1/watches", json=WATCH, headers=AUTHORISED)
    assert (added.status_code, added.json()["name"]) == (201, "blue")
    assert [w["id"] for w in client.get("/api/v1/watches", headers=AUTHORISED).json()] == ["red"]
    assert client.delete("/api/v1/watches/red", headers=AUTHORISED).json()["id"] == "red"


def test_a_sentence_is_tried(client):
    told = client.post("/api/v1/watches/test", json={"text": "a blue coat"}, headers=AUTHORISED)
    assert (told.status_code, told.json()["alerts"], told.json()["threshold"]) == (200, 2, 0.3)
    for wrong in ({"since": 0}, {"false_alarms": -1}, {"limit": 101}, {"name": "blue"}):
        asked = {"text": "a blue coat"} | wrong
        answer = client.post("/api/v1/watches/test", json=asked, headers=AUTHORISED)
        assert answer.status_code == 422
        assert "blue coat" not in answer.text


def test_a_picture_may_be_as_large_as_that_of_a_search(client):
    for path in ("/api/v1/watches", "/api/v1/watches/test"):
        name = {"name": "her"} if path.endswith("watches") else {}
        asked = name | {"picture": "A" * 2**21}
        answer = client.post(path, json=asked, headers=AUTHORISED)
        assert answer.status_code in (200, 201)
        assert "AAAA" not in answer.text


def test_what_makes_no_sense_is_one_problem_with_a_line(client):
    taken = client.post("/api/v1/watches", json=WATCH | {"name": "red"}, headers=AUTHORISED)
    assert (taken.status_code, taken.json()["code"]) == (422, "impossible")
    for wrong in ({"false_alarms": 0}, {"cooldown_s": -1}, {"name": ""}, {"colour": "red"}):
        answer = client.post("/api/v1/watches", json=WATCH | wrong, headers=AUTHORISED)
        assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
        assert "blue coat" not in answer.text
    assert client.delete("/api/v1/watches/none", headers=AUTHORISED).status_code == 404
    bad = client.get("/api/v1/alerts/stream", headers=AUTHORISED | {"Last-Event-ID": "yesterday"})
    assert (bad.status_code, bad.json()["code"]) == (422, "impossible")


def test_alerts_come_by_the_page(client):
    page = client.get("/api/v1/alerts", params={"after": "1-0"}, headers=AUTHORISED).json()
    assert [alert["id"] for alert in page["alerts"]] == ["2-0"]
    assert page["next"] is None


def events(client, **headers):
    answer = client.get("/api/v1/alerts/stream", headers=AUTHORISED | headers)
    assert answer.headers["content-type"].startswith("text/event-stream")
    found = []
    for block in answer.text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        found.append((fields["id"], fields["event"], json.loads(fields["data"])))
    return found


def test_a_stream_begins_now_and_resumes_where_it_was_left(client):
    assert [(at, kind) for at, kind, _ in events(client)] == [("1-0", "begin"), ("2-0", "new")]


def test_a_stream_resumes_behind_the_last_event(client):
    told = events(client, **{"Last-Event-ID": "0-0"})
    assert [at for at, *_ in told] == ["0-0", "1-0", "2-0"]
    assert told[1][2]["track"] == "lobby/r1/1"


def test_nobody_follows_without_the_token(client):
    assert client.get("/api/v1/alerts/stream").status_code == 401


def test_what_is_undelivered_is_listed_and_sent_again(client):
    address = "/api/v1/alerts/undelivered"
    assert [one["id"] for one in client.get(address, headers=AUTHORISED).json()] == ["5-0"]
    unknown = client.post(f"{address}/resend", json={"ids": ["9-9"]}, headers=AUTHORISED)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not-found")
    sent = client.post(f"{address}/resend", json={"ids": []}, headers=AUTHORISED)
    assert sent.json() == {"count": 1}
    assert client.get(address, headers=AUTHORISED).json() == []
