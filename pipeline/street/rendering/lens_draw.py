"""How cameras differ: what each makes of its pictures, drawn by chance."""

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from pipeline.street.casting import Split
from pipeline.street.rendering.clock_face import ClockFace
from pipeline.street.variants import may_show

Rng = np.random.Generator

_DARK_KINDS = ("night", "infrared")
_DIM_KINDS = ("dusk", "indoors")


@dataclass(frozen=True, slots=True)
class LensDraw:
    """How one camera treats its pictures; drawn once for a camera and a light.

    Attributes:
        poor: how poor the camera is, 0 to 1; much of the rest follows from it.
        blur_px: sigma of the optics.
        streak_px: length of the blur of a shaken or slow picture; 0 without.
        streak_angle: radians.
        bloom: share of the brightest that spreads.
        vignette: share of light that the corners lose.
        fringe_px: how far red and blue are apart in the corners.
        noise: deviation of the sensor's noise in the light, of 255.
        dark_noise: what is added to it in the dark.
        coarse: size of the grain, pixels; above 1 noise reduction smeared it.
        colour_noise: share of the noise that is coloured.
        gains: red, green, blue.
        gamma: exponent.
        contrast: of an S-curve; 0 leaves the picture alone.
        lift: added to black, of 255.
        saturation: 1 leaves colours alone, 0 is grey.
        sharpen: how much of the edges is added again: the halos of cheap cameras.
        sharpen_px: how wide the halos are.
        detail: share of the pixels that are kept before scaling up again.
        jpeg_quality: of 1 to 100; None does not compress.
        is_combed: whether odd lines belong to another instant's half picture.
        is_grey: whether the camera sends no colours.
        face: clock and name; None burns nothing in.
    """

    poor: float = 0.0
    blur_px: float = 0.0
    streak_px: float = 0.0
    streak_angle: float = 0.0
    bloom: float = 0.0
    vignette: float = 0.0
    fringe_px: float = 0.0
    noise: float = 0.0
    dark_noise: float = 0.0
    coarse: float = 0.0
    colour_noise: float = 0.3
    gains: tuple[float, float, float] = (1.0, 1.0, 1.0)
    gamma: float = 1.0
    contrast: float = 0.0
    lift: float = 0.0
    saturation: float = 1.0
    sharpen: float = 0.0
    sharpen_px: float = 1.0
    detail: float = 1.0
    jpeg_quality: int | None = None
    is_combed: bool = False
    is_grey: bool = False
    face: ClockFace | None = None

    @classmethod
    def draw(
        cls, rng: Rng, kind: str, use: Literal["still", "video"] = "still", *,
        split: Split | None = None,
    ) -> "LensDraw":  # fmt: skip
        """A camera's treatment.

        Args:
            rng: decides everything.
            kind: of light, of `light.LIGHTS`: the darker, the noisier.
            use: a `still` is compressed here and may be shaken; a `video` is left to its encoder.
            split: draws only cameras as poor as no other one has; None draws any.
        """
        while not may_show(split, bad := float(rng.beta(1.3, 2.0))):
            pass
        lens = _sensor(_optics(cls(poor=bad), rng, bad, kind), rng, bad, kind)
        lens = replace(
            _processing(lens, rng, bad, kind),
            detail=float(rng.uniform(0.35, 0.9)) if rng.random() < 0.15 + 0.4 * bad else 1.0,
            is_grey=kind == "infrared" or bool(rng.random() < 0.02),
        )
        if use == "video":
            return replace(lens, face=ClockFace.draw(rng))
        return replace(
            lens,
            streak_px=_chance(rng, 0.12 if kind in _DARK_KINDS else 0.05, 2, 6),
            jpeg_quality=int(np.clip(rng.normal(70 - 45 * bad, 12), 14, 95)),
            is_combed=bool(rng.random() < 0.02),
            face=ClockFace.draw(rng) if rng.random() < 0.5 else None,
        )


def _chance(rng: Rng, share: float, low: float, high: float) -> float:
    """A figure between two others, or 0 for all but `share`."""
    value, happens = float(rng.uniform(low, high)), rng.random() < share
    return value if happens else 0.0


def _optics(lens: LensDraw, rng: Rng, bad: float, kind: str) -> LensDraw:
    dark = kind in _DARK_KINDS
    return replace(
        lens,
        blur_px=float(rng.uniform(0.2, 0.6) + 1.3 * bad * rng.random() ** 2),
        streak_angle=float(rng.uniform(0, math.pi)),
        bloom=_chance(rng, 0.9 if dark else 0.4, 0.1, 0.6 if dark else 0.3),
        vignette=_chance(rng, 0.6, 0.05, 0.35),
        fringe_px=_chance(rng, 0.3, 0.3, 1.2),
    )


def _sensor(lens: LensDraw, rng: Rng, bad: float, kind: str) -> LensDraw:
    darkness = 1.0 if kind in _DARK_KINDS else 0.4 if kind in _DIM_KINDS else 0.15
    return replace(
        lens,
        noise=float(0.8 + 3.0 * bad * rng.random()),
        dark_noise=float(rng.uniform(0.5, 4) + 11 * darkness * rng.random() * (0.3 + bad)),
        coarse=float(rng.uniform(0.0, 1.3)),
        colour_noise=float(rng.uniform(0.1, 0.7)),
    )


def _processing(lens: LensDraw, rng: Rng, bad: float, kind: str) -> LensDraw:
    warm, green = rng.normal(0, 0.04), rng.normal(0, 0.015)
    spread = 0.12 if kind in _DARK_KINDS else 0.2
    return replace(
        lens,
        gains=(math.exp(warm), math.exp(green), math.exp(-warm)),
        gamma=float(np.exp(rng.normal(0.03, spread))),
        contrast=float(rng.uniform(0.0, 1.0)),
        lift=_chance(rng, 0.35, 2, 26),
        saturation=float(np.clip(rng.normal(0.98, 0.2), 0.4, 1.45)),
        sharpen=_chance(rng, 0.65, 0.2, 0.7 + 0.9 * bad),
        sharpen_px=float(rng.uniform(0.8, 1.8)),
    )
