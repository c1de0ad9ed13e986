"""Where one is on a body: arm, leg, trunk, front; the same for everybody, so found once."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pipeline.street.mesh import Material
from pipeline.street.people import cutting
from pipeline.street.people.bodies import Bodies, Shape
from pipeline.street.people.cloth import Piece, normals

Floats = NDArray[np.float64]

EXTRA_BONES = ("hold.L", "hold.R", "phone", "ground.L", "ground.R")
"""Beside the body's bones: upright at each hand (what hangs there has places relative to it), a
phone that is there only while somebody is phoning, and the ground beneath each hand."""

ARM_BONES = ("upperarm", "lowerarm", "wrist", "finger", "metacarpal")
NO_ARM = -0.3  # how far along the arm the trunk is


class Atlas:
    """Surfaces of the body model with everything that cuts need to know.

    Attributes:
        bodies: the model.
        bones: index of each bone, the extra ones included.
    """

    def __init__(self, bodies: Bodies) -> None:
        self.bodies = bodies
        names = [*bodies.bones, *EXTRA_BONES]
        self.bones = {name: index for index, name in enumerate(names)}
        self._arm = _along_arm(bodies)
        self._own: dict[str, sparse.csr_matrix] = {}
        self._last: Shape | None = None
        self._fitted: dict[
            str, Piece
        ] = {}  # of the last shape: one person needs each several times
        self._blank: dict[str, Piece] = {}
        for name in ("skin", "eyes", "tights", "skirt"):
            self._add(name, fine=name in ("tights", "skirt"))

    def weights(self, bone: str, count: int) -> sparse.csr_matrix:
        """(count, B) weights that hang all on one bone."""
        rows, column = np.arange(count), np.full(count, self.bones[bone])
        return sparse.csr_matrix((np.ones(count), (rows, column)), (count, len(self.bones)))

    def surface(self, name: str, shape: Shape) -> Piece:
        """The surface `name` (`skin`, `eyes`, `tights`, `skirt`) on a body of `shape`."""
        if self._last is not shape:
            self._last, self._fitted = shape, {}
        if name not in self._fitted:
            blank = self._blank[name]
            own = self._own[name] @ shape.points
            fitted = replace(blank, rest=own, normal=normals(own, blank.faces, blank.normal))
            self._fitted[name] = fitted
        return self._fitted[name]

    def _add(self, name: str, fine: bool) -> None:
        faces = self.bodies.faces[name]
        used, renamed = np.unique(faces, return_inverse=True)
        home = self.bodies.home[used]
        extra = sparse.csr_matrix((len(used), len(EXTRA_BONES)))
        faces = renamed.reshape(-1, 3)
        piece = Piece(
            home=home, rest=home, normal=normals(home, faces), arm=self._arm[used],
            across_up=home[:, 1:], tint=np.ones((len(used), 3)), ruck=np.zeros(len(used)),
            skin=sparse.hstack([self.bodies.weights[used], extra], format="csr"), faces=faces,
            material=Material((0.5, 0.5, 0.5)),
        )  # fmt: skip
        own = sparse.identity(len(self.bodies.home), format="csr")[used]
        if fine:
            finer, mixes = cutting.refine(faces, len(used))
            piece, own = piece.mixed(finer, mixes), mixes @ own
        self._blank[name], self._own[name] = piece, own


def _along_arm(bodies: Bodies) -> Floats:
    """(V, 2) as `Piece.arm` has it."""
    home = bodies.home
    columns = [i for name, i in bodies.bones.items() if name.startswith(ARM_BONES)]
    much = np.asarray(bodies.weights[:, columns].sum(1)).ravel()
    along = np.full(len(home), NO_ARM)
    for side, sign in (("L", 1), ("R", -1)):
        shoulder, elbow, wrist = (
            bodies.home_heads[bodies.bones[f"{bone}.{side}"]]
            for bone in ("upperarm01", "lowerarm01", "wrist")
        )
        upper, upper_far = _projected(home, shoulder, elbow)
        lower, lower_far = _projected(home, elbow, wrist)
        here = np.where(
            upper_far <= lower_far, np.minimum(upper, 1.05), 1 + np.maximum(lower, -0.05)
        )
        share = np.clip(much * 2 - 0.2, 0, 1)
        mine = home[:, 1] * sign > 0.1
        along = np.where(mine, NO_ARM * (1 - share) + here * share, along)
    return np.stack([along, much], 1)


def _projected(points: Floats, start: Floats, end: Floats) -> tuple[Floats, Floats]:
    """Share of the way from `start` to `end`, and distance from that line."""
    bone = end - start
    share = (points - start) @ bone / (bone @ bone)
    nearest = start + np.clip(share, 0, 1.5)[:, None] * bone
    return share, np.linalg.norm(points - nearest, axis=1)
