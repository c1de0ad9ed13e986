"""From records to what the API says of them."""

from collections.abc import Collection, Mapping, Sequence

from detectors.types import TrackKey
from pipeline.answers import (
    CameraCoverageAnswer,
    HitAnswer,
    RunAnswer,
    ShotAnswer,
    TrackAnswer,
)
from pipeline.coverage import CameraCoverage
from pipeline.errors import ConfigError
from pipeline.evidence_answers import EvidenceAnswer
from pipeline.instants import format_instant
from pipeline.names import in_utf8
from pipeline.store.runs import RunRecord
from pipeline.store.track_record import TrackCursor, TrackRecord
from retrieval.search.calibration import Judgement
from retrieval.search.evidence import Evidence
from retrieval.search.phrases import Phrase
from retrieval.types import Hit, ScoredShot


def thumbnail_url(picture: str) -> str:
    """Where the API serves a picture."""
    return f"/api/v1/pictures/{picture}"


def shot_answer(scored: ScoredShot) -> ShotAnswer:
    sighting = scored.sighting
    return ShotAnswer(
        shot=sighting.shot.number,
        captured_at=format_instant(sighting.captured_at),
        score=round(scored.score, 6),
        quality=round(sighting.quality, 4),
        box=tuple(round(float(v), 2) for v in sighting.box),  # type: ignore[arg-type]  # four
        thumbnail=thumbnail_url(sighting.picture),
        zones=list(sighting.zones),
    )


def hit_answers(
    hits: Sequence[Hit],
    records: Mapping[TrackKey, TrackRecord],
    live: Collection[TrackKey],
    judgement: Judgement | None,
    evidence: Sequence[Sequence[Evidence]] = (),
) -> list[HitAnswer]:
    """Hits as the API tells them.

    Args:
        hits: best first.
        records: what is stored of their tracks, where anything is.
        live: tracks of people in view now.
        judgement: of these hits in this order; None where they could not be judged.
        evidence: of these hits in this order; empty where there is none.
    """
    chances: Sequence[float | None] = (
        [None] * len(hits) if judgement is None else judgement.probabilities
    )
    return [
        hit_answer(hit, records.get(hit.track), hit.track in live, chance, told)
        for hit, chance, told in zip(hits, chances, evidence or [()] * len(hits), strict=True)
    ]


def evidence_answer(told: Evidence) -> EvidenceAnswer:
    """What is said of one phrase."""
    return EvidenceAnswer(
        phrase=said_of(told.phrase),
        verdict=told.verdict.value,
        strength=round(told.strength, 4),
        shot=told.shot,
    )


def said_of(phrase: Phrase) -> str:
    """A phrase as people are told of it."""
    return f"no {phrase.text}" if phrase.negated else phrase.text


def hit_answer(
    hit: Hit,
    record: TrackRecord | None,
    is_live: bool,
    probability: float | None,
    evidence: Sequence[Evidence] = (),
) -> HitAnswer:
    shots = [shot_answer(scored) for scored in hit.shots]
    first, last = seen_between(hit, record)
    return HitAnswer(
        rank=hit.rank,
        track=str(hit.track),
        camera=hit.track.camera_id,
        collection=hit.shots[0].sighting.collection,
        first_seen_at=format_instant(first),
        last_seen_at=format_instant(last),
        live=is_live,
        score=round(hit.score, 6),
        probability=None if probability is None else round(probability, 4),
        shots=record.shots if record else len(shots),
        thumbnail=shots[0].thumbnail,
        box=shots[0].box,
        best_shots=shots,
        evidence=[evidence_answer(told) for told in evidence],
        zones=sorted({*(record.zones if record else ()), *(z for s in shots for z in s.zones)}),
    )


def seen_between(hit: Hit, record: TrackRecord | None) -> tuple[float, float]:
    """When the person of a hit came into view and was last in view, Unix seconds."""
    instants = [scored.sighting.captured_at for scored in hit.shots]
    if record is None:
        return min(instants), max(instants)
    return record.first_seen_at, max(record.last_seen_at, *instants)


def track_answer(record: TrackRecord, is_live: bool) -> TrackAnswer:
    return TrackAnswer(
        track=str(record.key),
        camera=record.key.camera_id,
        collection=record.collection,
        state=record.state,
        first_seen_at=format_instant(record.first_seen_at),
        last_seen_at=format_instant(record.last_seen_at),
        live=is_live,
        shots=record.shots,
        published=record.published,
        thumbnail=thumbnail_url(record.thumbnail) if record.thumbnail else None,
        zones=list(record.zones),
    )


def run_answer(run: RunRecord) -> RunAnswer:
    return RunAnswer(
        run=run.run_id,
        kind=run.kind,
        source=in_utf8(run.source),
        state=run.state,
        reason=run.reason,
        started_at=format_instant(run.started_at),
        watched_until=format_instant(run.watched_until or run.started_at),
        frames_read=run.frames_read,
        frames_dropped=run.frames_dropped,
        dropped_by=dict(run.dropped_by),
        frames_looked_at=run.frames_looked_at,
        frames_skipped=run.frames_skipped,
        boxes_seen=run.boxes_seen,
        tracks=run.tracks,
        shots_published=run.shots_published,
    )


def coverage_answer(camera: CameraCoverage) -> CameraCoverageAnswer:
    def named(intervals: Sequence[tuple[float, float]]) -> list[tuple[str, str]]:
        return [(format_instant(since), format_instant(until)) for since, until in intervals]

    return CameraCoverageAnswer(
        camera=camera.camera_id,
        watched_s=round(camera.watched_s, 3),
        watched=named(camera.watched),
        blind_s=round(camera.blind_s, 3),
        blind=named(camera.blind),
        blind_reasons=list(camera.blind_reasons),
        frames_dropped=camera.frames_dropped,
        dropped_by=dict(camera.dropped_by),
        tracks=camera.tracks,
        tracks_without_shots=camera.tracks_without_shots,
    )


def write_cursor(record: TrackRecord) -> str:
    """Where the page after `record` begins, as a word for a URL."""
    return f"{record.first_seen_at!r}~{record.key}"


def read_cursor(word: str) -> TrackCursor:
    """Read back what `write_cursor` wrote.

    Raises:
        ConfigError: nobody wrote that.
    """
    at, _, key = word.partition("~")
    try:
        return TrackCursor(float(at), TrackKey.parse(key))
    except ValueError as error:
        raise ConfigError(f"after={word!r} is not a place in the list: take `next`") from error


def parts_answer(part: str, cameras: Collection[str]) -> str:
    """A part of the index, as an answer names it.

    >>> parts_answer("shard 2", ["gate", "door"])
    'shard 2 (cameras door, gate)'
    """
    return f"{part} (cameras {', '.join(sorted(cameras)) or 'none'})"


def read_part(shown: str) -> tuple[str, list[str]]:
    """Read back what `parts_answer` wrote.

    >>> read_part("shard 2 (cameras door, gate)")
    ('shard 2', ['door', 'gate'])
    """
    part, _, names = shown.removesuffix(")").partition(" (cameras ")
    return part, [] if names == "none" else names.split(", ")
