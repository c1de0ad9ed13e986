"""Clothes: what each kind is cut from and how, and which of what lies beneath it stays visible."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.street.cuts import LowerCut, UpperCut
from pipeline.street.mesh import Material
from pipeline.street.people import tailoring
from pipeline.street.people.atlas import Atlas
from pipeline.street.people.bodies import Shape
from pipeline.street.people.cloth import Piece, joined, smooth

Floats = NDArray[np.float64]
Zone = Callable[[Piece], Floats]
"""At least 0 where a garment lies, of the vertices of any piece, in home metres from its edge."""


def upper_zone(cut: UpperCut) -> Zone:
    """Where a garment of this cut lies."""

    def zone(piece: Piece) -> Floats:
        return tailoring.covered(piece, _upper_ends(piece, cut, cut.hem))

    return zone


def lower_zone(cut: LowerCut) -> Zone:
    """Where a lower garment of this cut lies."""

    def zone(piece: Piece) -> Floats:
        z = piece.home[:, 2]
        return np.asarray(np.minimum.reduce([z - cut.hem, cut.waist - z, 0.3 - piece.arm[:, 1]]))

    return zone


def _upper_ends(piece: Piece, cut: UpperCut, hem: float) -> list[Floats]:
    ends = [tailoring.trunk_ends(piece, hem), tailoring.neck_ends(piece, cut.neck, cut.vee)]
    ends.append(
        tailoring.sleeve_ends(piece, cut.sleeve)
        if cut.strap == 0
        else tailoring.armhole(piece, cut.strap)
    )
    if cut.gap > 0:
        ends.append(tailoring.opening(piece, cut.gap, cut.gap_below))
    return ends


SKIRT_FROM = -0.02  # home height where a long garment's skirt takes over from its trunk


def sewn_upper(
    atlas: Atlas, shape: Shape, cut: UpperCut, material: Material, seed: int
) -> list[Piece]:
    """A top or outer garment on a body."""
    long = cut.hem < tailoring.CROTCH_Z + 0.01
    piece = atlas.surface("tights", shape)
    hem = SKIRT_FROM if long else cut.hem
    piece = _cut(piece, _upper_ends, cut, hem)
    trunk, sleeves = _trunk_and_sleeves(piece)
    if long:
        skirt = _skirt_cut(atlas, shape, cut.hem, SKIRT_FROM + 0.02)
        if cut.gap > 0:
            skirt = skirt.clipped(tailoring.opening(skirt, cut.gap, cut.gap_below))
        trunk = joined([trunk, skirt])
    trunk = tailoring.hung(trunk, tailoring.trunk_centre(trunk), tailoring.ARMPIT_Z, cut.taper)
    piece = joined([trunk, sleeves]) if len(sleeves.faces) else trunk
    piece = tailoring.laid_out(piece.thickened(_ease(piece, cut)))
    if long:
        piece = _flared(piece, cut.flare, seed)
    piece = _hemmed(tailoring.rucked(piece, cut.ruck, seed), cut)
    return [tailoring.wrinkled(piece, seed).of(material)]


def _cut(piece: Piece, ends: Callable[..., list[Floats]], *how: object) -> Piece:
    for index in range(len(ends(piece, *how))):
        piece = piece.clipped(ends(piece, *how)[index])
    return piece


def _trunk_and_sleeves(piece: Piece) -> tuple[Piece, Piece]:
    return piece.clipped(0.45 - piece.arm[:, 1]), piece.clipped(piece.arm[:, 1] - 0.45)


def _ease(piece: Piece, cut: UpperCut) -> Floats:
    along, arm = piece.arm.T
    wider = 0.5 * cut.ease_m * arm * smooth(0.3, max(0.6, cut.sleeve), along)
    over_waist = 0.006 * smooth(0.13, 0.05, piece.home[:, 2]) * (arm < 0.3)
    ease = cut.ease_m + wider + over_waist
    if cut.quilt > 0:
        up = np.where(arm > 0.5, along * tailoring.SLEEVE, piece.home[:, 2])
        ease = ease + cut.ease_m * cut.quilt * np.abs(np.sin(up / 0.06 * np.pi))
    return np.asarray(ease)


def _hemmed(piece: Piece, cut: UpperCut) -> Piece:
    """The seams of hem and cuffs, a little darker."""
    z, (along, arm) = piece.home[:, 2], piece.arm.T
    hem = smooth(0.016, 0.012, z - cut.hem) * (arm < 0.35)
    cuff = smooth(0.07, 0.06, cut.sleeve - along) * (arm > 0.5)
    return piece.tinted(0.86, np.clip(hem + cuff, 0, 1))


def sewn_lower(
    atlas: Atlas, shape: Shape, cut: LowerCut, material: Material, seed: int
) -> list[Piece]:
    """A lower garment on a body."""
    piece = _skirt(atlas, shape, cut, seed) if cut.skirt > 0 else _legs(atlas, shape, cut)
    piece = tailoring.rucked(piece, cut.ruck, seed)
    z = piece.home[:, 2]
    piece = piece.tinted(0.8, smooth(cut.waist - 0.034, cut.waist - 0.03, z))
    piece = piece.tinted(0.88, smooth(cut.hem + 0.018, cut.hem + 0.014, z))
    return [tailoring.wrinkled(piece, seed).of(material)]


def _legs(atlas: Atlas, shape: Shape, cut: LowerCut) -> Piece:
    piece = atlas.surface("tights", shape)
    piece = _cut(
        piece,
        lambda one: [0.3 - one.arm[:, 1], cut.waist - one.home[:, 2], one.home[:, 2] - cut.hem],
    )
    straight = -9.0 if cut.tight > 0.5 else -0.68
    legs = []
    for sign, side in ((1, "L"), (-1, "R")):
        leg = piece.clipped(sign * piece.home[:, 1])
        leg = tailoring.hung(leg, _leg_centre(atlas, shape, side), -0.16, cut.taper, straight)
        x, y, z = leg.home.T
        middle = np.where(z > -0.1, 0.0, sign * (0.10 + 0.09 * (-z)))
        around = np.arctan2((y - middle) * sign, x - 0.02 + 0.03 * smooth(-0.1, -0.6, z))
        legs.append(replace(leg, across_up=np.stack([around * 0.08 * sign, z], 1)))
    piece = joined(legs)
    over_shoe = 0.0 if cut.tight > 0.5 else 0.014
    ease = cut.ease_m * (0.25 + 0.75 * smooth(0.03, -0.10, piece.home[:, 2]))
    return piece.thickened(ease + over_shoe * smooth(-0.60, -0.72, piece.home[:, 2]))


def _leg_centre(atlas: Atlas, shape: Shape, side: str) -> Callable[[Floats], Floats]:
    bones = [f"{name}.{side}" for name in ("foot", "lowerleg01", "upperleg01")]
    rows = [atlas.bones[bone] for bone in bones]
    levels, ends = atlas.bodies.home_heads[rows][:, 2], shape.heads[rows]

    def centre(heights: Floats) -> Floats:
        return np.stack([np.interp(heights, levels, ends[:, axis]) for axis in (0, 1)], 1)

    return centre


def _skirt(atlas: Atlas, shape: Shape, cut: LowerCut, seed: int) -> Piece:
    piece = _skirt_cut(atlas, shape, cut.hem, cut.waist)
    piece = tailoring.hung(piece, tailoring.trunk_centre(piece), cut.waist, 0.1)
    return _flared(tailoring.laid_out(piece.thickened(cut.ease_m + 0.004)), cut.flare, seed)


def _skirt_cut(atlas: Atlas, shape: Shape, hem: float, waist: float) -> Piece:
    piece = atlas.surface("skirt", shape)
    piece = piece.clipped(waist - piece.home[:, 2])
    return piece.clipped(piece.home[:, 2] - hem)


def _flared(piece: Piece, flare: float, seed: int) -> Piece:
    """The part below the hips let out, in folds that grow towards the hem."""
    x, y, z = piece.home.T
    around = np.arctan2(y, x - tailoring.TRUNK_X)
    drop = np.maximum(0.0, SKIRT_FROM - z) * (piece.arm[:, 1] < 0.3)
    folds = 1 + 0.30 * np.sin(around * (8 + seed % 6) + seed)
    away = np.stack([x - tailoring.TRUNK_X, y, 0 * z], 1)
    away /= np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-6)
    return piece.moved(away * (flare * 0.30 * drop * folds)[:, None])
