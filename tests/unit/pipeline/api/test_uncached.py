"""No answer of the API is kept by a browser; a video's ranges are answered all the same."""

import pytest

from tests.unit.pipeline.api.conftest import ASK, AUTHORISED

KEEP_NOTHING = "private, no-store"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/api/v1/search", 200),
        ("GET", "/api/v1/tracks", 200),
        ("GET", "/api/v1/pictures/lobby/day/1.jpg", 200),
        ("GET", "/api/v1/pictures/lobby/day/2.jpg", 404),
        ("GET", "/api/v1/tracks/lobby/r/1/clip", 200),
        ("GET", "/api/v1/nothing", 404),
    ],
)
def test_an_answer_is_kept_by_nobody(client, method, path, status):
    body = ASK if method == "POST" else None
    answer = client.request(method, path, json=body, headers=AUTHORISED)
    assert (answer.status_code, answer.headers["cache-control"]) == (status, KEEP_NOTHING)


def test_a_refusal_at_the_door_is_kept_by_nobody(client):
    answer = client.get("/api/v1/tracks")
    assert (answer.status_code, answer.headers["cache-control"]) == (401, KEEP_NOTHING)


def test_a_range_of_a_kept_clip_is_answered(client):
    made = client.post("/api/v1/clips", json={"hit": "lobby/r/1"}, headers=AUTHORISED).json()
    answer = client.get(made["url"], headers=AUTHORISED | {"Range": "bytes=0-9"})
    assert (answer.status_code, len(answer.content)) == (206, 10)
    assert answer.headers["cache-control"] == KEEP_NOTHING
    assert "etag" in answer.headers


def test_what_is_no_answer_of_the_api_keeps_its_own_rule(client):
    assert client.get("/assets/js/api.js").headers["cache-control"] == "no-cache"
