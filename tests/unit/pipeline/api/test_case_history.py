"""pipeline.api: closed cases stay closed, and what was written before is told."""

import pytest

from pipeline.callers import Caller, Role
from pipeline.case_answers import CaseChange
from pipeline.errors import Forbidden

ITEM = {"hit": "lobby/r/1", "text": "red coat", "score": 0.4, "probability": 0.9}
ANNA = Caller("anna", Role.OPERATOR, frozenset({"yard"}))


def test_a_closed_case_is_opened_again_and_removed_by_administrators_alone(ask, theft, accountable):
    desk, olga = accountable.cases, Caller("olga", Role.OPERATOR)
    assert desk.change("theft", CaseChange(status="closed"), olga).closed_by == "olga"
    with pytest.raises(Forbidden, match="opens a closed case again"):
        desk.change("theft", CaseChange(status="open"), olga)
    assert "is closed" in ask("DELETE", theft, 422).json()["detail"]
    ask("PATCH", theft, json={"status": "open"})
    with pytest.raises(Forbidden, match="removes a case"):
        desk.remove("theft", olga)
    ask("DELETE", theft, 204)


def test_what_was_written_before_is_told_to_whoever_may_see_it(ask, theft, accountable):
    for hit in ("lobby/r/1", "yard/r/1"):
        ask("POST", f"{theft}/items", 201, json=ITEM | {"hit": hit, "note": f"of {hit}"})
    for number in (1, 2):
        ask("PATCH", f"{theft}/items/{number}", json={"note": "changed"})
    ask("PATCH", theft, json={"notes": "told anew"})
    told = ask("GET", theft).json()["history"]
    assert [(each["item"], each["field"], each["text"]) for each in told] == [
        (1, "note", "of lobby/r/1"), (1, "note", "changed"),
        (2, "note", "of yard/r/1"), (2, "note", "changed"),
        (None, "notes", ""), (None, "notes", "told anew"),
    ]  # fmt: skip
    assert {each["by"] for each in told} == {"data-folder"}
    seen = accountable.cases.show("theft", ANNA).history
    assert [each.item for each in seen] == [2, 2, None, None]
