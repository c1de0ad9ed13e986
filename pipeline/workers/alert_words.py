"""A word of an alert as the API and whoever is sent it are told it."""

from detectors.types import TrackKey
from pipeline.instants import format_instant
from pipeline.store.alerts import Word
from pipeline.watch_answers import AlertAnswer
from pipeline.workers.presenting import thumbnail_url


def alert_answer(word: Word) -> AlertAnswer:
    """A word as it is told."""
    return AlertAnswer(
        id=word.position,
        alert=word.alert,
        number=word.number,
        key=f"{word.alert}-{word.kind}-{word.number}",
        type=word.kind,
        watch=word.watch,
        watch_id=word.watch_id,
        track=word.track,
        camera=TrackKey.parse(word.track).camera_id,
        score=round(word.score, 4),
        seen_at=format_instant(word.seen_at),
        told_at=format_instant(word.told_at),
        thumbnail=thumbnail_url(word.picture),
    )
