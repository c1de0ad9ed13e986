"""Figures: looks made into meshes, each dressed once and then posed as often as asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pipeline.street.look import Look, Pose
from pipeline.street.mesh import Material, Mesh
from pipeline.street.people.atlas import Atlas
from pipeline.street.people.bodies import Bodies, Shape
from pipeline.street.people.dressing import dressed
from pipeline.street.people.gait import Manner, joint_turns, phoning_hand

Floats = NDArray[np.float64]

UP = np.array([0, 0, 1], np.float32)  # of what a pose makes vanish
KEPT_LOOKS = 48  # dressed at a time; about 3 MB each


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """One person dressed, at rest.

    Attributes:
        shape: of the body.
        manner: how they move.
        points: (V, 4) rest places, a 1 behind each.
        normals: (V, 3) rest normals, wrinkles in them.
        weights: (V, B) of bones.
        soles: (S,) vertices that may touch the ground.
        standing: (S, B) weights of those.
        mesh: everything that no pose changes; its vertices are those at rest.
    """

    shape: Shape
    manner: Manner
    points: NDArray[np.float32]
    normals: NDArray[np.float32]
    weights: sparse.csr_matrix
    soles: NDArray[np.int64]
    standing: sparse.csr_matrix
    mesh: Mesh


class Figures:
    """People from looks. Keeps the last few dressed, so ask for all poses of a look in a row."""

    def __init__(self, cache_dir: Path | None = None) -> None:
        """Load the body model once.

        Args:
            cache_dir: where the body model keeps what it built; see `Bodies`.

        Raises:
            ConfigError: the body model is not installed.
        """
        self._atlas = Atlas(Bodies(cache_dir))
        self._figures: dict[Look, Figure] = {}

    def pose(self, look: Look, poses: Sequence[Pose]) -> list[Mesh]:
        """One mesh a pose, at the origin, feet on z = 0. The same look and pose: the same bytes."""
        figure = self._figure(look)
        return [self._posed(figure, pose) for pose in poses]

    def stride_m(self, look: Look, stride: float = 1.0) -> float:
        """Metres walked in one cycle of the gait at that stride, so that feet do not slide."""
        figure = self._figure(look)
        bone = self._atlas.bones["foot.L"]
        head = np.append(figure.shape.heads[bone], 1.0)
        x = [
            float((self._transforms(figure, Pose("walking", phase, stride))[bone] @ head)[0])
            for phase in (0.0, 0.5)
        ]
        return 2 * (x[0] - x[1])

    def _figure(self, look: Look) -> Figure:
        figure = self._figures.pop(look, None)
        if figure is None:
            figure = self._dress(look)
        self._figures[look] = figure
        while len(self._figures) > KEPT_LOOKS:
            del self._figures[next(iter(self._figures))]
        return figure

    def _dress(self, look: Look) -> Figure:
        shape = self._atlas.bodies.shape(look.body)
        pieces, manner = dressed(self._atlas, shape, look)
        sizes = [len(piece.home) for piece in pieces]
        starts = np.cumsum([0, *sizes[:-1]])
        materials: dict[Material, int] = {}
        for piece in pieces:
            materials.setdefault(piece.material, len(materials))
        index = np.repeat([materials[piece.material] for piece in pieces], sizes)
        rest = np.concatenate([piece.rest for piece in pieces])
        normal = np.concatenate([piece.normal for piece in pieces])
        faces = [piece.faces + start for piece, start in zip(pieces, starts, strict=True)]
        mesh = Mesh(
            vertices=rest.astype(np.float32), normals=normal.astype(np.float32),
            across_up=np.concatenate([p.across_up for p in pieces]).astype(np.float32),
            tint=np.concatenate([p.tint for p in pieces]).astype(np.float32),
            material=index.astype(np.int32), faces=np.vstack(faces).astype(np.int32),
            materials=tuple(materials),
        )  # fmt: skip
        weights = sparse.vstack([piece.skin for piece in pieces], format="csr").astype(np.float32)
        points = np.c_[rest, np.ones(len(rest))].astype(np.float32)
        low = np.concatenate([piece.home[:, 2] for piece in pieces]) < -0.74
        soles = np.flatnonzero(low)
        return Figure(shape, manner, points, mesh.normals, weights, soles, weights[soles], mesh)

    def _posed(self, figure: Figure, pose: Pose) -> Mesh:
        moves = self._transforms(figure, pose)[:, :3].reshape(-1, 12)
        soles = (figure.standing @ moves).reshape(-1, 3, 4)
        heights = (soles[:, 2] * figure.points[figure.soles]).sum(1)
        moves[: -len("LR"), 11] -= heights.min()  # all but what stands on the ground
        blended = (figure.weights @ moves.astype(np.float32)).reshape(-1, 3, 4)
        vertices = np.matmul(blended, figure.points[:, :, None])[..., 0]
        normals = np.matmul(blended[:, :, :3], figure.normals[:, :, None])[..., 0]
        lengths = np.linalg.norm(normals, axis=1, keepdims=True)
        normals = np.where(lengths < 1e-6, UP, normals / np.maximum(lengths, 1e-6))
        fixed = figure.mesh
        return Mesh(
            vertices, normals, fixed.across_up, fixed.tint, fixed.material, fixed.faces,
            fixed.materials,
        )  # fmt: skip

    def _transforms(self, figure: Figure, pose: Pose) -> Floats:
        """(B, 4, 4) from rest to posed places, of every bone and the extra ones."""
        bodies, heads = self._atlas.bodies, figure.shape.heads
        named = {name: heads[index] for name, index in bodies.bones.items()}
        turns = joint_turns(pose, figure.manner, named)
        moves = np.tile(np.eye(4), (len(self._atlas.bones), 1, 1))
        for name, bone in bodies.bones.items():
            parent = bodies.parents[bone]
            above = np.eye(4) if parent < 0 else moves[parent]
            moves[bone] = above @ _about(heads[bone], turns[name]) if name in turns else above
        for side in "LR":
            hand = bodies.bones[f"finger3-1.{side}"]
            moved = moves[hand] @ np.append(heads[hand], 1.0)
            moves[self._atlas.bones[f"hold.{side}"], :3, 3] = moved[:3]
            moves[self._atlas.bones[f"ground.{side}"], :2, 3] = moved[:2]
        moves[self._atlas.bones["phone"]] = self._phone(figure, pose, moves)
        return moves

    def _phone(self, figure: Figure, pose: Pose, moves: Floats) -> Floats:
        """Where the hand that phones is; nowhere, and of no size, when nobody phones."""
        hand = moves[self._atlas.bones[f"wrist.{phoning_hand(figure.manner)}"]]
        if pose.activity == "phoning":
            return np.asarray(hand)
        head = figure.shape.heads[self._atlas.bones[f"wrist.{phoning_hand(figure.manner)}"]]
        gone = np.zeros((4, 4))
        gone[:, 3] = hand @ np.append(head, 1.0)
        return gone


def _about(point: Floats, rotation: Floats) -> Floats:
    move = np.eye(4)
    move[:3, :3] = rotation
    move[:3, 3] = point - rotation @ point
    return move
