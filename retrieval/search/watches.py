"""Standing sentences: when a track that is in view is worth an alert, and of whom one was told.

A search ranks; a watch has to decide, against a threshold (`alarm_budget`). Of one track a watch is
told once, then of better shots, then of the end; and of a person who probably comes again, within
the cool-down, as of the same one.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from detectors.types import TrackKey
from retrieval.search.hours import Hours
from retrieval.track_scores import BEST_OF, mean_of_best
from retrieval.types import Vector

SAME_PERSON: Final = 0.9
"""Cosine of two tracks' mean vectors from which on they are probably one person."""

BETTER_BY: Final = 0.005
"""Cosine by which a track must have risen to be told again: less is the rounding of a picture."""

KNOWN_FOR_S: Final = 3600.0
"""At least so long it is known what was told of a track, even without a cool-down."""

Kind = Literal["new", "update", "end"]


@dataclass(frozen=True, slots=True, eq=False)
class SeenShot:
    """An embedded shot of a track that is in view.

    Attributes:
        number: of the shot in its track.
        captured_at: Unix seconds.
        vector: (D,) length 1.
        zones: where the person stood.
        picture: media key of its JPEG.
    """

    number: int
    captured_at: float
    vector: Vector
    zones: tuple[str, ...] = ()
    picture: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """A sentence or a picture that is watched for.

    Attributes:
        watch: its id.
        vector: (D,) length 1, of the sentence or the person.
        threshold: cosine from which on a track is told; see `alarm_budget`.
        cooldown_s: for how long one probable person makes no second alert.
        cameras: only these; all if None.
        zones: only shots taken in one of these; all if None.
        hours: only shots taken in these; always if None.
        besides: never this track: the one that the picture is of.
    """

    watch: str
    vector: Vector
    threshold: float
    cooldown_s: float
    cameras: frozenset[str] | None = None
    zones: frozenset[str] | None = None
    hours: Hours | None = None
    besides: TrackKey | None = None

    def admits(self, camera_id: str, shot: SeenShot) -> bool:
        """Whether a shot counts."""
        return (
            (self.cameras is None or camera_id in self.cameras)
            and (self.zones is None or not self.zones.isdisjoint(shot.zones))
            and (self.hours is None or self.hours.hold(shot.captured_at))
        )


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What was told of one track to one watch last.

    Attributes:
        alert: id of the alert; several tracks of one probable person share it.
        watch: id of the watch.
        track: the track.
        root: the track that the alert began with.
        kind: what was told last.
        number: how many things were told of the alert by then.
        score: cosine of the track when it was told last.
        seen_at: when the shot that was told last was captured, Unix seconds.
        until: up to when the person is known to have been there, likewise.
        picture: media key of that shot.
        person: (D,) length 1: the mean of the track's shots.
        model_id: the encoder of `score` and `person`.
    """

    alert: str
    watch: str
    track: TrackKey
    root: TrackKey
    kind: Kind
    number: int
    score: float
    seen_at: float
    until: float
    picture: str
    person: Vector
    model_id: str

    @property
    def is_open(self) -> bool:
        """Whether its end was not told yet."""
        return self.kind != "end"

    def is_past(self, now: float, cooldown_s: float) -> bool:
        """Whether nobody needs to know it any more at `now`, Unix seconds of its pictures."""
        return not self.is_open and self.until < now - max(cooldown_s, KNOWN_FOR_S)


Known = Mapping[tuple[str, TrackKey], Told]
"""What was told last, by watch and track."""


def alert_id(watch: str, track: TrackKey) -> str:
    """The same whoever makes it: what is told twice can be told apart from what is new."""
    return hashlib.sha256(f"{watch} {track}".encode()).hexdigest()[:20]


def standing_scores(
    standing: Standing, camera_id: str, shots: Iterable[SeenShot], best_of: int = BEST_OF
) -> tuple[float, SeenShot] | None:
    """What a track scores, and its shot that fits best; None where none of its shots counts."""
    found = [
        (float(shot.vector @ standing.vector), -shot.number, shot)
        for shot in shots
        if standing.admits(camera_id, shot)
    ]
    if not found:
        return None
    found.sort(key=lambda each: each[:2], reverse=True)
    return mean_of_best([score for score, *_ in found], best_of), found[0][2]


def judge(
    standings: Sequence[Standing],
    seen: Mapping[TrackKey, Sequence[SeenShot]],
    told: Known,
    *,
    model_id: str,
    best_of: int = BEST_OF,
    left: Collection[TrackKey] = (),
) -> list[Told]:
    """What is to be told of tracks in view: each of new people, or updates of those known.

    Args:
        standings: the watches.
        seen: the kept shots of tracks in view, each shot once.
        told: what was told before, of these and of others.
        model_id: the encoder of all vectors.
        best_of: how many shots of a track count.
        left: those of `seen` who are not in view any more: an alert that has ended stays so.
    """
    if not standings or not seen:
        return []
    sentences = np.stack([standing.vector for standing in standings])  # (W, D)
    thresholds = np.array([standing.threshold for standing in standings])  # (W,)
    known, made = dict(told), []
    for track in sorted(seen, key=lambda key: (min(s.captured_at for s in seen[key]), str(key))):
        shots = seen[track]
        best = (np.stack([shot.vector for shot in shots]) @ sentences.T).max(axis=0)  # (W,)
        # A mean of shots is never above the best of them: the others need not be looked at.
        for which in np.flatnonzero(best >= thresholds).tolist():
            standing = standings[which]
            found = standing_scores(standing, track.camera_id, shots, best_of)
            if found is None or track == standing.besides:
                continue
            score, shot = found
            now = Told(
                alert="",
                watch=standing.watch,
                track=track,
                root=track,
                kind="new",
                number=1,
                score=score,
                seen_at=shot.captured_at,
                until=max(each.captured_at for each in shots),
                picture=shot.picture,
                person=_mean([each.vector for each in shots]),
                model_id=model_id,
            )
            last = known.get((now.watch, track))
            if last is not None and not last.is_open and track in left:
                continue
            if (word := _word(standing, now, known)) is not None:
                known[word.watch, track] = word
                made.append(word)
    return made


def end(
    told: Known, in_view: Iterable[TrackKey], until: Mapping[TrackKey, float] | None = None
) -> list[Told]:
    """What is over: open alerts of tracks that are not `in_view`; see `is_silent`.

    Args:
        told: what was told last.
        in_view: whose alerts go on.
        until: when tracks were seen last, as far as that is known, Unix seconds.
    """
    there, known = set(in_view), dict(told)
    made = []
    for key, last in sorted(told.items(), key=lambda item: (item[1].seen_at, str(item[0][1]))):
        if last.is_open and last.track not in there:
            seen_last_at = (until or {}).get(last.track, last.until)
            word = replace(last, kind="end", until=max(last.until, seen_last_at))
            if not is_silent(word, known):
                word = replace(word, number=_number(last.alert, known) + 1)
            known[key] = word
            made.append(word)
    return made


def is_silent(word: Told, told: Known) -> bool:
    """Whether an end is kept in mind but not told: another track of the same alert goes on."""
    return word.kind == "end" and any(
        other.alert == word.alert and other.is_open and other.track != word.track
        for other in told.values()
    )


def _word(standing: Standing, now: Told, known: Known) -> Told | None:
    last = known.get((now.watch, now.track))
    if last is not None:
        is_better = last.model_id == now.model_id and now.score >= last.score + BETTER_BY
        if not is_better:
            return None
        number = _number(last.alert, known) + 1
        return replace(now, alert=last.alert, root=last.root, kind="update", number=number)
    if now.score < standing.threshold:
        return None
    earlier = _same_person(standing, now, known)
    if earlier is None:
        return replace(now, alert=alert_id(now.watch, now.track))
    number = _number(earlier.alert, known) + 1
    return replace(now, alert=earlier.alert, root=earlier.root, kind="update", number=number)


def _same_person(standing: Standing, now: Told, known: Known) -> Told | None:
    """Whoever was told within the cool-down and looks the same; two in one picture are two."""
    found = [
        (float(other.person @ now.person), other)
        for other in known.values()
        if other.watch == now.watch
        and other.model_id == now.model_id
        and (other.is_open or _apart_s(now, other) <= standing.cooldown_s)
        and not (other.is_open and other.track[:2] == now.track[:2])
    ]
    likely = [each for each in found if each[0] >= SAME_PERSON]
    return max(likely, key=lambda each: (each[0], each[1].alert))[1] if likely else None


def _apart_s(now: Told, other: Told) -> float:
    return max(other.seen_at - now.until, now.seen_at - other.until)


def _number(alert: str, known: Known) -> int:
    return max((each.number for each in known.values() if each.alert == alert), default=0)


def _mean(vectors: Sequence[Vector]) -> Vector:
    mean = np.mean(np.stack(vectors), axis=0)
    whole: Vector = (mean / max(float(np.linalg.norm(mean)), 1e-12)).astype(np.float32)
    return whole
