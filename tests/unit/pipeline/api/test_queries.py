"""Descriptions that are looked over through the API, and not searched."""

import pytest

from tests.unit.pipeline.api.conftest import AUTHORISED

PATH = "/api/v1/queries/check"


def test_a_description_is_looked_over_without_index_or_redis(client, service, away):
    away.append(True)
    service.is_ready = False
    answer = client.post(PATH, json={"text": "John Smith in a red jaket"}, headers=AUTHORISED)
    assert answer.status_code == 200
    told = answer.json()
    assert told["searchable"] is True
    assert [(note["code"], note["words"]) for note in told["query_notes"]] == [
        ("name", "John Smith"),
        ("typo", "jaket"),
    ]
    assert told["suggestion"] == "The person wears a red jacket."
    assert told["phrases"] == [
        {
            "text": "red jacket",
            "kind": "upper garment",
            "head": "jacket",
            "colours": ["red"],
            "negated": False,
        }
    ]
    assert service.asked == []


@pytest.mark.parametrize("text", ["", "asian", "женщина в красном", "red coat " * 5000])
def test_what_a_search_refuses_is_an_answer_and_no_error(client, text):
    answer = client.post(PATH, json={"text": text}, headers=AUTHORISED)
    assert answer.status_code == 200
    assert answer.json()["searchable"] is False
    assert [note["code"] for note in answer.json()["query_notes"]] == ["refused"]


def test_only_the_holder_of_the_token_may_ask_and_only_by_post(client):
    assert client.post(PATH, json={"text": "red coat"}).status_code == 401
    assert client.get(PATH, headers=AUTHORISED).status_code == 405


def test_what_is_refused_is_not_repeated(client):
    answer = client.post(PATH, json={"words": "a secret coat"}, headers=AUTHORISED)
    assert answer.status_code == 422
    assert "secret" not in answer.text
