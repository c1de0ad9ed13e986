"""pipeline.api: paths over several cameras in a search, and travel times."""

import pytest

from tests.unit.pipeline.api.conftest import ASK, AUTHORISED


def test_travel_times_are_told_and_learnt_when_asked(client):
    assert client.get("/api/v1/travel", headers=AUTHORISED).json() == []
    (learnt,) = client.post("/api/v1/travel/learn", headers=AUTHORISED).json()
    assert learnt["links"] == 1
    assert client.get("/api/v1/travel", headers=AUTHORISED).json() == [learnt]


def test_nobody_without_the_token_hears_or_teaches_travel_times(client):
    assert client.get("/api/v1/travel").status_code == 401
    assert client.post("/api/v1/travel/learn").status_code == 401


def test_a_search_takes_legs(client):
    then = [{"camera": "gate", "within_s": 600}, {"camera": "hall"}]
    answer = client.post("/api/v1/search", json={**ASK, "then": then}, headers=AUTHORISED)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "then",
    [
        [{"camera": "gate", "within_s": 0}],
        [{"camera": "gate", "within_s": -1}],
        [{"camera": "gate", "within_s": 31_536_000}],
        [{"camera": "", "within_s": 60}],
        [{"within_s": 60}],
        [{"camera": "gate"}, {"camera": "hall"}] * 3,
        "gate",
    ],
)
def test_legs_that_make_no_sense_are_refused(client, then):
    answer = client.post("/api/v1/search", json={**ASK, "then": then}, headers=AUTHORISED)
    assert answer.status_code in {400, 422}
    assert "then" in answer.text
