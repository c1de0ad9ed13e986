"""What is known of a hit when it becomes an item of a case."""

from collections.abc import Sequence

from pipeline.case_answers import ItemFacts, ShotFact, Shown
from pipeline.store.track_record import TrackRecord
from pipeline.store.wire import LoggedSighting


def facts_of(
    shown: tuple[Shown, bool], record: TrackRecord, shots: Sequence[LoggedSighting]
) -> ItemFacts:
    """The facts of a new item.

    Args:
        shown: how the hit was shown, and whether that is known or only stated.
        record: of its track.
        shots: of the track, as they are kept now.
    """
    newest = {each.shot.number: each for each in shots}  # one may be there twice, of two models
    return ItemFacts(
        shown=shown[0],
        checked=shown[1],
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
