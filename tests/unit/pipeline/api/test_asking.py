"""pipeline.api: who may ask, what is answered, how it fails."""

import json

import pytest

from pipeline.errors import NotFound, StoreUnavailable
from pipeline.likeness_fields import MOST_LETTERS
from retrieval.errors import QueryRefused
from tests.unit.pipeline.api.conftest import ANSWER, ASK, AUTHORISED, TOKEN


def test_a_search_is_a_post_with_a_token(client, service):
    answer = client.post("/api/v1/search", json=ASK, headers=AUTHORISED)
    assert answer.status_code == 200
    assert answer.json() == json.loads(ANSWER.model_dump_json())
    assert service.asked[0].text == "red coat"
    assert client.get("/api/v1/search", headers=AUTHORISED).status_code == 405


@pytest.mark.parametrize("offered", [None, "", "Bearer", "Bearer wrong", TOKEN, f"bearer {TOKEN} "])
@pytest.mark.parametrize(
    "path",
    [
        *("/api/v1/cameras", "/api/v1/pictures/lobby/day/1.jpg"),
        *("/api/v1/tracks/lobby/r/1/clip", "/metrics"),
    ],
)
def test_without_the_token_nothing_is_told(client, offered, path):
    headers = {} if offered is None else {"Authorization": offered}
    answer = client.get(path, headers=headers)
    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthorized"


def test_anybody_may_ask_whether_it_lives_and_is_ready(client, service, away):
    assert client.get("/healthz").json() == {"status": "alive"}
    assert client.get("/readyz").status_code == 200
    service.is_ready = False
    assert client.get("/readyz").status_code == 503
    service.is_ready = True
    away.append(True)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["store"] is False


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (QueryRefused("the description is empty"), 422, "query-refused"),
        (NotFound("no camera 'attic'"), 404, "not-found"),
        (StoreUnavailable("Redis did not answer"), 503, "store-unavailable"),
    ],
)
def test_expected_failures_are_problems_with_a_code_and_a_line(
    client, service, failure, status, code
):
    service.failure = failure
    answer = client.post("/api/v1/search", json=ASK, headers=AUTHORISED)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert answer.json()["detail"] == str(failure)


@pytest.mark.parametrize(
    "body",
    [
        {"text": None},
        {"text": "red coat", "box": [1, 2, 3]},
        {"picture": ["secret woman"]},
        {"more_like": ["secret woman"] * 101},
        {"text": "red coat", "answers": ["secret woman"] * 21},
        {"text": "red coat", "limit": 0},
        {"text": "red coat", "limit": 501},
        {"text": "red coat", "colour": "red"},
        {"text": ["secret woman"]},
        {"text": "secret woman", "since": "soon"},
    ],
)
def test_a_malformed_request_is_refused_without_repeating_it(client, body):
    answer = client.post("/api/v1/search", json=body, headers=AUTHORISED)
    assert answer.status_code == 422
    assert answer.json()["code"] == "malformed"
    assert "secret woman" not in answer.text


def test_a_picture_is_served_and_a_missing_one_is_404(client):
    found = client.get("/api/v1/pictures/lobby/day/1.jpg", headers=AUTHORISED)
    assert found.content == b"jpeg"
    assert found.headers["content-type"] == "image/jpeg"
    gone = client.get("/api/v1/pictures/lobby/day/2.jpg", headers=AUTHORISED)
    assert gone.status_code == 404
    assert gone.json()["code"] == "not-found"


def test_boxes_are_rows_and_an_unknown_camera_is_404(client):
    rows = client.get("/api/v1/cameras/lobby/boxes", headers=AUTHORISED)
    assert rows.text == "1,1,2,3,4,5,0.9,-1,-1,-1\n"
    assert client.get("/api/v1/cameras/attic/boxes", headers=AUTHORISED).status_code == 404


def test_the_boxes_of_a_track_have_their_instants(client):
    answer = client.get("/api/v1/tracks/lobby/r/1/boxes", headers=AUTHORISED).json()
    assert answer == {"track": "lobby/r/1", "boxes": [{"at": 1.5, "box": [2, 3, 6, 8]}]}


def test_the_api_describes_itself(client):
    assert client.get("/api/v1/openapi.json").status_code == 401
    paths = client.get("/api/v1/openapi.json", headers=AUTHORISED).json()["paths"]
    assert {"/api/v1/search", "/api/v1/tracks", "/api/v1/cameras", "/healthz"} <= set(paths)


def test_a_body_that_is_too_large_is_not_read_to_its_end(client):
    huge = {"tracks": ["x" * 200_000]}
    assert client.post("/api/v1/erasures", json=huge).status_code == 401
    answer = client.post("/api/v1/erasures", json=huge, headers=AUTHORISED)
    assert answer.status_code == 413
    assert answer.json()["code"] == "too-large"


def test_a_search_may_bring_a_picture_and_no_more(client, service):
    picture = {"picture": "a" * 2_000_000}
    assert client.post("/api/v1/search", json=picture, headers=AUTHORISED).status_code == 200
    assert service.asked[-1].picture == picture["picture"]
    words = client.post("/api/v1/search", json={"text": "a" * 70_000}, headers=AUTHORISED)
    assert (words.status_code, words.json()["code"]) == (422, "malformed")
    larger = {"picture": "a" * (MOST_LETTERS + 70_000)}
    answer = client.post("/api/v1/search", json=larger, headers=AUTHORISED)
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
