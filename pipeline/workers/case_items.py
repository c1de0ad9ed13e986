"""How an item of a case is told."""

from pipeline.case_answers import ItemAnswer
from pipeline.instants import format_instant
from pipeline.store.case_records import CaseItem
from pipeline.workers.presenting import thumbnail_url


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
