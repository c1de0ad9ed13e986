"""What is kept of a hit when it becomes an item of a case, and how the item is told."""

from collections.abc import Sequence

from pipeline.case_answers import ItemAnswer, ItemFacts, ItemRequest, ShotFact, Shown
from pipeline.instants import format_instant
from pipeline.store.case_records import CaseItem
from pipeline.store.track_record import TrackRecord
from pipeline.store.wire import LoggedSighting
from pipeline.workers.presenting import thumbnail_url


def facts_of(
    request: ItemRequest, record: TrackRecord, shots: Sequence[LoggedSighting]
) -> ItemFacts:
    """What is known of a track, and how it was shown, when somebody adds it."""
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
