"""Bodies of every age, build and height: the anny model, turned to face +x, as plain arrays.

The only file of the street that knows torch and anny (Apache-2.0, with MakeHuman's data inside).
Its topology `anny-full` keeps the helper meshes that clothes are cut from.
"""

import logging
import os
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from scipy import sparse

from pipeline.errors import ConfigError
from pipeline.street.look import Body

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SURFACES = {
    "skin": ("body",),
    "tights": ("helper-tights",),
    "skirt": ("helper-skirt",),
    "eyes": ("helper-l-eye", "helper-r-eye"),
}
SKIN_VERTICES = 13_380  # the body itself comes first
LEAST_WEIGHT = 0.02  # of a bone on a vertex; what is less is not worth a multiplication

AGES = {"child": (0.34, 0.46), "young": (0.60, 0.67), "adult": (0.67, 0.80),
        "elderly": (0.90, 1.0)}  # fmt: skip
BUILDS = {"slim": (0.15, 0.35), "average": (0.42, 0.58), "heavy": (0.85, 1.0)}
HEIGHTS_M = {
    "woman": {"short": 1.55, "average": 1.66, "tall": 1.77},
    "man": {"short": 1.66, "average": 1.78, "tall": 1.90},
    "girl": {"short": 1.12, "average": 1.25, "tall": 1.38},
    "boy": {"short": 1.12, "average": 1.25, "tall": 1.40},
}
"""Of the middle of each word, without shoes; people lie within 4 cm of it."""

ANCESTRIES = {  # of a skin: what faces and proportions may be
    "light": (("caucasian", 0.8), ("asian", 0.2)),
    "olive": (("caucasian", 0.5), ("asian", 0.5)),
    "brown": (("asian", 0.5), ("african", 0.3), ("caucasian", 0.2)),
    "dark": (("african", 1.0),),
}


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """One person's body at rest: arms apart, feet near z = 0, facing +x.

    Attributes:
        points: (V, 3) metres.
        heads: (J, 3) where each bone begins.
        height_m: from sole to crown.
    """

    points: Floats
    heads: Floats
    height_m: float


class Bodies:
    """The body model, and what is the same of every body.

    Attributes:
        home: (V, 3) the average body at rest; clothes are cut in these coordinates.
        home_heads: (J, 3) its bones' heads.
        faces: triangles of each surface.
        weights: (V, J) how much each bone moves each vertex.
        bones: index of each bone by name.
        parents: index of each bone's parent; -1 of the root.
    """

    def __init__(self, cache_dir: Path | None = None) -> None:
        """Load the model; the first time takes about 30 s and leaves 0.9 GB in the cache.

        Args:
            cache_dir: where anny keeps what it built; None for `ANNY_CACHE_DIR` or `~/.cache/anny`.

        Raises:
            ConfigError: anny is not installed, its mesh is not the one known here, or its cache
                is damaged or has no room.
        """
        self._model = _load(cache_dir)
        self.bones = {name: index for index, name in enumerate(self._model.bone_labels)}
        self.parents = [int(parent) for parent in self._model.bone_parents]
        self.faces = _surfaces(_mesh_file())
        self.home, self.home_heads = self._rest({})
        self.weights = self._weights()

    def shape(self, body: Body) -> Shape:
        """The rest shape of `body`: the same for the same record."""
        rng = np.random.default_rng([body.seed, 11])
        points, heads = self._rest(_phenotype(body, rng))
        points = _own_face(points, self.home, rng)
        points = _own_waist(points, self.home, body.build, rng)
        skin = points[:SKIN_VERTICES, 2]
        wanted = HEIGHTS_M[body.gender][body.height] + rng.uniform(-0.035, 0.035)
        scale = wanted / (skin.max() - skin.min())
        foot = np.array([0.0, 0.0, skin.min()])
        return Shape((points - foot) * scale, (heads - foot) * scale, float(wanted))

    def _rest(self, phenotype: dict[str, float]) -> tuple[Floats, Floats]:
        import torch

        values = {
            label: torch.tensor([phenotype.get(label, 0.5)], dtype=torch.float64)
            for label in self._model.phenotype_labels
        }
        with torch.no_grad():
            strengths = self._model.get_phenotype_blendshape_coefficients(**values)[0]
        points = self._model.template_vertices.numpy().copy()
        heads = self._model.template_bone_heads.numpy().copy()
        shapes, moves = self._model.blendshapes.numpy(), self._model.bone_heads_blendshapes.numpy()
        for row, share in enumerate(strengths.tolist()):  # few are not 0
            if share:
                points += share * shapes[row]
                heads += share * moves[row]
        return _facing_x(points), _facing_x(heads)

    def _weights(self) -> sparse.csr_matrix:
        bones = self._model.vertex_bone_indices.numpy()
        shares = self._model.vertex_bone_weights.numpy().astype(np.float64)
        shares = np.where(shares < LEAST_WEIGHT, 0.0, shares)
        total = shares.sum(1, keepdims=True)
        shares = shares / np.where(total == 0, 1.0, total)
        rows = np.repeat(np.arange(len(bones)), bones.shape[1])
        matrix = sparse.csr_matrix(
            (shares.ravel(), (rows, bones.ravel())), shape=(len(bones), len(self.bones))
        )
        matrix.eliminate_zeros()
        return matrix


def _load(cache_dir: Path | None) -> Any:
    logging.getLogger("warp").setLevel(logging.ERROR)
    try:
        import anny
        import anny.paths
    except ImportError as problem:
        raise ConfigError(
            "the street cannot be drawn without anny: pip install 'descry[street]'"
        ) from problem
    chosen = cache_dir or os.environ.get("ANNY_CACHE_DIR")
    if chosen:
        anny.paths.set_anny_cache_path(chosen)
    try:
        return anny.Anny(
            topology="anny-full", phenotypes="all", phenotype_blendshapes="original",
            skinning_method="dqs",
        )  # fmt: skip
    except (OSError, SafetensorError) as problem:  # the latter also where the disk is full
        cache = anny.paths.get_anny_cache_path()
        raise ConfigError(
            f"the body model cannot be kept in {cache} ({problem}): delete what is there and make "
            "1 GB of room, or set ANNY_CACHE_DIR to another folder"
        ) from problem


def _mesh_file() -> Path:
    import anny

    return Path(anny.__file__).parent / "data" / "mpfb2" / "3dobjs" / "base.obj"


def _surfaces(path: Path) -> dict[str, Ints]:
    groups: dict[str, list[tuple[int, int, int]]] = {}
    name = ""
    for line in path.read_text().splitlines():
        if line.startswith("g "):
            name = line.split()[1]
        elif line.startswith("f "):
            first, *rest = (int(corner.split("/")[0]) - 1 for corner in line.split()[1:])
            groups.setdefault(name, []).extend((first, a, b) for a, b in pairwise(rest))
    missing = [part for parts in SURFACES.values() for part in parts if part not in groups]
    if missing:
        raise ConfigError(f"{path} has no group {missing[0]}; install anny 0.6.2 again")
    return {
        surface: np.array([face for part in parts for face in groups[part]], np.int64)
        for surface, parts in SURFACES.items()
    }


def _facing_x(points: Floats) -> Floats:
    """From anny's axes (faces -y, their left at +x) to the street's (faces +x, left at +y)."""
    return np.stack([-points[:, 1], points[:, 0], points[:, 2]], 1).astype(np.float64)


def _phenotype(body: Body, rng: np.random.Generator) -> dict[str, float]:
    woman = body.gender in ("woman", "girl")
    names, shares = zip(*ANCESTRIES[body.skin], strict=True)
    ancestry = dict.fromkeys(("african", "asian", "caucasian"), 0.05)
    ancestry[str(rng.choice(names, p=shares))] = 1.0
    age = "child" if body.gender in ("girl", "boy") else body.age
    low, high = BUILDS[body.build]
    return {
        **ancestry,
        "gender": float(rng.uniform(0.9, 1.0) if woman else rng.uniform(0.0, 0.1)),
        "age": float(rng.uniform(*AGES[age])),
        "muscle": float(rng.uniform(0.3, 0.55) if woman else rng.uniform(0.4, 0.75)),
        "weight": float(rng.uniform(low, high)),
        "height": 0.5,
        "proportions": float(rng.uniform(0.35, 0.75)),
        "cupsize": float(rng.uniform(0.3, 0.65)),
        "firmness": float(rng.uniform(0.4, 0.7)),
    }


def _own_waist(points: Floats, home: Floats, build: str, rng: np.random.Generator) -> Floats:
    """Belly and hips rounder or narrower than the model has them."""
    low, high = {"slim": (-0.06, 0.0), "average": (-0.02, 0.05), "heavy": (0.10, 0.22)}[build]
    x, y, z = home.T
    near = np.exp(-(((z - 0.12) / 0.14) ** 2)) * (np.abs(y) < 0.24)
    moved = points.copy()
    much = rng.uniform(low, high)
    moved[:, 0] += near * much * np.where(x > 0, 1.0, 0.35) * (home[:, 0] - 0.0)
    moved[:, 1] += near * much * 0.8 * points[:, 1]
    return moved


def _own_face(points: Floats, home: Floats, rng: np.random.Generator) -> Floats:
    """Make a head of one's own: jaw, cheeks, nose, forehead, each a little wider or longer."""
    wide, deep, jaw, nose, brow = rng.normal(0.0, [0.035, 0.03, 0.07, 0.012, 0.004])
    x, y, z = home.T
    head = np.clip((z - 0.59) / 0.05, 0, 1) * (np.abs(y) < 0.13)
    chin = head * np.exp(-(((z - 0.60) / 0.04) ** 2)) * (x > 0.06)
    tip = np.exp(-(((x - 0.16) / 0.02) ** 2) - (y / 0.018) ** 2 - ((z - 0.665) / 0.025) ** 2)
    ridge = head * (x > 0.10) * np.exp(-(((z - 0.725) / 0.012) ** 2))
    moved = points.copy()
    middle = np.array([0.06, 0.0])
    moved[:, 1] += head * points[:, 1] * wide + chin * points[:, 1] * jaw
    moved[:, 0] += head * (home[:, 0] - middle[0]) * deep + tip * nose + ridge * brow
    return moved
