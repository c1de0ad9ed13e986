"""pipeline.workers.vouching: a case tells what a search answered from what somebody says it did."""

from types import SimpleNamespace

import pytest

from pipeline.answers import HitAnswer, SearchRequest
from pipeline.case_answers import TEXT, Shown
from pipeline.evidence_answers import EvidenceAnswer
from pipeline.workers.vouching import VouchedSearch, Vouchers
from tests.unit.pipeline.api.conftest import ANSWER

OURS, OTHERS = Vouchers(lambda: bytes(32)), Vouchers(lambda: bytes([1]) * 32)
COAT = EvidenceAnswer(phrase="red coat", verdict="yes", strength=1 / 3, shot=2)
SHOWN = Shown(text="빨간 코트", score=0.1 + 0.2, probability=1 / 7, evidence=[COAT], model="m@1")


def test_a_voucher_gives_back_what_was_answered_to_the_last_digit():
    assert OURS.opened("a/r/1", OURS.seal("a/r/1", SHOWN)) == SHOWN


def test_no_voucher_is_of_another_track_or_installation():
    assert OURS.opened("a/r/2", OURS.seal("a/r/1", SHOWN)) is None
    assert OURS.opened("a/r/1", OTHERS.seal("a/r/1", SHOWN)) is None


@pytest.mark.parametrize("odd", ["", ".", "x", "x.y", "é.é", "ä" * 64, "." + "0" * 64])
def test_what_is_no_voucher_is_none(odd):
    assert OURS.opened("a/r/1", odd) is None


def test_a_voucher_that_was_changed_is_none():
    voucher = OURS.seal("a/r/1", SHOWN)
    better = OURS.seal("a/r/1", SHOWN.model_copy(update={"probability": 0.99}))
    mixed = better.partition(".")[0] + "." + voucher.partition(".")[2]
    assert OURS.opened("a/r/1", mixed) is None
    assert OURS.opened("a/r/1", voucher[:-1] + ("0" if voucher[-1] != "0" else "1")) is None


HIT = HitAnswer(
    rank=1, track="a/r/1", camera="a", collection="live", first_seen_at="", last_seen_at="",
    live=False, score=0.4, probability=0.7, shots=1, thumbnail="", box=(0, 0, 1, 1),
    best_shots=[], evidence=[COAT],
)  # fmt: skip


def vouched(request):
    told = ANSWER.model_copy(update={"hits": [HIT]})
    search = VouchedSearch(SimpleNamespace(search=lambda _: told), OURS)
    return OURS.opened("a/r/1", search.search(request).hits[0].voucher)


def test_hits_of_a_search_have_vouchers_of_what_they_say_and_of_what_was_asked():
    assert vouched(SearchRequest(text="red coat", more_like=["a/r/9"])) == Shown(
        text="red coat [with 1 judged to fit]", score=0.4, probability=0.7, evidence=[COAT],
        model="m@1",
    )  # fmt: skip


def test_of_a_very_long_description_a_case_has_the_beginning():
    text = vouched(SearchRequest(text="x" * 60_000, like="a/r/9")).text
    assert len(text) == TEXT
    assert text.endswith("x [with the likeness of a track]")
