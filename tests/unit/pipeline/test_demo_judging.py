"""What an answer is worth, where the truth is known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.answers import CoverageAnswer, HitAnswer, ModelAnswer, SearchAnswer
from pipeline.cli.demo_table import answer_of, clock, likelihood
from pipeline.demo.judging import Verdict, score

AT = "2026-01-01T10:00:07.000Z"


def hit(rank, track, probability=None):
    return HitAnswer(
        rank=rank, track=track, camera=track.split("/")[0], collection="street", first_seen_at=AT,
        last_seen_at=AT, live=False, score=0.5, probability=probability, shots=1,
        thumbnail="/t.jpg", box=(0, 0, 1, 1), best_shots=[],
    )  # fmt: skip


def answer(*tracks, no_match=False, probability=None):
    coverage = CoverageAnswer(
        cameras=[], shots_searched=0, shots_of_other_models=0, indexed_until=None
    )
    return SearchAnswer(
        query="a red coat", coverage=coverage, notes=[], no_match=no_match,
        hits=[hit(rank, track, probability) for rank, track in enumerate(tracks, start=1)],
        model=ModelAnswer(name="m", id="m@1", trained=True),
    )  # fmt: skip


def test_the_first_expected_track_gives_the_rank():
    verdict = Verdict(answer("a/r/1", "a/r/2", "b/r/1"), ("p1",), ("b/r/1", "a/r/2"))
    assert verdict.rank_of_first_expected == 2
    assert verdict.expected_ranks == [2, 3]
    assert verdict.is_right is False


def test_somebody_there_is_right_on_rank_one_unless_refused():
    found = Verdict(answer("a/r/1"), ("p1",), ("a/r/1",))
    refused = Verdict(answer("a/r/1", no_match=True), ("p1",), ("a/r/1",))
    assert found.is_right is True
    assert refused.is_right is False


def test_somebody_whom_no_track_follows_cannot_be_found():
    verdict = Verdict(answer("a/r/1"), ("p1",), ())
    assert verdict.rank_of_first_expected is None
    assert verdict.is_right is False


def test_somebody_absent_is_right_where_refused():
    assert Verdict(answer("a/r/1", no_match=True), (), ()).is_right is True
    assert Verdict(answer("a/r/1"), (), ()).is_right is False


def test_where_nobody_knows_the_truth_nothing_is_right_or_wrong():
    assert Verdict(answer("a/r/1"), None, ()).is_right is None


def test_present_and_absent_are_counted_apart():
    verdicts = [
        Verdict(answer("a/r/1"), ("p1",), ("a/r/1",)),
        Verdict(answer("a/r/1", no_match=True), ("p1",), ("a/r/1",)),
        Verdict(answer("a/r/2"), ("p1",), ("a/r/1",)),
        Verdict(answer("a/r/2", no_match=True), (), ()),
        Verdict(answer("a/r/2"), (), ()),
        Verdict(answer("a/r/2"), None, ()),
    ]
    total = score(verdicts)
    assert (total.present, total.first, total.refused) == (3, 2, 1)
    assert (total.absent, total.refused_absent) == (2, 1)
    assert total.track_rank1 == pytest.approx(2 / 3)


def test_of_nothing_there_is_no_share():
    assert score([]).track_rank1 is None


def test_a_refusal_is_said_before_any_hit():
    refused = Verdict(answer("lobby/r/1", no_match=True, probability=0.2), (), ())
    assert answer_of(refused) == "no likely match\nnearest: 20 % likely"
    assert answer_of(Verdict(answer(no_match=True), (), ())) == "no likely match"


def test_a_hit_is_said_with_camera_time_and_probability():
    found = Verdict(answer("lobby/r/1", probability=0.97), (), ())
    assert answer_of(found) == "lobby 10:00:07\n97 % likely"


@given(st.floats(0, 1))
def test_no_probability_is_rounded_to_certainty(probability):
    assert likelihood(probability) not in {"0 % likely", "100 % likely"}


def test_a_clock_reads_as_in_the_picture():
    assert clock(AT) == "10:00:07"
