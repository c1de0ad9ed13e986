"""Answers that are kept for a day: by whom, how many, and what a kill leaves of them."""

import signal
import subprocess
import sys

import pytest

from pipeline.callers import Caller, Role
from pipeline.store import kept_answers
from pipeline.store.at_work import AtWork
from pipeline.store.kept_answers import (
    KEPT_S,
    Asked,
    KeptAnswer,
    KeptAnswers,
    Standing,
    forget_kept_answers,
)

ANNA = Caller("anna", Role.OPERATOR)
ANSWER = KeptAnswer(201, {"content-type": "application/json"}, b'{"a":1}\n')
_KILLED = """
import sys
from pathlib import Path
from pipeline.callers import Caller, Role
from pipeline.store.kept_answers import Asked, KeptAnswer, KeptAnswers
kept = KeptAnswers(Path(sys.argv[1]))
anna = Caller("anna", Role.OPERATOR)
done = Asked(anna, "done", b"r")
kept.begin(done, 10.0)
kept.finish(done, KeptAnswer(200, {}, b"as it was"))
kept.begin(Asked(anna, "begun", b"r"), 10.0)
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def kept(tmp_path):
    kept = KeptAnswers(tmp_path / "idempotency")
    yield kept
    kept.close()


def asked(key="k", request=b"r", caller=ANNA):
    return Asked(caller, key, request)


def answered(kept, now, key="k", answer=ANSWER):
    assert kept.begin(asked(key), now) == (Standing.NEW, None)
    kept.finish(asked(key), answer)


def test_an_answer_comes_back_whole(kept):
    answered(kept, 10.0)
    assert kept.begin(asked(), 11.0) == (Standing.ANSWERED, ANSWER)


def test_an_answer_is_kept_for_a_day(kept):
    answered(kept, 10.0)
    assert kept.begin(asked(), 9.0 + KEPT_S)[0] is Standing.ANSWERED
    assert kept.begin(asked(), 10.0 + KEPT_S)[0] is Standing.NEW


def test_a_sweep_takes_what_is_a_day_old(kept):
    answered(kept, 10.0)
    answered(kept, 20.0, "younger")
    assert kept.sweep(15.0 + KEPT_S) == 1
    assert kept.begin(asked("younger"), 21.0)[0] is Standing.ANSWERED


def test_after_a_kill_what_was_answered_is_there_and_of_the_rest_nothing_is_claimed(tmp_path):
    folder = tmp_path / "idempotency"
    command = [sys.executable, "-c", _KILLED, str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout.readline() == "ready\n"
        kept = KeptAnswers(folder)
        assert kept.begin(asked("begun"), 11.0)[0] is Standing.UNDER_WAY
        child.send_signal(signal.SIGKILL)
        child.wait(30)
    assert kept.begin(asked("begun"), 12.0)[0] is Standing.OUTCOME_UNKNOWN
    assert kept.begin(asked("done"), 12.0) == (
        Standing.ANSWERED, KeptAnswer(200, {}, b"as it was"),
    )  # fmt: skip
    kept.close()
    assert list(folder.glob("*.worker")) == []


def test_what_a_dead_process_left_is_removed_by_the_next_and_what_lives_is_not(tmp_path):
    (tmp_path / "0123456789abcdef.worker").touch()
    first = AtWork(tmp_path)
    second = AtWork(tmp_path)
    assert {path.stem for path in tmp_path.iterdir()} == {first.name, second.name}
    assert second.lives(first.name)
    first.close()
    assert not second.lives(first.name)
    second.close()


def test_the_oldest_of_a_caller_go_first_and_those_of_others_stay(kept, monkeypatch):
    monkeypatch.setattr(kept_answers, "MOST_OF_A_CALLER", 3)
    monkeypatch.setattr(kept_answers, "_PRUNE_EVERY", 1)
    other = Asked(Caller("bo", Role.OPERATOR), "k", b"r")
    kept.begin(other, 1.0)
    kept.finish(other, ANSWER)
    for number in range(5):
        answered(kept, 10.0 + number, str(number))
    known = [kept.begin(asked(str(number)), 20.0)[0] for number in (4, 3)]
    assert known == [Standing.ANSWERED, Standing.ANSWERED]
    assert kept.begin(other, 20.0)[0] is Standing.ANSWERED
    assert kept.begin(asked("0"), 20.0)[0] is Standing.NEW


def test_of_too_many_answers_the_oldest_are_let_go_and_still_not_done_again(kept, monkeypatch):
    answered(kept, 10.0, "old", KeptAnswer(200, {}, bytes(1000)))
    answered(kept, 11.0, "new", KeptAnswer(200, {}, bytes(1000)))
    monkeypatch.setattr(kept_answers, "MOST_BYTES", 1500)
    kept.sweep(12.0)
    assert kept.begin(asked("old"), 13.0)[0] is Standing.NOT_KEPT
    assert kept.begin(asked("new"), 13.0)[0] is Standing.ANSWERED
    monkeypatch.setattr(kept_answers, "MOST", 1)
    assert kept.sweep(13.0) == 1
    assert kept.begin(asked("new"), 13.0)[0] is Standing.ANSWERED
    assert kept.begin(asked("old"), 13.0)[0] is Standing.NEW


def test_an_answer_that_is_too_large_is_not_kept(kept):
    answered(kept, 10.0, answer=KeptAnswer(200, {}, bytes(kept_answers.MOST_ANSWER_BYTES)))
    assert kept.begin(asked(), 11.0)[0] is Standing.NOT_KEPT


def test_an_erasure_lets_go_of_every_answer_whoever_gave_it(kept, tmp_path):
    answered(kept, 10.0)
    forget_kept_answers(tmp_path / "idempotency")
    forget_kept_answers(tmp_path / "nobody-was-here")
    assert kept.begin(asked(), 11.0)[0] is Standing.NOT_KEPT
    assert not (tmp_path / "nobody-was-here").exists()
