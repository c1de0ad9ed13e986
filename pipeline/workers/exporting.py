"""Every tracked box of a run, in the form that trackers are scored in."""

from collections.abc import Sequence

from pipeline.errors import NotFound
from pipeline.store.boxes import BoxArchive


def boxes_of(
    boxes: BoxArchive, runs: Sequence[str], camera_id: str, run_id: str | None
) -> list[str]:
    """The kept boxes of a run as MOTChallenge rows, in order of frame and track.

    `frame, id, x, y, w, h, confidence, -1, -1, -1`: frame from 1, pixels of the source, x and y
    of the top left corner from 0.

    Args:
        boxes: where they lie.
        runs: those of the camera whose boxes are complete.
        camera_id: whose.
        run_id: which; the only one if None.

    Raises:
        NotFound: no boxes were kept, or those of several runs and none was named.
    """
    if run_id is None:
        if len(runs) > 1:
            raise NotFound(
                f"camera {camera_id!r} has boxes of {len(runs)} runs: add --run, one of "
                + ", ".join(runs)
            )
        if not runs:
            raise NotFound(f"no boxes were kept for {camera_id!r}: replay it with --keep-boxes")
        run_id = runs[0]
    if run_id not in runs:
        raise NotFound(f"no boxes of run {run_id!r}; there are: {', '.join(runs) or 'none'}")
    return [
        f"{row.frame},{row.number},{row.box.x1:.2f},{row.box.y1:.2f},{row.box.width:.2f},"
        f"{row.box.height:.2f},{row.confidence:.4f},-1,-1,-1\n"
        for row in boxes.rows(camera_id, run_id)
    ]
