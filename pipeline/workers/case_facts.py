"""What is known of a hit when it becomes an item of a case."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from pipeline.case_answers import ItemFacts, ModelFact, ShotFact, Shown
from pipeline.evidence.times import time_facts
from pipeline.store.runs import RunRecord
from pipeline.store.track_record import TrackRecord
from pipeline.store.wire import LoggedSighting


@dataclass(frozen=True, slots=True)
class Origins:
    """What is known of where a hit comes from; retention forgets it, so an item keeps it.

    Attributes:
        run: what is known of a run of a camera.
        encoders: the weights behind these ids of models, as they are installed now.
    """

    run: Callable[[str, str], RunRecord | None]
    encoders: Callable[[Collection[str]], Sequence[ModelFact]]


def facts_of(
    shown: tuple[Shown, bool],
    record: TrackRecord,
    shots: Sequence[LoggedSighting],
    origins: Origins,
) -> ItemFacts:
    """The facts of a new item.

    Args:
        shown: how the hit was shown, and whether that is known or only stated.
        record: of its track.
        shots: of the track, as they are kept now.
        origins: knows its run and its models.
    """
    newest = {each.shot.number: each for each in shots}  # one may be there twice, of two models
    kept = [each for _, each in sorted(newest.items())]
    source = kept[0].time_source if kept else None
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
        shots=[_shot_fact(each) for each in kept],
        times=time_facts(source, origins.run(record.key.camera_id, record.key.run_id)),
        models=list(origins.encoders({each.model_id for each in kept})),
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
