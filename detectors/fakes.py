"""A detector that says what a script tells it: for tests and the demo, without weights."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from detectors.errors import DetectorUnusable
from detectors.types import Box, Detection, Frame

ANY_CAMERA: Final = "*"

Script = Mapping[str, Mapping[int, Sequence[Detection]]]
"""For each camera id, or `*` for those not named, the people of each frame number."""


class ScriptedDetector:
    """Finds in frame n of a camera who the script says is there; nobody in frames it leaves out."""

    def __init__(self, script: Script) -> None:
        self._script = {
            camera_id: {number: list(people) for number, people in frames.items()}
            for camera_id, frames in script.items()
        }
        self._fingerprint = _digest(self._script)

    @classmethod
    def from_json(cls, path: Path) -> "ScriptedDetector":
        """Read `{"frames": {"1": [[x1, y1, x2, y2, confidence], …]}}`, boxes in pixels.

        `{"cameras": {"lobby": {"frames": …}}}` says it for each camera.

        Raises:
            DetectorUnusable: the file is missing or says something else.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            return cls(_read_script(content))
        except OSError as error:
            raise DetectorUnusable(
                f"no detector script at {path} ({error.strerror}): check the path"
            ) from error
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise DetectorUnusable(
                f"{path} is no detector script: "
                'expected {"frames": {"1": [[x1, y1, x2, y2, confidence], …]}}'
            ) from error

    @property
    def batch(self) -> int:
        """Looking a frame up is free: as many as a GPU takes."""
        return 16

    @property
    def fingerprint(self) -> str:
        """A short digest of the script."""
        return self._fingerprint

    def detect(
        self,
        frames: Sequence[Frame],
        parts: Sequence[Box | None] | None = None,  # noqa: ARG002 - a script has no parts
    ) -> list[list[Detection]]:
        """The people of each frame, in the order of `frames`, wherever in it they are."""
        return [list(self._frames_of(frame.camera_id).get(frame.number, [])) for frame in frames]

    def _frames_of(self, camera_id: str) -> Mapping[int, list[Detection]]:
        return self._script.get(camera_id, self._script.get(ANY_CAMERA, {}))


def _read_script(content: Any) -> dict[str, dict[int, list[Detection]]]:
    if "cameras" in content:
        return {name: _read_frames(camera) for name, camera in content["cameras"].items()}
    return {ANY_CAMERA: _read_frames(content)}


def _read_frames(content: Any) -> dict[int, list[Detection]]:
    return {
        int(number): [_read_detection(row) for row in rows]
        for number, rows in content["frames"].items()
    }


def _read_detection(row: Any) -> Detection:
    x1, y1, x2, y2, confidence = (float(value) for value in row)
    if not (x1 < x2 and y1 < y2 and 0.0 <= confidence <= 1.0):
        raise ValueError(f"{row} is no box with a confidence")
    return Detection(Box(x1, y1, x2, y2), confidence)


def _digest(script: Mapping[str, Mapping[int, list[Detection]]]) -> str:
    rows = {
        camera_id: {
            str(number): [[*person.box, person.confidence] for person in people]
            for number, people in sorted(frames.items())
        }
        for camera_id, frames in script.items()
    }
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()[:16]
