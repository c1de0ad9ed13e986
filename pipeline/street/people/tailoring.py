"""How cloth lies on a body: where garments end, how they hang, fold and are laid out flat."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.street.people.cloth import Piece, joined, noise, smooth, unit

Floats = NDArray[np.float64]

TRUNK_X = 0.03  # home: the upright axis of the trunk
ARMPIT_Z, CROTCH_Z = 0.37, -0.09  # home heights
SLEEVE = 0.27  # home metres for 1 along the arm
UNDER = 0.035  # how far beneath an edge hidden things may go on, home metres


def trunk_ends(piece: Piece, hem: float) -> Floats:
    """At least 0 above the hem of a top; arms are never below it."""
    return np.maximum(piece.home[:, 2] - hem, (piece.arm[:, 1] - 0.35) * 0.5)


def sleeve_ends(piece: Piece, along: float) -> Floats:
    """At least 0 from the trunk to the cuff, `along` the arm."""
    return (along - piece.arm[:, 0]) * SLEEVE


def neck_ends(piece: Piece, lower: float, vee: float) -> Floats:
    """At least 0 beneath the neckline: so much `lower`, with a V `vee` deep in front."""
    x, y, z = piece.home.T
    line = 0.532 - lower + (0.035 - x) * 0.42 - z
    line = np.maximum(line, (np.abs(y) - 0.068 - lower * 0.5) * 0.8)
    notch = np.abs(y) * max(1.1, vee / 0.06) + 0.50 - vee - z + np.maximum(0.0, 0.04 - x) * 8
    return np.asarray(np.minimum(line, notch) if vee > 0 else line)


def armhole(piece: Piece, wide: float) -> Floats:
    """At least 0 inside the straps of a sleeveless top, `wide` from the middle."""
    _, y, z = piece.home.T
    reach = wide + np.maximum(0.0, 0.42 - z) * 0.9
    return np.asarray(np.minimum(reach - np.abs(y), (0.42 - piece.arm[:, 1]) * 0.3))


def opening(piece: Piece, narrow: float, wide: float) -> Floats:
    """At least 0 beside a front opening `narrow` at the chest and `wide` at the hem."""
    x, y, z = piece.home.T
    half = narrow + (wide - narrow) * smooth(0.45, -0.2, z) if wide != narrow else narrow
    return np.asarray(np.maximum(np.abs(y) - half, 0.02 - x))


def hung(
    piece: Piece,
    centre: Callable[[Floats], Floats],
    start: float,
    taper: float,
    straight_below: float = -9.0,
) -> Piece:
    """Cloth that falls from its widest point instead of following every hollow.

    Args:
        piece: what hangs; all of it.
        centre: (V, 2) x, y of the upright axis at home heights (V,), at rest.
        start: home height from which it falls.
        taper: metres that it comes in on a metre down; 0 falls straight, below 0 flares.
        straight_below: home height from which the body's own form no longer matters.
    """
    away = piece.rest[:, :2] - centre(piece.home[:, 2])
    radius, around = np.hypot(*away.T), np.arctan2(away[:, 1], away[:, 0])
    heights = piece.home[:, 2]
    levels = np.arange(heights.min() - 0.02, start + 0.04, 0.02)
    if len(levels) < 3:
        return piece
    row = np.clip(((heights - levels[0]) / 0.02).round().astype(int), 0, len(levels) - 1)
    column = ((around + np.pi) / (2 * np.pi) * 36).astype(int) % 36
    widest = np.zeros((len(levels), 36))
    inside = heights <= start + 0.02
    np.maximum.at(widest, (row[inside], column[inside]), radius[inside])
    widest = np.maximum(widest, np.maximum(np.roll(widest, 1, 1), np.roll(widest, -1, 1)) * 0.985)
    for level in range(len(levels) - 2, -1, -1):
        widest[level] = np.maximum(widest[level], widest[level + 1] - taper * 0.02)
    widest = (np.roll(widest, 1, 1) + 2 * widest + np.roll(widest, -1, 1)) / 4
    fall = _looked_up(widest, (heights - levels[0]) / 0.02, (around + np.pi) / (2 * np.pi) * 36)
    fallen = np.maximum(0.0, np.where(inside, fall, 0.0) - radius)
    fallen = fallen * smooth(start + 0.02, start - 0.10, heights)
    foot = np.full(len(heights), (straight_below - levels[0]) / 0.02)
    own = _looked_up(widest, foot, (around + np.pi) / (2 * np.pi) * 36)
    fallen = np.where(heights < straight_below, own - radius, fallen)
    longer = fallen / np.maximum(radius, 1e-6)
    return piece.moved(np.c_[away * longer[:, None], np.zeros(len(away))])


def _looked_up(table: Floats, rows: Floats, columns: Floats) -> Floats:
    """Values between the places of `table`, which goes round in its columns."""
    rows = np.clip(rows, 0, len(table) - 1.001)
    columns = columns - 0.5
    row, column = np.floor(rows).astype(int), np.floor(columns).astype(int)
    down, along = rows - row, columns - column
    left, right = column % 36, (column + 1) % 36
    upper = table[row, left] * (1 - along) + table[row, right] * along
    lower = table[row + 1, left] * (1 - along) + table[row + 1, right] * along
    return np.asarray(upper * (1 - down) + lower * down)


def trunk_centre(piece: Piece) -> Callable[[Floats], Floats]:
    """The upright axis of the trunk at rest, for `hung`."""
    middle = piece.rest[piece.arm[:, 1] < 0.1].mean(0)[:2] if len(piece.rest) else np.zeros(2)

    def centre(heights: Floats) -> Floats:
        return np.broadcast_to([middle[0], 0.0], (len(heights), 2))

    return centre


def laid_out(piece: Piece) -> Piece:
    """The piece with pattern coordinates of a trunk cut at the back, and of sleeves cut within."""
    trunk, sleeves = piece.clipped(0.5 - piece.arm[:, 1]), piece.clipped(piece.arm[:, 1] - 0.5)
    parts = [_trunk_laid(half) for half in _halves(trunk)]
    parts += [_sleeve_laid(half) for half in _halves(sleeves)]
    return joined([part for part in parts if len(part.faces)])


def _halves(piece: Piece) -> Sequence[Piece]:
    if not len(piece.faces):
        return ()
    return piece.clipped(piece.home[:, 1]), piece.clipped(-piece.home[:, 1])


def _trunk_laid(piece: Piece) -> Piece:
    x, y, z = piece.home.T
    around = np.arctan2(np.abs(y), x - TRUNK_X) * np.where(y.sum() >= 0, 1.0, -1.0)
    return replace(piece, across_up=np.stack([around * 0.155, z], 1))


def _sleeve_laid(piece: Piece) -> Piece:
    along = piece.arm[:, 0]
    sign = 1.0 if piece.home[:, 1].sum() >= 0 else -1.0
    x, y, z = piece.home.T
    outward = (y * sign - 0.165) * 0.75 + (z - 0.467) * 0.66
    forward = x + 0.02 - np.maximum(0, along - 1) * 0.16
    around = np.arctan2(outward, forward)
    return replace(piece, across_up=np.stack([around * 0.05, 0.47 - along * SLEEVE], 1))


def rucked(piece: Piece, strength: float, seed: int) -> Piece:
    """Wrinkles: the strength where joints bend is more; the surface itself moves a little."""
    x, _, z = piece.home.T
    along, arm = piece.arm.T
    elbow = np.exp(-(((along - 1.0) / 0.25) ** 2)) * arm
    cuff = smooth(1.3, 1.9, along) * arm
    waist = np.exp(-(((z - 0.12) / 0.10) ** 2)) * (1 - arm)
    knee = np.exp(-(((z + 0.36) / 0.08) ** 2)) + smooth(-0.6, -0.76, z)
    crotch = np.exp(-(((z + 0.06) / 0.07) ** 2)) * (x > 0)
    much = 0.35 + 0.65 * np.clip(elbow + 0.7 * cuff + 0.8 * waist + knee + crotch, 0, 1)
    depth = noise(piece.home * [13, 13, 4], seed)[:, 0] * 0.5
    depth += noise(piece.home * [24, 24, 9], seed)[:, 1] * 0.3
    piece = piece.thickened(depth * much * strength * 0.006)
    return replace(piece, ruck=much * strength)


def wrinkled(piece: Piece, seed: int) -> Piece:
    """Normals turned by a fixed field of noise, as far as the piece is rucked."""
    if not piece.ruck.any():
        return piece
    turned = np.zeros_like(piece.normal)
    for scale, share in ((16.0, 0.15), (38.0, 0.10)):
        turned += share * noise(piece.home * [scale, scale, scale * 0.45], seed + int(scale))
    bent = unit(piece.normal + turned * piece.ruck[:, None])
    light = 1 + 0.025 * noise(piece.home * 12, seed + 5)[:, 0] * np.minimum(1, piece.ruck)
    return replace(piece, normal=bent, tint=piece.tint * light[:, None])


def covered(piece: Piece, ends: Sequence[Floats]) -> Floats:
    """(V,) at least 0 where a garment of those `ends` lies over the piece."""
    return np.minimum.reduce(list(ends)) if ends else np.full(len(piece.home), -1.0)
