"""What Python and watches are told of a description."""

import pytest

from pipeline.finder import Finder
from pipeline.query_answers import QueryFields
from pipeline.workers.diagnosing import lines_of, look_over
from retrieval.search.doctor import diagnose
from retrieval.tokenizer import count_tokens

DOUBTFUL = "Anna in a red jaket, no hat"


def test_python_checks_a_description_without_a_worker(monkeypatch, tmp_path):
    monkeypatch.setenv("DESCRY_DATA_DIR", str(tmp_path / "data"))
    assert Finder().check(DOUBTFUL) == look_over(DOUBTFUL)
    assert not (tmp_path / "data").exists()


def test_what_is_absent_reads_as_absent():
    told = look_over(DOUBTFUL)
    assert [(phrase.text, phrase.negated) for phrase in told.phrases] == [
        ("red jacket", False),
        ("no hat", True),
    ]


def test_people_are_told_every_note_and_a_better_description_last():
    told = diagnose(DOUBTFUL, count_tokens=count_tokens)
    assert lines_of(told) == [
        *(note.text for note in told.notes),
        "did you mean: The person wears a red jacket and has no hat.",
    ]
    assert lines_of(diagnose("a woman in a red coat", count_tokens=count_tokens)) == []


@pytest.mark.parametrize("text", ["man \udc9b31m", "\ud83d coat", "a\x00b"])
def test_what_is_no_text_can_still_be_answered(text):
    told = look_over(text)
    assert QueryFields.model_validate_json(told.model_dump_json(exclude={"query", "searchable"}))
    assert told.query.isprintable()
