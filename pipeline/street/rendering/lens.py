"""What a camera does to a sharp picture: optics, sensor, its own processing, and the cable.

Nothing moves a pixel to another place, so that the truth about a picture stays true. Noise comes
from one fixed sheet, shifted by chance: drawing it afresh would take longer than all the rest.
"""

import math
from datetime import datetime
from functools import cache, lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.street.rendering.clock_face import burn_in
from pipeline.street.rendering.lens_draw import LensDraw

__all__ = ["LensDraw", "apply"]

Rgb = NDArray[np.uint8]
Rng = np.random.Generator

_SHEET_PX = 800


def apply(
    rgb: Rgb,
    draw: LensDraw,
    frame_rng: Rng,
    *,
    at: datetime | None = None,
    name: str = "",
) -> Rgb:
    """The picture as it leaves the camera.

    Args:
        rgb: (H, W, 3) uint8, sharp.
        draw: how the camera is.
        frame_rng: the noise of this frame: the same generator state gives the same bytes.
        at: what the burnt-in clock shows, where the camera has one.
        name: what it calls itself.

    Returns:
        (H, W, 3) uint8.
    """
    seen = _fringed(_blurred(rgb, draw), draw)
    seen = _bloomed(seen, draw)
    seen = _noisy(seen, draw, frame_rng)
    seen = _processed(seen, draw)
    seen = _scaled(seen, draw)
    if draw.face is not None and at is not None:
        seen = burn_in(seen, draw.face, at, name)
    return _compressed(seen, draw)


def _blurred(rgb: Rgb, draw: LensDraw) -> Rgb:
    if draw.streak_px > 0:
        size = 2 * math.ceil(draw.streak_px / 2) + 1
        kernel, half = np.zeros((size, size), np.float32), size // 2
        way = np.array([math.cos(draw.streak_angle), math.sin(draw.streak_angle)]) * half
        tip, tail = np.round(half + way).astype(int), np.round(half - way).astype(int)
        cv2.line(kernel, tuple(map(int, tail)), tuple(map(int, tip)), 1.0)
        rgb = _bytes(cv2.filter2D(rgb, -1, kernel / kernel.sum()))
    if draw.blur_px < 0.25:
        return rgb
    return _bytes(cv2.GaussianBlur(rgb, (0, 0), draw.blur_px))


def _fringed(rgb: Rgb, draw: LensDraw) -> Rgb:
    """Red a little larger and blue a little smaller than green."""
    if draw.fringe_px <= 0:
        return rgb
    height, width = rgb.shape[:2]
    planes = list(cv2.split(rgb))
    for plane, sign in ((0, 1), (2, -1)):
        grow = 1 + sign * 2 * draw.fringe_px / width
        turn = np.array([[grow, 0, (1 - grow) * width / 2], [0, grow, (1 - grow) * height / 2]])
        planes[plane] = cv2.warpAffine(
            planes[plane], turn, (width, height), borderMode=cv2.BORDER_REPLICATE
        )
    return _bytes(cv2.merge(planes))


def _bloomed(rgb: Rgb, draw: LensDraw) -> Rgb:
    if draw.bloom <= 0:
        return rgb
    height, width = rgb.shape[:2]
    small = cv2.resize(rgb, (max(width // 8, 1), max(height // 8, 1)), interpolation=cv2.INTER_AREA)
    bright = cv2.GaussianBlur(np.maximum(small, 200) - np.uint8(200), (0, 0), 2.5)
    glow = cv2.resize(bright, (width, height), interpolation=cv2.INTER_LINEAR)
    return _bytes(cv2.addWeighted(rgb, 1.0, glow, 4 * draw.bloom, 0))


@cache
def _sheet(coarse: int, coloured: int) -> NDArray[np.int8]:
    """(N, N, 3) noise of deviation 32, of a grain of quarters of a pixel and tenths of colour."""
    rng = np.random.default_rng((coarse, coloured))
    noise = rng.standard_normal((_SHEET_PX, _SHEET_PX, 3), np.float32)
    share = coloured / 10
    noise = noise * share + noise[..., 1:2] * (1 - share)
    if coarse:
        noise = np.asarray(cv2.GaussianBlur(noise, (0, 0), coarse / 4), np.float32)
    level = np.round(noise * (32 / noise.std()))
    return np.asarray(np.clip(level, -127, 127), np.int8)


def _noisy(rgb: Rgb, draw: LensDraw, rng: Rng) -> Rgb:
    """Darker corners, then noise: more of it in the dark."""
    height, width = rgb.shape[:2]
    if draw.vignette > 0:
        rgb = _bytes(cv2.multiply(rgb, _corners(height, width, draw.vignette), dtype=cv2.CV_8U))
    sheet = _sheet(round(draw.coarse * 4), round(draw.colour_noise * 10))
    down, right = -(-height // _SHEET_PX), -(-width // _SHEET_PX)
    if max(down, right) > 1:
        sheet = np.tile(sheet, (down, right, 1))
    top = int(rng.integers(sheet.shape[0] - height + 1))
    left = int(rng.integers(sheet.shape[1] - width + 1))
    part = sheet[top : top + height, left : left + width]
    dark = np.linspace(1, 0, 256, dtype=np.float32)
    levels = (draw.noise + draw.dark_noise * dark * dark) / np.float32(32)
    level = levels[cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)].astype(np.float32)
    noise = cv2.multiply(part, cv2.merge([level] * 3), dtype=cv2.CV_32F)
    return _bytes(cv2.add(rgb, noise, dtype=cv2.CV_8U))


@lru_cache(maxsize=32)
def _corners(height: int, width: int, loss: float) -> NDArray[np.float32]:
    """(H, W, 3) share of light that is left."""
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None]
    left = 1 - loss * (x * x + y * y) / 2
    return np.ascontiguousarray(np.repeat(left[..., None], 3, axis=2), np.float32)


def _processed(rgb: Rgb, draw: LensDraw) -> Rgb:
    """White balance, gamma, contrast, saturation, then sharpening."""
    at = np.linspace(0, 1, 256)
    table = np.empty((256, 1, 3))
    for plane, gain in enumerate(draw.gains):
        one = np.clip(at * gain, 0, 1) ** draw.gamma
        one = one + draw.contrast * (one * one * (3 - 2 * one) - one)
        table[:, 0, plane] = draw.lift + one * (255 - draw.lift)
    seen = cv2.LUT(rgb, np.round(table).astype(np.uint8))
    colour = 0.0 if draw.is_grey else draw.saturation
    if abs(colour - 1) > 0.02:
        grey = np.array([0.299, 0.587, 0.114])
        mix = colour * np.eye(3) + (1 - colour) * np.tile(grey, (3, 1))
        seen = cv2.transform(seen, mix)
    if draw.sharpen > 0:
        soft = cv2.GaussianBlur(seen, (0, 0), draw.sharpen_px)
        seen = cv2.addWeighted(seen, 1 + draw.sharpen, soft, -draw.sharpen, 0)
    return _bytes(seen)


def _scaled(rgb: Rgb, draw: LensDraw) -> Rgb:
    """Fewer pixels, then as many as before; and the comb of half pictures."""
    height, width = rgb.shape[:2]
    if draw.detail < 1:
        few = max(round(width * draw.detail), 1), max(round(height * draw.detail), 1)
        small = cv2.resize(rgb, few, interpolation=cv2.INTER_AREA)
        rgb = _bytes(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC))
    if draw.is_combed:
        rgb = rgb.copy()
        rgb[1::2, 2:] = rgb[1::2, :-2]
    return rgb


def _compressed(rgb: Rgb, draw: LensDraw) -> Rgb:
    if draw.jpeg_quality is None:
        return rgb
    options = [cv2.IMWRITE_JPEG_QUALITY, draw.jpeg_quality]
    _, packed = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), options)
    return _bytes(cv2.imdecode(packed, cv2.IMREAD_COLOR_RGB))


def _bytes(picture: object) -> Rgb:
    return np.ascontiguousarray(picture, np.uint8)
