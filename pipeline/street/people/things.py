"""What people carry: rucksacks, bags, suitcases, umbrellas, phones."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.street.look import Garment
from pipeline.street.mesh import Material
from pipeline.street.people import solids
from pipeline.street.people.atlas import Atlas
from pipeline.street.people.bodies import Shape
from pipeline.street.people.cloth import Piece, smooth

Floats = NDArray[np.float64]

GROWN_M = 1.72  # height at which things have the sizes below; children's are smaller


@dataclass(frozen=True, slots=True, eq=False)
class Wearer:
    """Who carries, and what straps lie on.

    Attributes:
        atlas: of surfaces.
        shape: of the body.
        trunk: the outermost upper clothes, finished.
        side: hand that holds it: `L` or `R`.
    """

    atlas: Atlas
    shape: Shape
    trunk: Sequence[Piece]
    side: str

    @property
    def scale(self) -> float:
        """Of things, by the wearer's height."""
        return float(np.clip(self.shape.height_m / GROWN_M, 0.68, 1.08))

    def head(self, bone: str) -> Floats:
        """(3,) where a bone begins at rest."""
        return np.asarray(self.shape.heads[self.atlas.bones[bone]])

    def fixed(self, solid: solids.Solid, bone: str, material: Material) -> Piece:
        """A solid carried by one bone."""
        return solids.hung_on(solid, self.atlas.weights(bone, len(solid[0])), material)


def carried(wearer: Wearer, thing: Garment, material: Material, second: Material) -> list[Piece]:
    """A thing of its kind where it is carried; unknown kinds are handbags."""
    makers = {
        "rucksack": _rucksack, "shoulder bag": _shoulder_bag, "suitcase": _suitcase,
        "umbrella": _umbrella, "shopping bag": _shopping_bag,
    }  # fmt: skip
    return makers.get(thing.kind, _handbag)(wearer, thing, material, second)


def _back_x(wearer: Wearer, low: float, high: float) -> float:
    """Where the back of the clothes is at rest, between two heights."""
    backs = [
        piece.rest[
            (np.abs(piece.rest[:, 1]) < 0.12)
            & (piece.rest[:, 2] > low)
            & (piece.rest[:, 2] < high)
            & (piece.arm[:, 1] < 0.2),
            0,
        ]
        for piece in wearer.trunk
    ]
    return float(min((back.min() for back in backs if len(back)), default=-0.1))


def _rucksack(wearer: Wearer, thing: Garment, material: Material, second: Material) -> list[Piece]:
    s = wearer.scale
    tall, wide, deep = (
        (0.40 + 0.13 * thing.shape) * s,
        (0.28 + 0.05 * thing.tone) * s,
        (0.14 + 0.06 * thing.shape) * s,
    )
    top = wearer.head("clavicle.L")[2] + 0.02 * s
    middle = top - tall / 2
    x = _back_x(wearer, middle - tall / 3, middle + tall / 3) - deep / 2 + 0.025
    main = solids.at(solids.rounded_box((deep, wide, tall), 0.38), (x, 0, middle))
    pocket = solids.rounded_box((deep * 0.5, wide * 0.78, tall * 0.42), 0.38)
    pocket = solids.at(pocket, (x - deep / 2, 0, middle - tall * 0.2))
    pieces = [wearer.fixed(main, "spine02", material), wearer.fixed(pocket, "spine02", second)]
    body, front = pieces
    lid = np.abs(body.rest[:, 2] - (middle + tall * 0.25))
    pieces = [
        body.tinted(0.7, smooth(0.012, 0.004, lid)),
        front.tinted(0.86, np.ones(len(front.home))),
    ]
    return pieces + _straps(wearer, material)


def _straps(wearer: Wearer, material: Material) -> list[Piece]:
    """Both shoulder straps, on the clothes: in front down to the waist, behind down to the bag."""
    straps = []
    for piece in wearer.trunk:
        _, y, z = piece.home.T
        middle = 0.098 + 0.03 * smooth(0.42, 0.28, z) - 0.01 * smooth(0.45, 0.55, z)
        band = _trunk_of(piece.clipped(0.021 - np.abs(np.abs(y) - middle)))
        lowest = np.where(band.home[:, 0] > 0.02, 0.22, 0.36)
        straps.append(_laid_on(band.clipped(band.home[:, 2] - lowest), material))
    return [strap for strap in straps if len(strap.faces)]


def _trunk_of(piece: Piece) -> Piece:
    return piece.clipped(0.4 - piece.arm[:, 1])


def _laid_on(piece: Piece, material: Material) -> Piece:
    piece = replace(
        piece.thickened(0.006), tint=np.full((len(piece.home), 3), 0.72), material=material
    )
    return replace(piece, ruck=np.zeros(len(piece.home)))


def _shoulder_bag(
    wearer: Wearer, thing: Garment, material: Material, _second: Material
) -> list[Piece]:
    s = wearer.scale
    sign = -1.0 if wearer.side == "R" else 1.0
    size = ((0.26 + 0.10 * thing.shape) * s, 0.10 * s, (0.20 + 0.10 * thing.tone) * s)
    hip = wearer.head("upperleg01.L")
    sides = [
        np.abs(p.rest[(np.abs(p.rest[:, 2] - hip[2]) < 0.06) & (p.arm[:, 1] < 0.1), 1])
        for p in wearer.trunk
    ]
    wide = max((side.max() for side in sides if len(side)), default=0.17)
    place = (hip[0] - 0.02, sign * (wide + size[1] * 0.42), hip[2] - 0.02)
    bag = wearer.fixed(solids.at(solids.rounded_box(size, 0.3), place), "root", material)
    flap = smooth(0.01, 0.004, np.abs(bag.rest[:, 2] - place[2] - size[2] * 0.1))
    straps = []
    for piece in wearer.trunk:
        _, y, z = piece.home.T
        along = np.array([sign * 0.27, -0.53])  # from the far shoulder to the near hip
        along = along / np.linalg.norm(along)
        aside = (y + sign * 0.095) * along[1] - (z - 0.53) * along[0]
        band = _trunk_of(piece.clipped(0.016 - np.abs(aside)))
        straps.append(_laid_on(band, material))
    straps = [strap for strap in straps if len(strap.faces)]
    return [bag.tinted(0.7, flap), *straps]


def _handbag(wearer: Wearer, thing: Garment, material: Material, _second: Material) -> list[Piece]:
    s = wearer.scale
    long, deep, tall = (
        (0.24 + 0.12 * thing.shape) * s,
        (0.09 + 0.04 * thing.tone) * s,
        (0.17 + 0.10 * thing.shape) * s,
    )
    drop = (0.10 + 0.08 * thing.tone) * s
    points, faces = solids.rounded_box((long, deep, tall), 0.3)
    points[:, :2] *= (1 - 0.22 * points[:, 2:] / tall) if thing.shape > 0.4 else 1
    box = solids.at((points, faces), (0, 0, -drop - tall / 2))
    handles = [_loop(long * 0.26, drop, side * deep * 0.25) for side in (1, -1)]
    bone = f"hold.{wearer.side}"
    dark = wearer.fixed(solids.merged(*handles), bone, material)
    return [wearer.fixed(box, bone, material), dark.tinted(0.75, np.ones(len(dark.home)))]


def _loop(half: float, drop: float, aside: float) -> solids.Solid:
    angle = np.linspace(0, np.pi, 11)
    path = np.stack(
        [half * np.cos(angle), np.full(11, aside), -drop * (1 - np.sin(angle)) + 0.0], 1
    )
    return solids.tube(path, 0.008, 6)


def _shopping_bag(
    wearer: Wearer, thing: Garment, material: Material, _second: Material
) -> list[Piece]:
    s = wearer.scale
    long, deep, tall = (0.28 + 0.08 * thing.shape) * s, 0.13 * s, (0.30 + 0.08 * thing.tone) * s
    points, faces = solids.rounded_box((long, deep, tall), 0.22)
    up = np.clip(points[:, 2] / tall + 0.5, 0, 1)
    points[:, 1] *= 1 - 0.7 * up**2
    points[:, 0] *= 1 - 0.12 * up
    points += 0.012 * np.sin(points[:, [2, 0, 1]] * 31 + thing.tone * 40)
    box = solids.at((points, faces), (0, 0, -0.09 * s - tall / 2))
    handles = [_loop(long * 0.2, 0.11 * s, side * 0.012) for side in (1, -1)]
    return [wearer.fixed(solids.merged(box, *handles), f"hold.{wearer.side}", material)]


def _suitcase(wearer: Wearer, thing: Garment, material: Material, _second: Material) -> list[Piece]:
    s = wearer.scale
    size = (
        (0.22 + 0.06 * thing.tone) * s,
        (0.36 + 0.08 * thing.shape) * s,
        (0.50 + 0.16 * thing.shape) * s,
    )
    centre = np.array([-0.30 * s, 0.0, size[2] / 2 + 0.05])
    case = wearer.fixed(
        solids.at(solids.rounded_box(size, 0.22), centre), f"ground.{wearer.side}", material
    )
    ribs = smooth(0.3, 0.8, np.sin((case.rest[:, 1]) * 110))
    case = case.tinted(0.85, ribs * (np.abs(case.rest[:, 0] - centre[0]) > size[0] * 0.4))
    black = Material((0.02, 0.02, 0.02), gloss=0.2, infrared=0.3)
    ends = np.array([[-0.06, 0, 0.0], [centre[0] * 0.9, 0, size[2]]])
    rails = solids.merged(*(_rail(ends, side * 0.06 * s) for side in (1, -1)))
    low = np.clip(rails[0][:, 2] / size[2], 0, 1)[:, None] > 0.5
    hand, ground = (
        wearer.atlas.weights(f"{bone}.{wearer.side}", len(low)) for bone in ("hold", "ground")
    )
    weights = (hand.multiply(~low) + ground.multiply(low)).tocsr()
    grip = solids.tube(
        np.array([[-0.06, -0.07 * s, 0], [-0.06, 0, 0.0], [-0.06, 0.07 * s, 0]]), 0.012
    )
    wheels = [
        solids.at(
            solids.rounded_box((0.05, 0.03, 0.05), 0.7),
            (centre[0] + side * 0.05, y * size[1] * 0.38, 0.025),
        )
        for side in (1, -1)
        for y in (1, -1)
    ]
    return [
        case, solids.hung_on(rails, weights, black),
        wearer.fixed(grip, f"hold.{wearer.side}", black),
        wearer.fixed(solids.merged(*wheels), f"ground.{wearer.side}", black),
    ]  # fmt: skip


def _rail(ends: Floats, aside: float) -> solids.Solid:
    return solids.tube(ends + np.array([0.0, aside, 0.0]), 0.008, 5)


def _umbrella(wearer: Wearer, thing: Garment, material: Material, _second: Material) -> list[Piece]:
    s = wearer.scale
    sign = -1.0 if wearer.side == "R" else 1.0
    wide, reach = (0.46 + 0.12 * thing.shape) * s, 0.62 * s
    points, faces = solids.dome((wide, wide, 0.24 * s), 0.02, 48)
    around = np.arctan2(points[:, 1], points[:, 0])
    scallop = 1 - 0.07 * np.abs(np.sin(around * 4)) * (1 - points[:, 2] / (0.24 * s))
    points[:, :2] *= scallop[:, None]
    aside = np.array([0.04, -sign * 0.16 * s, 0.0])
    canopy = solids.at((points, faces), aside + np.array([0, 0, reach]))
    ends = np.array([[0, 0, -0.14], [0, 0, 0.0], aside + np.array([0, 0, reach + 0.27 * s])])
    bone = f"hold.{wearer.side}"
    black = Material((0.02, 0.02, 0.02), gloss=0.2, infrared=0.3)
    cloth = wearer.fixed(canopy, bone, material)
    ribs = smooth(0.25, 0.08, np.abs(np.sin(around * 4)))
    cloth = replace(
        cloth.tinted(0.85, ribs), across_up=np.stack([around * 0.2, np.hypot(*points[:, :2].T)], 1)
    )
    return [cloth, wearer.fixed(solids.tube(ends, 0.009), bone, black)]


def phone(wearer: Wearer) -> list[Piece]:
    """A phone in the hand that the bone `phone` shows only while somebody is phoning."""
    place = (wearer.head(f"finger3-1.{wearer.side}") + wearer.head(f"finger2-2.{wearer.side}")) / 2
    box = solids.at(solids.rounded_box((0.075, 0.014, 0.15), 0.2), place)
    return [wearer.fixed(box, "phone", Material((0.02, 0.02, 0.025), gloss=0.5, infrared=0.3))]
