"""From a shot to the message that carries it."""

from dataclasses import dataclass

import cv2

from detectors.types import Image, Shot
from pipeline.store.wire import PublishedShot


def encode_jpeg(picture: Image, *, quality: int, long_side_px: int) -> bytes:
    """The picture as JPEG, shrunk so that its long side is at most `long_side_px`.

    Args:
        picture: (H, W, 3) RGB, not empty.
        quality: 1 to 100.
        long_side_px: pixels; smaller pictures keep their size.
    """
    height, width = picture.shape[:2]
    scale = long_side_px / max(height, width)
    if scale < 1.0:
        size = (max(round(width * scale), 1), max(round(height * scale), 1))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype("uint8")
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return data.tobytes()


@dataclass(frozen=True, slots=True)
class Publishing:
    """What every shot of a run has in common.

    Attributes:
        collection: `live`, or the import it belongs to.
        imported_at: Unix seconds of the import; None for a live camera.
        time_source: where its instants come from, unless a shot says so itself: `flag`,
            `name`, `container`, `file date`.
        is_live: from a camera, now.
        jpeg_quality: 1 to 100.
        long_side_px: the longest side of a kept picture.
    """

    collection: str
    imported_at: float | None
    time_source: str
    is_live: bool
    jpeg_quality: int
    long_side_px: int

    def message(self, shot: Shot, *, now: float) -> PublishedShot:
        """The message for one shot."""
        jpeg = encode_jpeg(shot.picture, quality=self.jpeg_quality, long_side_px=self.long_side_px)
        return PublishedShot(
            shot=shot.id,
            collection=self.collection,
            captured_at=shot.captured_at,
            box=shot.box,
            frame_width=shot.frame_width,
            frame_height=shot.frame_height,
            quality=shot.quality,
            jpeg=jpeg,
            replaces=shot.replaces,
            imported_at=self.imported_at,
            time_source=shot.time_source or self.time_source,
            is_live=self.is_live,
            published_at=now,
            zones=shot.zones,
        )
