"""How cases and their items are told."""

from collections.abc import Mapping
from typing import Any

from pipeline.case_answers import ItemAnswer, WordsAnswer
from pipeline.instants import format_instant
from pipeline.store.case_records import Case, CaseItem
from pipeline.store.case_words import Words
from pipeline.workers.presenting import thumbnail_url


def told_of(case: Case) -> Mapping[str, Any]:
    """A case, by the names of `CaseAnswer`."""
    return {
        "id": case.id, "title": case.title, "notes": case.notes, "status": case.status,
        "created_at": format_instant(case.created_at), "created_by": case.created_by,
        "closed_at": None if case.closed_at is None else format_instant(case.closed_at),
        "closed_by": case.closed_by, "count": case.count,
    }  # fmt: skip


def words_answer(words: Words) -> WordsAnswer:
    """A text that was changed, as it is told."""
    return WordsAnswer(
        item=words.item or None,
        field=words.field,
        text=words.text,
        by=words.by,
        at=format_instant(words.at),
    )


def item_answer(item: CaseItem, *, is_held: bool = False) -> ItemAnswer:
    """An item, as the API says it."""
    facts = item.facts
    return ItemAnswer(
        item=item.number,
        track=str(item.track),
        shot=item.shot,
        camera=facts.camera,
        collection=facts.collection,
        first_seen_at=format_instant(facts.first_seen_at),
        last_seen_at=format_instant(facts.last_seen_at),
        time_from=facts.shots[0].time_from if facts.shots else None,
        zones=facts.zones,
        shown=facts.shown,
        checked=facts.checked,
        shots=[each.shot for each in facts.shots],
        thumbnail=_thumbnail(item),
        note=item.note,
        added_at=format_instant(item.added_at),
        added_by=item.added_by,
        held=is_held,
    )


def _thumbnail(item: CaseItem) -> str | None:
    """The shot that was added; of a track its best one."""
    shots = [each for each in item.facts.shots if item.shot in {None, each.shot}]
    best = max(shots, key=lambda shot: shot.quality, default=None)
    return None if best is None else thumbnail_url(best.picture)
