"""What is kept of a hit in a case, and how cases and their items are told."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.case_answers import (
    ItemAnswer,
    ItemFacts,
    ItemRequest,
    ShotFact,
    Shown,
    WordsAnswer,
)
from pipeline.instants import format_instant
from pipeline.store.case_records import Case, CaseItem
from pipeline.store.case_words import Words
from pipeline.store.track_record import TrackRecord
from pipeline.store.wire import LoggedSighting


def facts_of(
    request: ItemRequest, record: TrackRecord, shots: Sequence[LoggedSighting]
) -> ItemFacts:
    """What is known of a hit, and was shown, when it becomes an item."""
    shown = {name: getattr(request, name) for name in Shown.model_fields}
    newest = {each.shot.number: each for each in shots}  # one may be there twice, of two models
    return ItemFacts(
        shown=Shown(**shown),
        camera=record.key.camera_id,
        collection=record.collection,
        first_seen_at=record.first_seen_at,
        last_seen_at=record.last_seen_at,
        is_live=record.is_live_source,
        imported_at=record.imported_at,
        zones=list(record.zones),
        shots=[_shot_fact(each) for _, each in sorted(newest.items())],
    )


def _shot_fact(shot: LoggedSighting) -> ShotFact:
    return ShotFact(
        shot=shot.shot.number,
        captured_at=shot.captured_at,
        box=shot.box,
        frame_width=shot.frame_width,
        frame_height=shot.frame_height,
        picture=shot.picture,
        quality=shot.quality,
        time_from=shot.time_source,
        model=shot.model_id,
    )


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
    """An item, as it is told."""
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
        shots=[each.shot for each in facts.shots],
        note=item.note,
        added_at=format_instant(item.added_at),
        added_by=item.added_by,
        held=is_held,
    )
