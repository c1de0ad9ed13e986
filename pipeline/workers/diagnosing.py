"""Looks a description over, with or without a search."""

from collections.abc import Sequence
from typing import Any

from pipeline.query_answers import PhraseAnswer, QueryAnswer, QueryNote, did_you_mean
from pipeline.workers.presenting import said_of
from retrieval.search.doctor import Diagnosis, diagnose
from retrieval.search.notes import Note
from retrieval.tokenizer import count_tokens


def look_over(text: str) -> QueryAnswer:
    """What to know of a description; asks no store, no index and no encoder, and never raises."""
    told = diagnose(text, count_tokens=count_tokens)
    return QueryAnswer(query=told.text, searchable=told.is_searchable, **query_fields(told))


def query_fields(told: Diagnosis) -> dict[str, Any]:
    """The fields of a `QueryFields`."""
    return {
        "phrases": [
            PhraseAnswer(
                text=said_of(phrase),
                kind=phrase.kind.value,
                head=phrase.head,
                colours=list(phrase.colours),
                negated=phrase.negated,
            )
            for phrase in told.phrases
        ],
        "query_notes": [_note(note) for note in told.notes],
        "suggestion": told.suggestion,
    }


def lines_of(told: Diagnosis) -> Sequence[str]:
    """The notes for people, and the suggestion."""
    better = [] if told.suggestion is None else [did_you_mean(told.suggestion)]
    return [*map(str, told.notes), *better]


def _note(note: Note) -> QueryNote:
    return QueryNote(code=note.code.value, words=note.words, text=note.text)
