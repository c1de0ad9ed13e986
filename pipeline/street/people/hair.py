"""Skin, faces, hair and beards."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.street.look import Body, Hair
from pipeline.street.mesh import Material
from pipeline.street.people.atlas import Atlas
from pipeline.street.people.bodies import Shape
from pipeline.street.people.cloth import Piece, noise, normals, smooth

Floats = NDArray[np.float64]

HEAD_X = 0.055  # home: the upright axis of the head


def scalp_ends(piece: Piece, back: float = 0.0) -> Floats:
    """At least 0 where hair grows, in home metres; `back` moves the hairline up in front."""
    x, y, z = piece.home.T
    line = np.interp(
        x, [-0.04, 0.02, 0.055, 0.085, 0.115, 0.15], [0.60, 0.615, 0.672, 0.70, 0.742, 0.765]
    )
    line = line + back * smooth(0.05, 0.14, x) - 0.35 * np.abs(y) * smooth(0.10, 0.15, x)
    ears = 0.074 - np.abs(y) + np.maximum(0.0, z - 0.722) * 3 + np.maximum(0.0, 0.015 - x) * 3
    return np.asarray(np.minimum(z - line, ears))


def painted_skin(piece: Piece, body: Body, hair: Hair, hair_of_skin: Floats, seed: int) -> Piece:
    """Lips, brows, sockets, beard and stubble on a face, and unevenness everywhere.

    Args:
        piece: skin.
        body: whose.
        hair: of the head and face.
        hair_of_skin: (3,) the hair's colour divided by the skin's.
        seed: of what differs between two faces.
    """
    rng = np.random.default_rng([seed, 3])
    x, y, z = piece.home.T
    wide, face = np.abs(y), x > 0.09
    piece = piece.tinted(0.94 + 0.06 * rng.random(3), np.ones(len(x)))
    rosy = np.array([1.0, 0.86, 0.84]) * (1 - 0.03 * rng.random(3))
    cheek = np.exp(-(((wide - 0.045) / 0.02) ** 2) - ((z - 0.655) / 0.022) ** 2) * face
    piece = piece.tinted(rosy, cheek * 0.7)
    socket = np.exp(-(((wide - 0.031) / 0.02) ** 2) - ((z - 0.700) / 0.012) ** 2) * face
    piece = piece.tinted(0.70, socket * 0.55)
    lips = smooth(
        1.15, 0.75, np.hypot(y / (0.023 + rng.uniform(-0.003, 0.003)), (z - 0.625) / 0.009)
    )
    red = (
        [0.80, 0.42, 0.42] if body.gender == "woman" and rng.random() < 0.5 else [0.82, 0.60, 0.58]
    )
    piece = piece.tinted(np.array(red), lips * face)
    arch = (
        0.7215
        + rng.uniform(-0.002, 0.003)
        + 0.12 * (wide - 0.015)
        - 0.45 * np.maximum(0, wide - 0.038)
    )
    brow = (
        smooth(0.0075, 0.0045, np.abs(z - arch))
        * smooth(0.008, 0.014, wide)
        * smooth(0.054, 0.048, wide)
    )
    piece = piece.tinted(np.minimum(1.0, hair_of_skin), brow * face * rng.uniform(0.6, 0.95))
    jaw = smooth(0.652, 0.632, z) * smooth(0.555, 0.575, z) * smooth(0.02, 0.05, x)
    jaw = jaw * np.where(z > 0.60, smooth(0.03, 0.055, x), 1.0) * (1 - lips)
    much = 0.85 if hair.beard else (rng.uniform(0, 0.25) if body.gender == "man" else 0.0)
    piece = piece.tinted(
        hair_of_skin, np.clip(jaw * much * (0.9 + 0.2 * noise(piece.home * 150, seed)[:, 0]), 0, 1)
    )
    worn = 1 + 0.035 * noise(piece.home * 25, seed + 2)[:, 0]
    return replace(piece, tint=piece.tint * worn[:, None])


def eyes(atlas: Atlas, shape: Shape, material: Material) -> Piece:
    """Both eyes; the iris is tint."""
    piece = atlas.surface("eyes", shape)
    away = np.hypot(np.abs(piece.home[:, 1]) - 0.0297, piece.home[:, 2] - 0.6965)
    piece = piece.without(piece.home[:, 0] < 0.108)
    away = np.hypot(np.abs(piece.home[:, 1]) - 0.0297, piece.home[:, 2] - 0.6965)
    return piece.tinted(np.array([0.12, 0.08, 0.06]), smooth(0.0085, 0.006, away)).of(material)


@dataclass(frozen=True, slots=True)
class Pressed:
    """What keeps hair down or away.

    Attributes:
        flat: a hat presses it down.
        clear_m: how far from the back it hangs, over what is worn there.
    """

    flat: bool
    clear_m: float


def grown(
    atlas: Atlas, skin: Piece, hair: Hair, material: Material, pressed: Pressed, seed: int
) -> list[Piece]:
    """Hair on a head: a cap from the scalp, and what hangs, is tied or curls.

    Args:
        atlas: of surfaces.
        skin: the body's whole skin.
        hair: what it is.
        material: of it.
        pressed: what keeps it down or away.
        seed: of its disorder.
    """
    flat = pressed.flat
    if hair.length == "bald":
        return []
    rng = np.random.default_rng([seed, 5])
    back = rng.uniform(-0.004, 0.012) if hair.length == "short" else rng.uniform(-0.012, 0.004)
    cap = skin.without((skin.home[:, 2] < 0.57) | (skin.arm[:, 1] > 0.1))
    cap = cap.clipped(scalp_ends(cap, back))
    depth = scalp_ends(cap, back)
    thick = {"short": rng.uniform(0.006, 0.016), "medium": 0.016, "long": 0.013}[hair.length]
    if hair.style == "curly":
        thick *= 1.9
    if flat:
        thick = min(thick, 0.008)
    rough = noise(cap.home * [60, 60, 40], seed)[:, 0] * (0.35 if hair.style == "curly" else 0.12)
    top = 1 + 0.35 * smooth(0.74, 0.80, cap.home[:, 2]) * (not flat)
    cap = cap.thickened(thick * smooth(-0.004, 0.022, depth) * top * (1 + rough) + 0.001)
    pieces = [_stranded(cap, seed)]
    if hair.length == "long" and hair.style in ("ponytail", "bun"):
        pieces.append(_stranded(_tied(atlas, cap, hair.style), seed))
    elif hair.length in ("medium", "long"):
        pieces.append(_stranded(_curtain(atlas, cap, hair, thick, pressed.clear_m, rng), seed))
    return [piece.of(material) for piece in pieces]


def _stranded(piece: Piece, seed: int) -> Piece:
    x, y, z = piece.home.T
    around = np.arctan2(y, x - HEAD_X)
    fine = noise(np.stack([around * 16, z * 6, x * 0], 1), seed)[:, 0]
    turned = piece.normal + 0.25 * np.c_[-np.sin(around), np.cos(around), 0 * x] * fine[:, None]
    normal = turned / np.linalg.norm(turned, axis=1, keepdims=True)
    tint = piece.tint * (1 + 0.18 * fine)[:, None]
    return replace(piece, normal=normal, tint=tint, across_up=np.stack([around * 0.09, z], 1))


def _curtain(
    atlas: Atlas, cap: Piece, hair: Hair, thick: float, clear_m: float, rng: np.random.Generator
) -> Piece:
    """Loose hair: a sheet from the crown around the back of the head to where it ends."""
    end = rng.uniform(0.555, 0.60) if hair.length == "medium" else rng.uniform(0.34, 0.47)
    rows, columns = (12 if hair.length == "medium" else 22), 41
    heights = np.linspace(0.745, end, rows)
    half = np.where(
        heights > 0.585,
        np.radians(112),
        np.radians(112) - smooth(0.585, 0.53, heights) * np.radians(45),
    )
    spread = np.linspace(-1, 1, columns)
    around = np.pi + spread[None, :] * half[:, None]
    scale, foot = _home_to_rest(cap)
    tuck = 1 - 0.16 * smooth(0.70, 0.745, heights)
    a = 0.098 + thick * 0.8 - 0.012 * smooth(0.66, 0.58, heights)
    b = 0.079 + thick * 0.9 - 0.004 * smooth(0.66, 0.58, heights)
    wave = tuck + 0.05 * np.sin(heights * (70 if hair.style == "curly" else 25) + rng.uniform(0, 6))
    x = HEAD_X + 0.002 + a[:, None] * wave[:, None] * np.cos(around)
    y = b[:, None] * wave[:, None] * np.sin(around)
    z = np.broadcast_to(heights[:, None], x.shape).copy()
    z[-1] += 0.006 * np.sin(np.arange(columns) * 2.1)
    x = np.minimum(
        x,
        _back_of_trunk(heights)[:, None]
        - clear_m * smooth(0.60, 0.56, heights)[:, None]
        + 5.0 * y**2,
    )
    home = np.stack([x.ravel(), y.ravel(), z.ravel()], 1)
    return _hanging(atlas, home, home * scale + foot, rows, columns)


def head_frame(atlas: Atlas, shape: Shape) -> tuple[Floats, Floats]:
    """(3,) scale and (3,) offset that bring home places of a head to this body's."""
    skin = atlas.surface("skin", shape)
    return _home_to_rest(skin.without((skin.home[:, 2] < 0.60) | (skin.arm[:, 1] > 0.1)))


def _home_to_rest(piece: Piece) -> tuple[Floats, Floats]:
    """(3,) scale and (3,) offset that bring home places of a head to this body's."""
    low, high = piece.home.min(0), piece.home.max(0)
    scale = (piece.rest.max(0) - piece.rest.min(0)) / (high - low)
    return scale, piece.rest.min(0) - low * scale


def _back_of_trunk(heights: Floats) -> Floats:
    """(N,) home x just behind the back at (N,) heights; far in front above the neck."""
    table_z = [0.30, 0.36, 0.42, 0.48, 0.53, 0.57, 0.60]
    table_x = [-0.075, -0.090, -0.098, -0.094, -0.085, -0.06, 0.2]
    return np.interp(heights, table_z, table_x)


def _hanging(atlas: Atlas, home: Floats, rest: Floats, rows: int, columns: int) -> Piece:
    cell = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)[None, :]).ravel()
    a, b, c, d = cell, cell + 1, cell + columns, cell + columns + 1
    faces = np.vstack([np.stack([a, c, b], 1), np.stack([b, c, d], 1)])
    count = len(home)
    low = smooth(0.60, 0.50, home[:, 2])[:, None]
    head, chest = atlas.weights("head", count), atlas.weights("spine01", count)
    skin = (head.multiply(1 - low) + chest.multiply(low)).tocsr()
    return Piece(
        home=home, rest=rest, normal=normals(rest, faces), arm=np.zeros((count, 2)),
        across_up=home[:, 1:], tint=np.ones((count, 3)), ruck=np.zeros(count), skin=skin,
        faces=faces, material=Material((0.1, 0.1, 0.1)),
    )  # fmt: skip


def _tied(atlas: Atlas, cap: Piece, style: str) -> Piece:
    """A ponytail or a bun behind the head."""
    scale, foot = _home_to_rest(cap)
    rows, columns = 14, 15
    share = np.linspace(0, 1, rows)
    if style == "bun":
        middle = np.stack([-0.030 - 0.055 * share, 0 * share, 0.735 + 0.02 * share], 1)
        thick = 0.034 * np.sqrt(np.clip(1 - (2 * share - 1) ** 2, 0.02, 1))
    else:
        middle = np.stack(
            [-0.045 - 0.075 * np.sqrt(share), 0 * share, 0.735 - 0.26 * share**1.5], 1
        )
        thick = 0.026 * np.clip(np.minimum(0.45 + share * 3, 2.2 * (1.02 - share)), 0.05, 1)
    along = np.gradient(middle, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    side = np.broadcast_to([0.0, 1.0, 0.0], along.shape)
    other = np.cross(along, side)
    angle = np.linspace(0, 2 * np.pi, columns)
    ring = (
        np.cos(angle)[None, :, None] * side[:, None] + np.sin(angle)[None, :, None] * other[:, None]
    )
    home = (middle[:, None] + thick[:, None, None] * ring).reshape(-1, 3)
    return _hanging(atlas, home, home * scale + foot, rows, columns)
