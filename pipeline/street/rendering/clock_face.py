"""Clock and camera name as cameras burn them into a picture."""

from dataclasses import dataclass
from datetime import datetime

import cv2
import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]

_FONTS = (cv2.FONT_HERSHEY_PLAIN, cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX)
_FORMATS = (
    "%Y-%m-%d %H:%M:%S",
    "%d-%m-%Y %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %I:%M:%S %p",
    "%Y/%m/%d %a %H:%M:%S",
    "%H:%M:%S %d.%m.%y",
)
_CORNERS = ("top left", "top right", "bottom left", "bottom right")


@dataclass(frozen=True, slots=True)
class ClockFace:
    """How the words look.

    Attributes:
        font: of OpenCV.
        height_px: of a capital in a picture 360 pixels high.
        form: of the clock, as `strftime` has it.
        clock_corner: one of four.
        name_corner: another one.
        ink: RGB.
        edge: `outline`, `box` or `none`.
    """

    font: int = cv2.FONT_HERSHEY_PLAIN
    height_px: float = 10.0
    form: str = "%Y-%m-%d %H:%M:%S"
    clock_corner: str = "top left"
    name_corner: str = "bottom right"
    ink: tuple[int, int, int] = (255, 255, 255)
    edge: str = "outline"

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "ClockFace":
        """A face by chance."""
        corners = rng.permutation(4)
        white = rng.random() < 0.8
        return cls(
            font=_FONTS[rng.integers(len(_FONTS))],
            height_px=float(rng.uniform(7, 13)),
            form=_FORMATS[rng.integers(len(_FORMATS))],
            clock_corner=_CORNERS[corners[0]],
            name_corner=_CORNERS[corners[1]],
            ink=(255, 255, 255) if white else (255, 235, 90),
            edge=("outline", "box", "none")[rng.choice(3, p=(0.6, 0.2, 0.2))],
        )


def burn_in(rgb: Rgb, face: ClockFace, at: datetime, name: str) -> Rgb:
    """A copy with the clock, and the name where there is one.

    Args:
        rgb: (H, W, 3) uint8.
        face: how the words look.
        at: shown as it stands: bring it to the camera's time zone first.
        name: of the camera; empty for none.
    """
    marked = rgb.copy()
    _write(marked, face, at.strftime(face.form), face.clock_corner)
    if name:
        _write(marked, face, name, face.name_corner)
    return marked


def _write(picture: Rgb, face: ClockFace, words: str, corner: str) -> None:
    height, width = picture.shape[:2]
    size_px = max(round(face.height_px * height / 360), 6)
    scale = cv2.getFontScaleFromHeight(face.font, size_px, 1)
    (wide, tall), _ = cv2.getTextSize(words, face.font, scale, 1)
    margin = size_px
    x = margin if "left" in corner else max(width - wide - margin, 0)
    y = margin + tall if "top" in corner else height - margin
    if face.edge == "box":
        cv2.rectangle(picture, (x - 3, y - tall - 3), (x + wide + 3, y + 4), (0, 0, 0), -1)
    elif face.edge == "outline":
        cv2.putText(picture, words, (x, y), face.font, scale, (0, 0, 0), 3, cv2.LINE_AA)
    cv2.putText(picture, words, (x, y), face.font, scale, face.ink, 1, cv2.LINE_AA)
