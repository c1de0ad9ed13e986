"""A street: two pavements, a road, houses on both sides, parked cars, trees and clutter."""

import math

import numpy as np

from pipeline.street.camera import Camera
from pipeline.street.mesh import Material, Pattern
from pipeline.street.scenery import props, surfaces
from pipeline.street.scenery.place import Place, Stand, Walk, both_ways, hang, is_for_tests
from pipeline.street.scenery.shapes import Shapes

Rng = np.random.Generator
_HALF_LENGTH_M = 22.0
_CROSSING_M = 2.2
_CLEAR_M = 4.0  # nothing stands so close before the camera across the road
_TREES_WITHIN_M = 9.0  # further out they would hang before the cameras


def make_street(seed: int) -> Place:
    """The street of a seed. It runs along x; the near pavement is where y is about 0."""
    rng, test = np.random.default_rng((1, seed)), is_for_tests(seed)
    shapes = Shapes()
    near, road = rng.uniform(4.2, 6.0), rng.uniform(6.0, 8.5)
    kerb, far_kerb = -near / 2, -near / 2 - road
    _grounds(shapes, rng, test, kerb, far_kerb, near / 2)
    _houses(shapes, rng, near / 2, test=test, faces_down=True)
    _houses(shapes, rng, far_kerb - 3.2, test=test, faces_down=False)
    across = rng.uniform(-4, 4)
    lamps = _furniture(shapes, rng, kerb, far_kerb, across)
    for x, turned in _parked(rng):
        if rng.random() < 0.75:
            props.car(shapes, rng, (x, kerb - 1.15), turned)
        if rng.random() < 0.6:
            props.car(shapes, rng, (x + 1.0, far_kerb + 1.15), turned + math.pi)
    cameras = _cameras(rng, near, far_kerb, across)
    walks, stands = _walks(rng, near, far_kerb), _stands(rng, near)
    return Place.cleared("street", seed, shapes.mesh(), cameras, walks, stands, False, lamps)


def _grounds(
    shapes: Shapes, rng: Rng, test: bool, kerb: float, far_kerb: float, wall: float
) -> None:
    pavement, long = surfaces.outside_ground(rng, test=test), _HALF_LENGTH_M + 18
    shapes.ground(rng, (-long, kerb), (long, wall), pavement)
    shapes.ground(rng, (-long, far_kerb - 3.2), (long, far_kerb), pavement)
    shapes.ground(rng, (-long, far_kerb), (long, kerb), surfaces.asphalt(rng), z=-0.01)
    stone = Material(surfaces.grey(rng, 0.25, 0.5), infrared=0.4)
    for y in (kerb, far_kerb):
        shapes.boxes([0, y, -0.04], [2 * long, 0.16, 0.1], stone)
    white = Material((0.55, 0.55, 0.52), infrared=0.7)
    middle = (kerb + far_kerb) / 2
    dashes = np.arange(-30, 30, 4.0)
    _flat(shapes, [(x, middle, 2.0, 0.12) for x in dashes if abs(x) > 3], white)
    stripes = np.arange(far_kerb + 0.5, kerb - 0.4, 0.95)
    if rng.random() < 0.7:
        _flat(shapes, [(0.0, y, 3.0, 0.5) for y in stripes], white)
    for _ in range(4):  # manholes and patches
        x, y = rng.uniform(-10, 10), rng.uniform(far_kerb, wall - 0.6)
        _flat(shapes, [(x, y, *rng.uniform(0.5, 1.6, 2))], surfaces.asphalt(rng))


def _flat(
    shapes: Shapes, marks: list[tuple[float, float, float, float]], material: Material
) -> None:
    """Paint on the ground: middle x and y, length along x and y."""
    if marks:
        at = np.array(marks)
        centres = np.c_[at[:, :2], np.full(len(at), 0.004)]
        shapes.boxes(centres, np.c_[at[:, 2:], np.full(len(at), 0.008)], material)


def _houses(shapes: Shapes, rng: Rng, y: float, *, test: bool, faces_down: bool) -> None:
    """A row of houses with shops below; they face -y, or +y across the road."""
    x, out = -_HALF_LENGTH_M - 18, -1.0 if faces_down else 1.0
    while x < _HALF_LENGTH_M + 18:
        wide = rng.uniform(6, 13)
        ends = ((x, y), (x + wide, y))
        start, end = ends if not faces_down else ends[::-1]
        ground = rng.uniform(2.9, 3.6)
        shapes.wall(start, end, ground, surfaces.wall(rng, test=test))
        shapes.wall(start, end, rng.uniform(5, 9), surfaces.facade(rng, test=test), z=ground)
        _ground_floor(shapes, rng, (x, x + wide), (y, out), ground)
        x += wide


def _ground_floor(
    shapes: Shapes, rng: Rng, span: tuple[float, float], face: tuple[float, float], tall: float
) -> None:
    """Doors, shop windows, signs and awnings."""
    (x, end), (y, out) = span, face
    shop, frame = rng.random() < 0.65, surfaces.paint(rng, gloss=0.2)
    x += 0.5
    while x + 1.2 < end:
        wide = min(rng.uniform(1.5, 3.2) if shop else rng.uniform(0.9, 1.4), end - x - 0.2)
        door = rng.random() < 0.3
        low, high = (0.02, 2.15) if door else (0.45 if shop else 1.0, 2.4)
        pane = surfaces.glass(rng) if rng.random() < 0.75 else surfaces.goods(rng)
        if shop and rng.random() < 0.5:
            pane = Material(
                (0.25, 0.2, 0.14), (0.05, 0.05, 0.06), Pattern.WINDOWS, 0.9, 0.5, 0.5, 0.2
            )
        middle, z = x + wide / 2, (low + high) / 2
        shapes.boxes([middle, y + out * 0.03, z], [wide + 0.16, 0.1, high - low + 0.14], frame)
        shapes.boxes([middle, y + out * 0.06, z], [wide, 0.1, high - low], pane)
        x += wide + rng.uniform(0.3, 0.6 if shop else 1.6)
    if shop:
        middle, long = (span[0] + span[1]) / 2, span[1] - span[0] - 0.8
        shapes.boxes([middle, y + out * 0.1, tall - 0.3], [long, 0.14, 0.5], surfaces.goods(rng))
        if rng.random() < 0.4 and (out > 0 or abs(middle) < 5):
            cloth, edge = surfaces.goods(rng), y + out * rng.uniform(0.8, 1.3)
            quad = [
                [span[0] + 0.4, y, 2.9],
                [span[1] - 0.4, y, 2.9],
                [span[1] - 0.4, edge, 2.5],
                [span[0] + 0.4, edge, 2.5],
            ]
            shapes.quads([quad[:: int(-out)]], cloth)


def _furniture(
    shapes: Shapes, rng: Rng, kerb: float, far_kerb: float, camera_x: float
) -> tuple[tuple[float, float, float], ...]:
    """Trees, lamps and clutter along both kerbs; returns where the lamps are."""
    line, far_line = kerb + 0.45, far_kerb - 0.45
    spots = [float(x) + rng.uniform(-0.6, 0.6) for x in np.arange(-18, 19, 3.6)]
    lamps = []
    for number, x in enumerate(spots):
        if abs(x) < _CROSSING_M:
            continue
        if number in (3, 7):
            lamps.append(props.lamp_post(shapes, rng, (x, line), -math.pi / 2))
            continue
        _one_thing(shapes, rng, (x, line))
        if rng.random() < 0.6 and abs(x - camera_x) > _CLEAR_M:
            _one_thing(shapes, rng, (x, far_line))
    lamps.append(props.lamp_post(shapes, rng, (7.0, far_line), math.pi / 2))
    return tuple(lamps)


def _one_thing(shapes: Shapes, rng: Rng, at: tuple[float, float]) -> None:
    kind = rng.choice(7, p=(0.22, 0.12, 0.14, 0.16, 0.12, 0.14, 0.1))
    if kind == 0 and abs(at[0]) < _TREES_WITHIN_M:
        props.tree(shapes, rng, at)
    elif kind == 1:
        props.bench(shapes, rng, at, rng.choice([math.pi / 2, -math.pi / 2]))
    elif kind == 2:
        props.bin_(shapes, rng, at)
    elif kind == 3:
        props.bollards(shapes, rng, [(at[0] + step, at[1]) for step in (-1.1, 0.0, 1.1)])
    elif kind == 4:
        props.sign(shapes, rng, at, rng.uniform(0, math.pi))
    elif kind == 5:
        props.plant(shapes, rng, at)


def _parked(rng: Rng) -> list[tuple[float, float]]:
    """Where cars may stand, clear of the crossing at x = 0, and which way they point."""
    spots = [-17.5, -12.3, -7.0, 6.2, 11.5, 17.0]
    return [(x + rng.uniform(-0.3, 0.3), math.pi * int(rng.random() < 0.1)) for x in spots]


def _cameras(rng: Rng, near: float, far_kerb: float, across: float) -> tuple[Camera, ...]:
    """Along the near pavement, across the road onto it, and along it from the other end."""
    side = near / 2 - 0.3
    return (
        hang(rng, "street-1", (-13, side), (rng.uniform(-8.5, -5.5), 0), heights=(2.8, 4.5)),
        hang(
            rng,
            "street-2",
            (across, far_kerb - 2.6),
            (rng.uniform(-2, 2), -1.5),
            heights=(3.5, 7.0),
        ),
        hang(rng, "street-3", (15, side), (rng.uniform(7, 10.5), -0.3), heights=(2.8, 5.0)),
    )


def _walks(rng: Rng, near: float, far_kerb: float) -> tuple[Walk, ...]:
    lane, far = near / 2 - 1.3, far_kerb - 1.7
    walks: list[Walk] = []
    for y in (lane, 0.0, -near / 2 + 1.2):
        first, middle, last = y + rng.normal(0, 0.15, 3)
        walks.append(((-20.0, first), (0.0, middle), (20.0, last)))
    walks.append(((-20.0, 0.3), (-1.2, 0.0), (-0.8, far), (-18.0, far)))
    walks.append(((20.0, lane), (0.9, 0.2), (0.6, far), (18.0, far)))
    walks.append(((-20.0, far), (20.0, far)))
    return both_ways(walks)


def _stands(rng: Rng, near: float) -> tuple[Stand, ...]:
    return tuple(
        (x + rng.uniform(-1, 1), rng.uniform(-0.2, near / 2 - 0.7), rng.uniform(-math.pi, math.pi))
        for x in (-8.0, -4.5, -1.0, 1.5, 4.5, 8.0)
    )
