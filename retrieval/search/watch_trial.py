"""What a watch would have told of tracks that were seen, by the rule that tells of live ones."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

from detectors.types import TrackKey
from retrieval.ports import Index
from retrieval.search.watches import SeenShot, Standing, Told, end, judge
from retrieval.types import Where

_FIRST_K = 512


@dataclass(frozen=True, slots=True, eq=False)
class TrialAlert:
    """An alert that there would have been.

    Attributes:
        first: what would have been told first.
        best: the word about it with the highest score.
        tracks: how many tracks share it.
    """

    first: Told
    best: Told
    tracks: int


def candidates(
    index: Index, standing: Standing, where: Where, *, at_most: int
) -> tuple[dict[TrackKey, list[SeenShot]], bool]:
    """The tracks that may be told: of which a shot reaches the threshold, with all their shots.

    A track scores a mean of its shots, which is never above the best of them.

    Args:
        index: the gallery.
        standing: the watch.
        where: what was seen, whatever the watch admits of it.
        at_most: how many tracks; the best of them where there are more.

    Returns:
        The shots of each by their number, and whether these are all tracks that may be told.
    """
    k, admitted = _FIRST_K, replace(where, zones=standing.zones)
    while True:
        found = index.search(standing.vector, k=k, where=admitted)
        above = [each for each in found if each.score >= standing.threshold]
        tracks = dict.fromkeys(each.sighting.shot.track for each in above)
        is_all = len(found) < k or len(above) < len(found)
        if is_all or len(tracks) > at_most:
            break
        k *= 4
    asked = list(tracks)[:at_most]
    shots: dict[TrackKey, list[SeenShot]] = {}
    for each in index.score_tracks(standing.vector, asked, where=where) if asked else ():
        seen = each.sighting
        shots.setdefault(seen.shot.track, []).append(
            SeenShot(
                number=seen.shot.number,
                captured_at=seen.captured_at,
                vector=seen.vector,
                zones=seen.zones,
                picture=seen.picture,
            )
        )
    return shots, is_all and len(tracks) <= at_most


def replay(
    standing: Standing,
    shots: Mapping[TrackKey, Sequence[SeenShot]],
    until: Mapping[TrackKey, float],
    *,
    model_id: str,
    best_of: int,
) -> list[TrialAlert]:
    """The alerts that there would have been, had each shot been told of as it was captured.

    Args:
        standing: the watch.
        shots: of each track.
        until: when tracks were seen last, Unix seconds; a track without is gone with its last shot.
        model_id: the encoder of all vectors.
        best_of: how many shots of a track count.

    Returns:
        In their order.
    """
    known: dict[tuple[str, TrackKey], Told] = {}
    seen: dict[TrackKey, list[SeenShot]] = {}
    words: list[Told] = []
    leaving = {
        track: max(until.get(track, 0.0), *(shot.captured_at for shot in theirs))
        for track, theirs in shots.items()
    }
    for track, shot in _in_order(shots):
        now = shot.captured_at
        for gone in [each for each in seen if leaving[each] < now]:
            del seen[gone]
        _leave(known, seen, leaving)
        for key in [key for key, each in known.items() if each.is_past(now, standing.cooldown_s)]:
            del known[key]
        seen.setdefault(track, []).append(shot)
        made = judge([standing], {track: seen[track]}, known, model_id=model_id, best_of=best_of)
        known |= {(word.watch, word.track): word for word in made}
        words += made
    return _alerts(words)


def _in_order(
    shots: Mapping[TrackKey, Sequence[SeenShot]],
) -> Iterator[tuple[TrackKey, SeenShot]]:
    each = [(track, shot) for track, theirs in shots.items() for shot in theirs]
    return iter(sorted(each, key=lambda one: (one[1].captured_at, str(one[0]), one[1].number)))


def _leave(
    known: dict[tuple[str, TrackKey], Told],
    seen: Iterable[TrackKey],
    leaving: Mapping[TrackKey, float],
) -> None:
    for word in end(known, seen, leaving):
        known[word.watch, word.track] = word


def _alerts(words: Iterable[Told]) -> list[TrialAlert]:
    by_alert: dict[str, list[Told]] = {}
    for word in words:
        by_alert.setdefault(word.alert, []).append(word)
    return [
        TrialAlert(
            first=theirs[0],
            best=max(theirs, key=attrgetter("score")),
            tracks=len({word.track for word in theirs}),
        )
        for theirs in by_alert.values()
    ]
