"""Draws people, and their walk."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.drawn_street.looks import Colour, Look, Thing

#: Drawn this much larger and then shrunk, which smooths every edge alike.
OVERSAMPLING = 3


@dataclass(frozen=True, slots=True, eq=False)
class Sprite:
    """A person drawn by themselves.

    Attributes:
        picture: (H, W, 3) RGB.
        alpha: (H, W) 0 to 1, where the person is.
        foot_x: the column between the feet.
        foot_y: the row of the ground.
    """

    picture: NDArray[np.float32]
    alpha: NDArray[np.float32]
    foot_x: float
    foot_y: float


def draw_person(look: Look, *, height_px: float, phase: float, facing: int) -> Sprite:
    """Draw someone in mid-stride, seen from the side.

    Args:
        look: who.
        height_px: from the ground to the top of the head.
        phase: where in the stride, radians; a stride is two steps.
        facing: 1 to the right, −1 to the left.
    """
    pen = _Pen(height_px * OVERSAMPLING)
    _draw_body(pen, look, phase)
    return pen.to_sprite(facing)


class _Pen:
    """Draws in body lengths: x forward of the hips, y up from the ground, the head's top at 1."""

    def __init__(self, unit_px: float) -> None:
        self._unit = unit_px
        self._foot = (unit_px * 0.5, unit_px * 1.06)
        size = (round(unit_px * 1.1), round(unit_px * 1.0))  # rows, columns
        self._picture = np.zeros((*size, 3), np.uint8)
        self._mask = np.zeros(size, np.uint8)

    def limb(
        self, ends: Sequence[tuple[float, float, float]], colour: Colour, *, rim: bool = False
    ) -> None:
        """Fill the hull of circles (x, y, radius); a rim sets it off from what is behind."""
        if rim:
            wider = [(x, y, radius + 0.006) for x, y, radius in ends]
            self.limb(wider, shade(colour, 0.7))
        turn = np.linspace(0, 2 * math.pi, 24, endpoint=False)
        rounds = [
            np.stack([x + radius * np.cos(turn), y + radius * np.sin(turn)], axis=1)
            for x, y, radius in ends
        ]
        self.patch(np.concatenate(rounds), colour)

    def patch(self, corners: NDArray[np.float64], colour: Colour) -> None:
        """Fill the hull of `corners`, (N, 2) in body lengths."""
        points = np.empty_like(corners)
        points[:, 0] = self._foot[0] + corners[:, 0] * self._unit
        points[:, 1] = self._foot[1] - corners[:, 1] * self._unit
        hull = cv2.convexHull(np.round(points).astype(np.int32))
        cv2.fillConvexPoly(self._picture, hull, colour)
        cv2.fillConvexPoly(self._mask, hull, (255,))

    def to_sprite(self, facing: int) -> Sprite:
        """Shade what was drawn as if it were round, turn it and shrink it."""
        depth = cv2.distanceTransform(self._mask, cv2.DIST_L2, 3)
        roundness = np.clip(depth / (self._unit * 0.04), 0, 1) ** 0.6
        light = 0.66 + 0.36 * roundness  # (H, W)
        mask = self._mask.astype(np.float32) / 255
        picture = self._picture * (light * mask).astype(np.float32)[:, :, None]
        if facing < 0:
            picture, mask = picture[:, ::-1], mask[:, ::-1]
        height, width = (side // OVERSAMPLING for side in mask.shape)
        alpha = cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA)
        shrunk = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
        # Colours were averaged with the black around them; the mask says by how much.
        shrunk /= np.maximum(alpha, 1e-3)[:, :, None]
        return Sprite(
            np.clip(shrunk, 0, 255).astype(np.float32),
            alpha.astype(np.float32),
            self._foot[0] / OVERSAMPLING,
            self._foot[1] / OVERSAMPLING,
        )


def shade(colour: Colour, factor: float) -> Colour:
    """`colour` darker (`factor` below 1) or lighter."""
    red, green, blue = (min(round(part * factor), 255) for part in colour)
    return red, green, blue


HIP, SHOULDER, HEAD = 0.50, 0.80, 0.925
SHOES: Colour = (52, 46, 44)


def _draw_body(pen: _Pen, look: Look, phase: float) -> None:
    lift = 0.012 * math.cos(2 * phase)
    _draw_arm(pen, look, -math.sin(phase), lift, is_near=False)
    _draw_leg(pen, look, phase + math.pi, lift, is_near=False)
    if look.bag is not None and look.bag.kind == "rucksack":
        pen.limb(
            [(-0.115, 0.62 + lift, 0.05), (-0.105, 0.76 + lift, 0.045), (-0.06, 0.69 + lift, 0.08)],
            look.bag.paint,
        )
        pen.limb([(-0.135, 0.63 + lift, 0.024), (-0.12, 0.65 + lift, 0.03)], _pocket(look.bag))
    _draw_leg(pen, look, phase, lift, is_near=True)
    _draw_clothes(pen, look, math.sin(phase), lift)
    _draw_head(pen, look, lift)
    if look.bag is not None and look.bag.kind == "rucksack":
        strap = _pocket(look.bag)
        pen.limb([(-0.02, 0.81 + lift, 0.014), (0.045, 0.72 + lift, 0.012)], strap)
        pen.limb([(0.045, 0.72 + lift, 0.012), (-0.03, 0.62 + lift, 0.012)], strap)
    _draw_arm(pen, look, math.sin(phase), lift, is_near=True)


def _pocket(bag: Thing) -> Colour:
    return shade(bag.paint, 1.5) if bag.colour == "black" else shade(bag.paint, 0.75)


def _draw_leg(pen: _Pen, look: Look, phase: float, lift: float, *, is_near: bool) -> None:
    swing = 0.46 * math.sin(phase)
    bend = 0.10 + 0.85 * max(math.cos(phase), 0.0)
    knee = 0.245 * math.sin(swing), HIP + lift - 0.245 * math.cos(swing)
    shin = swing - bend
    ankle = knee[0] + 0.225 * math.sin(shin), max(knee[1] - 0.225 * math.cos(shin), 0.03)
    tone = 1.0 if is_near else 0.72
    is_bare = look.bottom is None or look.bottom.kind == "skirt"
    paint = look.skin if look.bottom is None or is_bare else look.bottom.paint
    cloth = shade(paint, tone)
    slim = 0.7 if is_bare else 1.0
    tilt = -0.45 * max(-math.sin(phase), 0.0) + 0.2 * max(math.sin(phase), 0.0)
    toe = ankle[0] + 0.075 * math.cos(tilt), max(ankle[1] - 0.018 + 0.075 * math.sin(tilt), 0.014)
    pen.limb([(*ankle, 0.026), (*toe, 0.016), (ankle[0] - 0.012, ankle[1] - 0.012, 0.02)], SHOES)
    pen.limb([(*knee, 0.05 * slim), (*ankle, 0.032 * slim)], cloth)
    pen.limb([(0.0, HIP + lift, 0.072 * slim), (*knee, 0.05 * slim)], cloth)


def _draw_arm(pen: _Pen, look: Look, swing: float, lift: float, *, is_near: bool) -> None:
    upper, fore = -0.55 * swing, -0.55 * swing + 0.45
    top = -0.008, SHOULDER - 0.02 + lift
    elbow = top[0] + 0.155 * math.sin(upper), top[1] - 0.155 * math.cos(upper)
    hand = elbow[0] + 0.14 * math.sin(fore), elbow[1] - 0.14 * math.cos(fore)
    tone = 1.0 if is_near else 0.72
    cloth, skin = shade(look.top.paint, tone), shade(look.skin, tone)
    has_sleeves = look.top.kind not in {"dress", "shirt"}
    pen.limb([(*hand, 0.024), (*elbow, 0.026)], skin)
    if is_near and look.bag is not None and look.bag.kind == "handbag":
        _draw_handbag(pen, look.bag, hand)
    if has_sleeves:
        wrist = (0.2 * elbow[0] + 0.8 * hand[0], 0.2 * elbow[1] + 0.8 * hand[1])
        pen.limb([(*elbow, 0.034), (*wrist, 0.029)], cloth, rim=is_near)
    pen.limb([(*top, 0.046), (*elbow, 0.035)], cloth, rim=is_near)
    if has_sleeves:
        pen.limb([(*elbow, 0.033), (*top, 0.04)], cloth)


def _draw_handbag(pen: _Pen, bag: Thing, hand: tuple[float, float]) -> None:
    x, y = hand
    strap = shade(bag.paint, 0.7)
    pen.limb([(x, y, 0.008), (x - 0.045, y - 0.08, 0.008)], strap)
    pen.limb([(x, y, 0.008), (x + 0.045, y - 0.08, 0.008)], strap)
    pen.limb([(x + dx, y + dy, 0.018) for dx in (-0.07, 0.07) for dy in (-0.09, -0.165)], bag.paint)
    pen.limb([(x + dx, y - 0.092, 0.014) for dx in (-0.066, 0.066)], shade(bag.paint, 1.25))


def _draw_clothes(pen: _Pen, look: Look, swing: float, lift: float) -> None:
    top = look.top.paint
    if look.bottom is not None and look.bottom.kind == "skirt":
        hem = [(x, 0.30 + lift, 0.02) for x in (-0.12 - 0.02 * swing, 0.12 + 0.02 * swing)]
        pen.limb([(0.0, 0.53 + lift, 0.075), *hem], look.bottom.paint)
    bottom_of = {"coat": (0.31, 0.125), "dress": (0.30, 0.15)}
    if look.top.kind in bottom_of:
        y, reach = bottom_of[look.top.kind]
        hem = [(x, y + lift, 0.016) for x in (-reach, reach - 0.01)]
        pen.limb([(0.0, 0.57 + lift, 0.078), *hem], top)
    waist = 0.076 if look.noun == "woman" else 0.084
    chest = 0.084 if look.noun == "woman" else 0.094
    body = [(0.0, 0.52 + lift, waist), (0.004, 0.74 + lift, chest), (0.0, 0.79 + lift, 0.062)]
    pen.limb(body, top)
    if look.top.kind == "dress":
        belt = [(-0.068, 0.575 + lift, 0.008), (0.068, 0.575 + lift, 0.008)]
        pen.limb(belt, shade(top, 0.62))
    if look.top.kind in {"coat", "jacket"}:
        front = [(0.06, 0.80 + lift, 0.006), (0.068, 0.50 + lift, 0.006)]
        pen.limb(front, shade(top, 0.7))
    if look.top.kind == "hoodie":
        pen.limb([(-0.05, 0.82 + lift, 0.03), (0.0, 0.835 + lift, 0.03)], shade(top, 0.82))


def _draw_head(pen: _Pen, look: Look, lift: float) -> None:
    y = HEAD + lift
    hair = look.hair
    if look.hairstyle == "long":
        pen.limb([(-0.03, y, 0.058), (-0.06, y - 0.15, 0.03), (-0.03, y - 0.14, 0.035)], hair)
    pen.limb([(0.0, 0.83 + lift, 0.034), (0.008, y - 0.03, 0.032)], shade(look.skin, 0.88))
    pen.limb([(0.012, y, 0.058), (0.026, y - 0.028, 0.036)], look.skin)  # skull and jaw
    pen.limb([(0.074, y - 0.008, 0.008), (0.066, y + 0.012, 0.008)], look.skin)  # nose
    pen.limb([(0.052, y + 0.008, 0.006)], (48, 36, 32))  # eye
    pen.limb(
        [(-0.028, y + 0.004, 0.05), (-0.004, y + 0.034, 0.046), (0.03, y + 0.045, 0.026)], hair
    )
    pen.limb([(-0.004, y - 0.01, 0.013)], shade(look.skin, 0.9))  # ear
    if look.hairstyle == "bun":
        pen.limb([(-0.07, y + 0.035, 0.034)], shade(hair, 1.15))
    if look.hat is not None:
        _draw_hat(pen, look.hat, y)


def _draw_hat(pen: _Pen, hat: Thing, y: float) -> None:
    paint = hat.paint
    if hat.kind == "beanie":
        pen.limb([(-0.01, y + 0.036, 0.058), (0.005, y + 0.052, 0.045)], paint)
        pen.limb([(-0.06, y + 0.012, 0.017), (0.058, y + 0.03, 0.017)], shade(paint, 0.8))
        return
    pen.limb([(-0.03, y + 0.05, 0.035), (0.035, y + 0.055, 0.032), (0.0, y + 0.075, 0.03)], paint)
    pen.limb([(-0.10, y + 0.024, 0.011), (0.115, y + 0.03, 0.011)], shade(paint, 0.8))
