"""Whose track is it: boxes that were followed, laid over boxes that are true."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from detectors.boxes import iou, to_array
from pipeline.street.footage.mot import MotRow, by_frame

SAME_PERSON_IOU = 0.5
"""What MOTChallenge asks of a box to be that of a person."""


def people_of_tracks(
    tracked: Iterable[MotRow], truth: Iterable[MotRow], *, min_iou: float = SAME_PERSON_IOU
) -> dict[int, int]:
    """The person of each track whose boxes are, by more than half, those of one person.

    In each frame a box is of the person whom it overlaps most, if by `min_iou` or more. A track
    that changes from one person to another halfway, or follows a lamp post, has nobody.

    Args:
        tracked: the boxes of tracks.
        truth: the boxes of people, of the same frames.
        min_iou: boxes that overlap by less are not the same person.

    Returns:
        The number of the person by the number of the track.
    """
    people_in = by_frame(truth)
    boxes: Counter[int] = Counter()
    claims: dict[int, Counter[int]] = defaultdict(Counter)
    for frame, rows in by_frame(tracked).items():
        boxes.update(row.number for row in rows)
        for track, person in _claims(rows, people_in.get(frame, ()), min_iou):
            claims[track][person] += 1
    owners = {}
    for track, votes in claims.items():
        person, count = votes.most_common(1)[0]
        if 2 * count > boxes[track]:
            owners[track] = person
    return owners


def _claims(
    rows: Sequence[MotRow], people: Sequence[MotRow], min_iou: float
) -> Iterable[tuple[int, int]]:
    if not people:
        return
    shares = iou(to_array([r.box for r in rows]), to_array([p.box for p in people]))  # (R, P)
    for row, best, share in zip(rows, shares.argmax(axis=1), shares.max(axis=1), strict=True):
        if share >= min_iou:
            yield row.number, people[best].number
