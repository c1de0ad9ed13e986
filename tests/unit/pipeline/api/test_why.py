"""Why a shot matches, through the API."""

import pytest

from pipeline.errors import Busy, ConfigError, NotFound, StoreUnavailable
from tests.unit.pipeline.api.conftest import AUTHORISED

PATH = "/api/v1/shots/lobby/r/1/2/why"


def test_a_shot_is_explained_by_a_post_with_a_token(client):
    asked = {"text": "red coat"}
    answer = client.post(PATH, json=asked, headers=AUTHORISED)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["shot"], told["query"]) == ("lobby/r/1/2", "red coat")
    assert told["words"] == [{"text": "coat", "relevance": 1.0}]
    assert told["heat"] == [[0.0, 1.0]]
    assert client.post(PATH, json=asked).status_code == 401
    assert client.get(PATH, headers=AUTHORISED).status_code == 405


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (NotFound("the picture of shot lobby/r/1/2 is gone"), 404, "not-found"),
        (ConfigError("model m@1 gives no reasons for its scores"), 422, "impossible"),
        (StoreUnavailable("shard 2 of the index does not answer"), 503, "store-unavailable"),
        (Busy("another shot is being explained"), 503, "busy"),
    ],
)
def test_what_cannot_be_explained_is_a_problem_with_a_line(client, service, failure, status, code):
    service.failure = failure
    answer = client.post(PATH, json={"text": "red coat"}, headers=AUTHORISED)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["detail"] == str(failure)


def test_a_description_in_no_form_is_refused_and_not_repeated(client):
    answer = client.post(PATH, json={"text": ["secret woman"]}, headers=AUTHORISED)
    assert answer.status_code == 422
    assert "secret" not in answer.text
