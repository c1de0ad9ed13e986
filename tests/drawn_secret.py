"""A film with something in it that nobody may see, and people who walk up to it."""

import json
from pathlib import Path

import av
import cv2
import numpy as np

WIDTH, HEIGHT, FPS = 320, 240, 10
#: Of a colour that nothing else has; it covers half to eight tenths of the width.
SECRET, WALL, COAT = (255, 0, 255), (110, 110, 110), (20, 160, 60)
MASK = [[0.5, 0], [0.8, 0], [0.8, 1], [0.5, 1]]
LEFT = [[0, 0.5], [0.35, 0.5], [0.35, 1], [0, 1]]
RIGHT = [[0.8, 0.5], [1, 0.5], [1, 1], [0.8, 1]]


def draw_film(path: Path, seconds: int) -> Path:
    """Somebody left of the secret, then somebody right of it, then nobody for half of the time.

    Beside it lies a script whose boxes reach into the secret, as `ScriptedDetector` reads it; it
    repeats, for a stream that loops.
    """
    count, script = seconds * FPS, {}
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=FPS, options={"crf": "10", "g": "10"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(1, count + 1):
            box, image = _box(number, count), np.full((HEIGHT, WIDTH, 3), WALL, np.uint8)
            image[:, 160:256] = SECRET
            if box is not None:
                x1, y1, x2, y2 = box
                image[y1:y2, max(x1, 0) : min(x2, 160) if x1 < 160 else x2] = COAT
                image[y1:y2, 160:256] = SECRET
                for again in range(number, 4000, count):
                    script[str(again)] = [[*box, 0.9]]
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    path.with_suffix(".boxes.json").write_text(json.dumps({"frames": script}))
    return path


def _box(number: int, count: int) -> tuple[int, int, int, int] | None:
    quarter = count // 4
    if number <= quarter:
        x = 10 + 40 * number // quarter
        return x, 80, x + 130, 220
    if quarter * 3 // 2 < number <= quarter * 5 // 2:
        x = 216 + 20 * (number - quarter) // quarter
        return x, 80, x + 85, 220
    return None


def secret_pixels(jpeg: bytes) -> int:
    """How many pixels of a picture have about the secret's colour."""
    bgr = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    picture = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB).astype(int)
    return int((np.abs(picture - SECRET).max(axis=2) < 100).sum())
