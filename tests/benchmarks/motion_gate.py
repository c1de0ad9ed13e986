"""What the motion gate saves on a film, and whether it loses anybody.

`python tests/benchmarks/motion_gate.py FILM… [--detector FILE] [--fps N] [--json]`

Each film is read once, and two trackers follow: one is shown what the detector finds in the whole
of every frame, the other what it finds where and when something moves or somebody is followed, as
the workers look. So the seconds of both ways are of the same minutes of the same machine.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

if not __package__:  # started as a script: the checkout is not on the path yet
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from detectors.boxes import iou, to_array
from detectors.motion import BackgroundGate
from detectors.parts import part_to_search
from detectors.ports import Detector
from detectors.tracking import UltralyticsTracker
from detectors.types import Box, Detection, Frame
from pipeline.sources.video_file import VideoFile, inspect_video

STARTED_AT = 1_790_000_000.0
#: A track is kept if the gate's nearest one has this share of its boxes.
KEPT_SHARE = 0.5
#: Two boxes are one if they overlap so much: part of a frame gives the same but for last digits.
SAME_IOU = 0.7

T = TypeVar("T")
Tracks = dict[int, dict[int, Box]]
"""Boxes by frame, by track."""


@dataclass
class Way:
    """One way of reading a film: what it looked at, whom it followed, how long it took."""

    tracker: UltralyticsTracker
    tracks: Tracks = field(default_factory=dict)
    looked_at: int = 0
    with_people: int = 0
    seconds: float = 0.0

    def look(self, frame: Frame, found: list[Detection], detector_s: float) -> None:
        update, tracker_s = timed(lambda: self.tracker.update(frame, found))
        self.looked_at += 1
        self.with_people += bool(update.boxes)
        self.seconds += detector_s + tracker_s
        for box in update.boxes:
            self.tracks.setdefault(box.number, {})[frame.number] = box.box


def timed(do: Callable[[], T]) -> tuple[T, float]:
    began = time.perf_counter()
    return do(), time.perf_counter() - began


def kept(whole: Tracks, gated: Tracks, *, is_own: bool) -> int:
    """How many tracks of `whole` have a counterpart in `gated`, if `is_own` one of their own.

    Somebody whom one way follows in two tracks and the other in one has no second track there of
    their own, and is not lost.
    """
    free, count = dict(gated), 0
    for boxes in sorted(whole.values(), key=len, reverse=True):
        shared = {
            n: sum(at in own and is_same(own[at], box) for at, box in boxes.items())
            for n, own in free.items()
        }
        best = max(shared, key=lambda n: shared[n], default=None)
        if best is not None and shared[best] >= KEPT_SHARE * len(boxes):
            count += 1
            if is_own:
                del free[best]
    return count


def is_same(a: Box, b: Box) -> bool:
    return float(iou(to_array([a]), to_array([b]))[0, 0]) >= SAME_IOU


def measure(film: Path, detector: Detector, fps: float, folder: Path) -> dict[str, object]:
    """The figures of one film."""
    info = inspect_video(film)
    whole, gated = (Way(UltralyticsTracker(camera_id="c", config_dir=folder)) for _ in range(2))
    gate, decode_s, count = BackgroundGate(), 0.0, 0
    frames = iter(VideoFile(info, "c", "r", STARTED_AT, fps=fps))
    while True:
        frame, took_s = timed(lambda: next(frames, None))
        if frame is None:
            break
        count, decode_s = count + 1, decode_s + took_s
        (found,), detector_s = timed(partial(detector.detect, [frame]))
        whole.look(frame, found, detector_s)
        glance, gate_s = timed(partial(gate.watch, frame))
        gated.seconds += gate_s
        if glance.is_due or not gated.tracker.is_quiet:
            part = None
            if not glance.is_whole:
                part = part_to_search(glance.regions, gated.tracker.expected)
            (found,), detector_s = timed(partial(detector.detect, [frame], [part]))
            gated.look(frame, found, detector_s)
    return {
        "film": film.name,
        "frames": count,
        "looked_at": gated.looked_at,
        "skipped": count - gated.looked_at,
        "occupancy": round(whole.with_people / count, 3),
        "tracks": len(whole.tracks),
        "tracks_with_gate": len(gated.tracks),
        "tracks_kept": share(kept(whole.tracks, gated.tracks, is_own=True), whole.tracks),
        "tracks_found": share(kept(whole.tracks, gated.tracks, is_own=False), whole.tracks),
        "boxes_kept": round(_boxes(gated.tracks) / max(_boxes(whole.tracks), 1), 4),
        "seconds_decoding": round(decode_s, 1),
        "seconds_without_gate": round(whole.seconds, 1),
        "seconds_with_gate": round(gated.seconds, 1),
    }


def share(count: int, of: Tracks) -> float:
    return round(count / max(len(of), 1), 4)


def _boxes(tracks: Tracks) -> int:
    return sum(map(len, tracks.values()))


def main() -> None:
    """Print a line a film, or a JSON object a line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("films", type=Path, nargs="+")
    parser.add_argument("--detector", type=Path, help="weights; the bundled ones if not given")
    parser.add_argument("--fps", type=float, default=5.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    from detectors.yolo import YoloDetector

    bundled = Path("retrieval", "weights", "bundled", "street-yolo.safetensors")
    weights = options.detector or Path(__file__).resolve().parents[2] / bundled
    with tempfile.TemporaryDirectory() as folder:
        detector = YoloDetector(weights, confidence=0.1, config_dir=Path(folder))
        for film in options.films:
            figures = measure(film, detector, options.fps, Path(folder))
            if options.json:
                print(json.dumps(figures), flush=True)
            else:
                print(*(f"{name} {value}" for name, value in figures.items()), sep="  ", flush=True)


if __name__ == "__main__":
    main()
