"""The newest picture of a live camera, out of its recent video."""

import io

import av.error
from PIL import Image

from pipeline.store.ring import RingFolder, Segment
from pipeline.store.segment_reading import OpenPiece, Piece

WIDTH = 960
"""As wide as it is made at most, pixels."""

_LOOK_BACK = 3


def last_picture(ring: RingFolder, camera_id: str) -> tuple[bytes, float] | None:
    """A JPEG of the newest key frame, and when it was captured (Unix seconds).

    None where nothing of the camera is kept. A camera with masks has no ring, so nothing that a
    mask hides is shown.
    """
    for segment in reversed(ring.segments(camera_id)[-_LOOK_BACK:]):
        try:
            found = _of_segment(segment)
        except (OSError, ValueError, av.error.FFmpegError):
            continue  # begun a moment ago, or removed while we looked
        if found is not None:
            return found
    return None


def _of_segment(segment: Segment) -> tuple[bytes, float] | None:
    piece = OpenPiece(Piece(segment.path, segment.first_at, is_segment=True))
    try:
        piece.seek(segment.first_at)
        last = None
        for packet, at in piece.packets():
            if packet.is_keyframe:
                last = packet, at
        if last is None:
            return None
        packet, at = last
        context = piece.stream.codec_context
        frames = [*context.decode(packet), *context.decode(None)]
        if not frames:
            return None
        image = Image.fromarray(frames[0].to_ndarray(format="rgb24"))
        image.thumbnail((WIDTH, WIDTH))
        held = io.BytesIO()
        image.save(held, "JPEG", quality=80)
        return held.getvalue(), at
    finally:
        piece.close()
