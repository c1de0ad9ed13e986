"""A picture of the scene of a hit, out of its clip, with a box round the person."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import av
import av.error
import cv2
import numpy as np

from detectors.boxes import pad_box
from detectors.shots import PICTURE_MARGIN
from detectors.types import Box, Image
from pipeline.answers import ClipAnswer
from pipeline.case_answers import ShotFact
from pipeline.instants import parse_instant

NEAR_S: Final = 0.25
LONG_SIDE_PX: Final = 1280
_INNER, _OUTER = (255, 214, 0), (20, 20, 20)
_QUALITY = 85


def person_in_picture(shot: ShotFact) -> Box:
    """Where the person is in the kept picture of a shot, as shares of its sides."""
    return person_in_cut(Box(*shot.box), shot.frame_width, shot.frame_height)


def person_in_cut(box: Box, frame_width: int, frame_height: int) -> Box:
    """Likewise, of the picture that was cut out of a frame round `box`, pixels."""
    cut = pad_box(box, PICTURE_MARGIN, frame_width, frame_height)
    width, height = max(cut.width, 1.0), max(cut.height, 1.0)
    return Box(
        (box.x1 - cut.x1) / width, (box.y1 - cut.y1) / height,
        (box.x2 - cut.x1) / width, (box.y2 - cut.y1) / height,
    )  # fmt: skip


def scene_of(
    path: Path, clip: ClipAnswer, shots: Sequence[ShotFact], named: int | None
) -> bytes | None:
    """The picture of the clip at the instant of a shot, as JPEG; None if it shows none.

    Args:
        path: the clip as it leaves.
        clip: what it shows.
        shots: those of the track.
        named: number of the shot that is meant; the best of those that are in the clip if None.
    """
    begin = parse_instant(clip.begin_at, now=float("inf"))
    wanted = [shot for shot in shots if named in (None, shot.shot)]
    for shot in sorted(wanted, key=lambda each: -each.quality):
        image = _picture_at(path, shot.captured_at - begin)
        if image is not None:
            return _drawn(image, shot)
    return None


def _picture_at(path: Path, at_s: float) -> Image | None:
    """The picture nearest to `at_s` seconds from the first; None if none is near."""
    best: tuple[float, Image] | None = None
    first_s: float | None = None
    try:
        with av.open(str(path)) as container:
            for picture in container.decode(video=0):
                if picture.pts is None:
                    continue
                first_s = picture.time if first_s is None else first_s
                off_s = abs(picture.time - first_s - at_s)
                if off_s <= NEAR_S and (best is None or off_s < best[0]):
                    best = off_s, np.asarray(picture.to_ndarray(format="rgb24"), np.uint8)
                if picture.time - first_s > at_s + NEAR_S:
                    break
    except av.error.FFmpegError:
        return None
    return None if best is None else best[1]


def _drawn(image: Image, shot: ShotFact) -> bytes:
    height, width = image.shape[:2]
    scale = min(LONG_SIDE_PX / max(width, height), 1.0)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    x, y = size[0] / shot.frame_width, size[1] / shot.frame_height
    corners = [
        round(v) for v in (shot.box[0] * x, shot.box[1] * y, shot.box[2] * x, shot.box[3] * y)
    ]
    for colour, thickness in ((_OUTER, 5), (_INNER, 2)):
        cv2.rectangle(small, (corners[0], corners[1]), (corners[2], corners[3]), colour, thickness)
    bgr = cv2.cvtColor(small, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return data.tobytes()
