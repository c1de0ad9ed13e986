"""Weather between the camera and the people: rain, drizzle, mist, drops on the glass."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.street.casting import Split
from pipeline.street.variants import stretch

Rgb = NDArray[np.uint8]
Rng = np.random.Generator

WEATHERS = ("dry", "drizzle", "rain", "mist")
_USUAL = (0.78, 0.08, 0.08, 0.06)


@dataclass(frozen=True, slots=True)
class WeatherDraw:
    """The weather before a camera.

    Attributes:
        kind: one of `WEATHERS`.
        streaks: of rain in a picture.
        length_px: of a streak in a picture 360 pixels high.
        slant: sideways pixels for one downwards.
        strength: of a streak, 0 to 1.
        veil: share of the picture that mist takes.
        veil_level: how bright the mist is, of 255.
        drops: on the glass, as x, y (shares of width and height) and radius (share of height).
    """

    kind: str = "dry"
    streaks: int = 0
    length_px: float = 14.0
    slant: float = 0.0
    strength: float = 0.0
    veil: float = 0.0
    veil_level: float = 170.0
    drops: tuple[tuple[float, float, float], ...] = ()

    @classmethod
    def draw(
        cls, rng: Rng, kind: str | None = None, *, dark: bool = False, split: Split | None = None
    ) -> "WeatherDraw":
        """Weather of a kind, or of any kind as often as it comes.

        Args:
            rng: decides the rest.
            kind: one of `WEATHERS`; None lets chance decide, mostly `dry`.
            dark: at night mist is dark.
            split: draws only rain or mist as strong as no other one has; None draws any.
        """
        kind = str(rng.choice(WEATHERS, p=_USUAL)) if kind is None else kind
        level = float(rng.uniform(25, 60) if dark else rng.uniform(140, 200))
        if kind == "dry":
            return cls()
        if kind == "mist":
            return cls("mist", veil=stretch(rng, split, 0.08, 0.3), veil_level=level)
        heavy = kind == "rain"
        count = int(rng.integers(2, 9)) if rng.random() < (0.5 if heavy else 0.2) else 0
        drops = tuple(
            (float(rng.random()), float(rng.random()), float(rng.uniform(0.01, 0.035)))
            for _ in range(count)
        )
        return cls(
            kind, streaks=int(rng.integers(250, 700) if heavy else rng.integers(60, 220)),
            length_px=float(rng.uniform(10, 30) if heavy else rng.uniform(5, 14)),
            slant=float(rng.normal(0, 0.18)), strength=stretch(rng, split, 0.12, 0.4),
            veil=float(rng.uniform(0.02, 0.14)), veil_level=level, drops=drops,
        )  # fmt: skip


def apply_weather(rgb: Rgb, draw: WeatherDraw, frame_rng: Rng) -> Rgb:
    """The picture through the weather; before the lens.

    Args:
        rgb: (H, W, 3) uint8.
        draw: the weather.
        frame_rng: where the streaks of this frame fall.

    Returns:
        (H, W, 3) uint8; the very picture given where it is dry.
    """
    seen = rgb
    if draw.veil > 0:
        haze = np.full_like(seen, round(draw.veil_level))
        seen = np.asarray(cv2.addWeighted(seen, 1 - draw.veil, haze, draw.veil, 0), np.uint8)
    if draw.streaks:
        seen = _rained(seen, draw, frame_rng)
    return _through_drops(seen, draw) if draw.drops else seen


def _rained(rgb: Rgb, draw: WeatherDraw, rng: Rng) -> Rgb:
    height, width = rgb.shape[:2]
    sheet = np.zeros((height, width), np.uint8)
    count = round(draw.streaks * width * height / (640 * 360))
    near = rng.uniform(0.4, 1.6, count)  # the nearer, the longer and the brighter
    x, y = rng.uniform(-20, width + 20, count), rng.uniform(-20, height, count)
    down = draw.length_px * near * height / 360
    sideways = down * draw.slant
    for one in range(count):
        start = round(float(x[one])), round(float(y[one]))
        end = round(float(x[one] + sideways[one])), round(float(y[one] + down[one]))
        cv2.line(sheet, start, end, min(round(140 * float(near[one])), 255), 1, cv2.LINE_AA)
    sheet = np.asarray(cv2.GaussianBlur(sheet, (0, 0), 0.7), np.uint8)
    light = float(np.clip(rgb.mean() * 1.6 + 25, 40, 235))
    share = (sheet * (draw.strength / 255))[..., None]
    return np.asarray(np.round(rgb + (light - rgb) * share).clip(0, 255), np.uint8)


def _through_drops(rgb: Rgb, draw: WeatherDraw) -> Rgb:
    """Blurred discs, a little brighter above."""
    height, width = rgb.shape[:2]
    mask = np.zeros((height, width), np.float32)
    for x, y, radius in draw.drops:
        size = max(math.ceil(radius * height), 2)
        cv2.circle(mask, (round(x * width), round(y * height)), size, 0.85, -1, cv2.LINE_AA)
    mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), 1.5), np.float32)[..., None]
    soft = cv2.GaussianBlur(rgb, (0, 0), max(height / 60, 1.0)).astype(np.float32)
    return np.asarray(np.round(rgb * (1 - mask) + soft * mask).clip(0, 255), np.uint8)
