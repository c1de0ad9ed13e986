"""Plain shapes that places are built of: boxes, walls, posts and blobs, gathered into one mesh."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.street.mesh import Material, Mesh

_SIDES = np.array(
    [[0, 1, 5, 4], [1, 3, 7, 5], [3, 2, 6, 7], [2, 0, 4, 6], [4, 5, 7, 6], [2, 3, 1, 0]]
)
_CORNERS = np.array([[x, y, z] for z in (-0.5, 0.5) for y in (-0.5, 0.5) for x in (-0.5, 0.5)])
_UPWARDS = 0.7

Quads = NDArray[np.float64]


class Shapes:
    """Gathers four-sided faces; `mesh` makes one of them all."""

    def __init__(self) -> None:
        self._materials: dict[Material, int] = {}
        self._quads: list[Quads] = []
        self._normals: list[Quads] = []
        self._tints: list[Quads] = []
        self._rows: list[NDArray[np.int32]] = []

    def quads(
        self,
        corners: ArrayLike,
        material: Material | Sequence[Material],
        *,
        normals: ArrayLike | None = None,
        tint: ArrayLike = 1.0,
    ) -> None:
        """Add (Q, 4, 3) corners in metres, counter-clockwise from outside.

        Args:
            corners: see above.
            material: of all, or of each.
            normals: (Q, 4, 3); those of flat faces where not given.
            tint: broadcast to (Q, 4, 3).
        """
        placed = np.asarray(corners, np.float64).reshape(-1, 4, 3)
        count = len(placed)
        if normals is None:
            flat = np.cross(placed[:, 2] - placed[:, 0], placed[:, 3] - placed[:, 1])
            flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-9)
            normals = np.repeat(flat[:, None], 4, axis=1)
        each = [material] * count if isinstance(material, Material) else material
        rows = [self._materials.setdefault(one, len(self._materials)) for one in each]
        self._quads.append(placed)
        self._normals.append(np.asarray(normals, np.float64).reshape(-1, 4, 3))
        self._tints.append(np.broadcast_to(np.asarray(tint, np.float64), placed.shape))
        self._rows.append(np.repeat(np.asarray(rows, np.int32), 4))

    def boxes(
        self,
        centres: ArrayLike,
        sizes: ArrayLike,
        material: Material | Sequence[Material],
        *,
        turn: float = 0.0,
        base: float = 1.0,
    ) -> None:
        """Add boxes by their (B, 3) middles and sizes, all turned about z by `turn` radians.

        `base` is the tint of their lower edges: darker than 1 where dirt and shade gather.
        """
        at, size = (
            np.atleast_2d(np.asarray(centres, float)),
            np.atleast_2d(np.asarray(sizes, float)),
        )
        corners = (_CORNERS[None] * size[:, None]) @ _about_z(turn).T + at[:, None]
        tint = np.where(_CORNERS[:, 2:] < 0, base, 1.0)[_SIDES]
        each = material if isinstance(material, Material) else [m for m in material for _ in _SIDES]
        self.quads(
            corners[:, _SIDES].reshape(-1, 4, 3), each, tint=np.tile(tint, (len(corners), 1, 1))
        )

    def posts(
        self,
        centres: ArrayLike,
        radius: float,
        height: float,
        material: Material,
        *,
        top: float | None = None,
        sides: int = 10,
    ) -> None:
        """Add upright round posts that stand on their (P, 3) centres; `top` is another radius."""
        around = np.linspace(0, 2 * math.pi, sides + 1)
        ring = np.stack([np.cos(around), np.sin(around), np.zeros(sides + 1)], axis=1)
        upper = radius if top is None else top
        low, high = ring * radius, ring * upper + [0, 0, height]
        side = np.stack([low[:-1], low[1:], high[1:], high[:-1]], axis=1)
        normal = np.stack([ring[:-1], ring[1:], ring[1:], ring[:-1]], axis=1)
        middle = np.tile([0, 0, height], (sides, 1))
        lid = np.stack([middle, high[:-1], high[1:], middle], axis=1)
        for at in np.atleast_2d(np.asarray(centres, float)):
            self.quads(side + at, material, normals=normal)
            self.quads(lid + at, material, normals=np.broadcast_to([0.0, 0.0, 1.0], lid.shape))

    def blob(
        self,
        rng: np.random.Generator,
        centre: ArrayLike,
        radii: ArrayLike,
        material: Material,
        *,
        rough: float = 0.15,
    ) -> None:
        """Add an uneven ball: the crown of a tree, a bush."""
        rows, columns = 9, 14
        polar, around = np.meshgrid(
            np.linspace(0, math.pi, rows), np.linspace(0, 2 * math.pi, columns), indexing="ij"
        )
        bumps = 1 + rough * rng.normal(size=polar.shape)
        bumps[:, -1] = bumps[:, 0]
        out = np.stack(
            [np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around), -np.cos(polar)],
            axis=-1,
        )
        places = out * bumps[..., None] * np.asarray(radii) + np.asarray(centre)
        tint = np.broadcast_to((0.55 + 0.45 * (out[..., 2:] + 1) / 2) * bumps[..., None], out.shape)
        self.quads(_grid(places), material, normals=_grid(out), tint=_grid(tint))

    def ground(
        self,
        rng: np.random.Generator,
        low: tuple[float, float],
        high: tuple[float, float],
        material: Material,
        *,
        z: float = 0.0,
        uneven: float = 0.06,
    ) -> None:
        """Add a flat floor between two corners, its brightness wavering from metre to metre."""
        columns, rows = (max(2, math.ceil((high[i] - low[i]) / 2.0) + 1) for i in (0, 1))
        x, y = np.meshgrid(
            np.linspace(low[0], high[0], columns), np.linspace(low[1], high[1], rows)
        )
        places = np.stack([x, y, np.full_like(x, z)], axis=-1)
        level = np.clip(1 + uneven * rng.normal(size=x.shape), 0.6, 1.4)
        self.quads(_grid(places), material, tint=_grid(np.repeat(level[..., None], 3, axis=2)))

    def wall(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        height: float,
        material: Material,
        *,
        z: float = 0.0,
        base: float = 0.75,
    ) -> None:
        """Add an upright wall; its outside is to the left of the way from `start` to `end`."""
        (x0, y0), (x1, y1) = start, end
        top = z + height
        corners = [[[x1, y1, z], [x0, y0, z], [x0, y0, top], [x1, y1, top]]]
        shade = np.array([base, base, 1.0, 1.0])[None, :, None]
        self.quads(corners, material, tint=shade)

    def mesh(self) -> Mesh:
        """All that was added; pattern coordinates lie on the surfaces, in metres of the place."""
        places, normals = np.concatenate(self._quads), np.concatenate(self._normals)
        flat = normals.mean(axis=1)
        lies = np.abs(flat[:, 2]) > _UPWARDS
        along = np.stack([-flat[:, 1], flat[:, 0]], axis=1)
        along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
        across = np.einsum("qck,qk->qc", places[..., :2], along)
        upright = np.stack([across, places[..., 2]], axis=-1)
        pattern = np.where(lies[:, None, None], places[..., :2], upright)
        first = np.arange(len(places), dtype=np.int32)[:, None] * 4
        faces = np.concatenate([first + np.array(half) for half in ((0, 1, 2), (0, 2, 3))]).astype(
            np.int32
        )
        return Mesh(
            places.reshape(-1, 3).astype(np.float32), normals.reshape(-1, 3).astype(np.float32),
            pattern.reshape(-1, 2).astype(np.float32),
            np.concatenate(self._tints).reshape(-1, 3).astype(np.float32),
            np.concatenate(self._rows), faces, tuple(self._materials),
        )  # fmt: skip


def _about_z(turn: float) -> NDArray[np.float64]:
    cos, sin = math.cos(turn), math.sin(turn)
    return np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])


def _grid(values: NDArray[np.float64]) -> Quads:
    """(R, C, 3) points of a grid to its ((R - 1) * (C - 1), 4, 3) cells, counter-clockwise."""
    cells = np.stack([values[:-1, :-1], values[:-1, 1:], values[1:, 1:], values[1:, :-1]], axis=2)
    return cells.reshape(-1, 4, 3)
