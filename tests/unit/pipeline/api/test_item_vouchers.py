"""What a pack vouches for is what a search answered; whatever else is said is said to be stated."""

import json

import pytest

from pipeline.case_answers import Shown
from pipeline.store.audit_files import files_in
from tests.unit.pipeline.api.casework import VOUCHERS
from tests.unit.pipeline.api.conftest import AUTHORISED

ITEMS = "/api/v1/cases/theft/items"
SHOWN = Shown(text="red coat", score=0.4, probability=0.5, model="m@1")
MADE_UP = {"hit": "lobby/r/1", "text": "murderer", "probability": 0.99, "score": 1.0, "model": "m"}
EVIDENCE = {"phrase": "knife", "verdict": "yes", "strength": 1.0, "shot": 1}


@pytest.fixture
def add(client):
    client.headers.update(AUTHORISED)
    client.post("/api/v1/cases", json={"id": "theft", "title": "At the till"})
    return lambda **body: client.post(ITEMS, json=body)


def noted(audit):
    lines = [x for path in files_in(audit.folder) for x in path.read_bytes().splitlines()]
    return [entry for entry in map(json.loads, lines) if entry["what"] == "case-item-add"]


def test_what_somebody_makes_up_is_kept_as_stated_and_noted(add, audit):
    item = add(**MADE_UP, evidence=[EVIDENCE]).json()
    assert (item["checked"], item["shown"]["probability"]) == (False, 0.99)
    asked, answered = noted(audit)
    assert asked["asked"].items() >= {"probability": 0.99, "score": 1.0, "model": "m"}.items()
    assert asked["asked"]["evidence"] == [EVIDENCE]
    assert answered["told"]["checked"] is False


def test_of_a_hit_with_its_voucher_what_was_answered_counts(add, audit):
    voucher = VOUCHERS.seal("lobby/r/1", SHOWN)
    item = add(**MADE_UP, voucher=voucher, note="n").json()
    assert item["checked"] is True
    assert Shown(**item["shown"]) == SHOWN
    told = noted(audit)[1]["told"]
    assert (told["checked"], told["probability"]) == (True, 0.5)
    assert voucher not in json.dumps(noted(audit))


@pytest.mark.parametrize("voucher", [VOUCHERS.seal("yard/r/2", SHOWN), "made.up"])
def test_a_voucher_of_another_hit_or_of_nobody_is_refused(add, voucher):
    answer = add(**MADE_UP, voucher=voucher)
    assert (answer.status_code, answer.json()["code"]) == (422, "voucher-refused")
    assert "search again here" in answer.json()["detail"]
