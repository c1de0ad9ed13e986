"""How joints turn while a person walks, stands, turns about, phones or carries something.

Angles by phase are those of normal level walking (the shape of the sagittal curves in D. A. Winter,
Biomechanics and Motor Control of Human Movement, 4th ed., 2009), read off at each tenth of a cycle.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.street.look import Pose

Floats = NDArray[np.float64]

TENTHS = np.linspace(0, 1, 11)
HIP_DEGREES = np.array([29, 27, 19, 9, 0, -8, -4, 12, 26, 32, 29.0])
KNEE_DEGREES = np.array([4, 16, 15, 8, 6, 12, 38, 61, 50, 17, 4.0])
ANKLE_DEGREES = np.array([0, -4, 4, 8, 9, 2, -17, -6, 0, 2, 0.0])
DROPPED = 7.0  # degrees that shoulders sink when arms come down
#: Of the way that the head is ahead of the hips, while somebody turns: the shoulders', the foot's.
_SHOULDERS, _FOOT = 0.45, 0.6
SIDES = {"L": 1, "R": -1}


@dataclass(frozen=True, slots=True)
class Manner:
    """How one person moves, whatever they do.

    Attributes:
        swing: of the arms, 1 is ordinary.
        lean: forward of the trunk, degrees.
        elbow: bent while the arm hangs, degrees.
        apart: how far the arms are held from the trunk, degrees; wide clothes need more.
        stance: how far the feet stand apart, degrees.
        slouch: of the neck, degrees.
        holding: what each hand holds: `suitcase`, `handbag`, `shopping bag`, `umbrella`, `phone`.
    """

    swing: float = 1.0
    lean: float = 2.0
    elbow: float = 16.0
    apart: float = 9.0
    stance: float = 1.5
    slouch: float = 4.0
    holding: tuple[tuple[str, str], ...] = ()


def turn(axis: tuple[float, float, float] | Floats, degrees: float) -> Floats:
    """(3, 3) rotation about `axis` (Rodrigues' formula)."""
    x, y, z = np.asarray(axis, np.float64) / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = math.radians(degrees)
    return np.asarray(np.eye(3) + math.sin(angle) * cross + (1 - math.cos(angle)) * cross @ cross)


FORWARD, LEFT, UP = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)


def joint_turns(pose: Pose, manner: Manner, heads: Mapping[str, Floats]) -> dict[str, Floats]:
    """(3, 3) rotations of the bones that move, in rest coordinates, by the bone's name.

    Args:
        pose: the instant.
        manner: of the person.
        heads: where each bone begins in the rest shape, by name.
    """
    turns = _trunk(pose, manner)
    holding = dict(manner.holding)
    if pose.activity == "phoning":
        holding[phoning_hand(manner)] = "phone"
    for side, sign in SIDES.items():
        turns |= _leg(side, sign, pose, manner, heads)
        turns |= _arm(side, sign, pose, manner, heads, holding.get(side))
        turns |= _fingers(side, heads, 62.0 if side in holding else 34.0)
    return turns


def phoning_hand(manner: Manner) -> str:
    """The hand that takes the phone: the right one, unless only the left is free."""
    holding = dict(manner.holding)
    return "L" if "R" in holding and "L" not in holding else "R"


def _amount(pose: Pose) -> float:
    return float(np.clip(pose.stride, 0.0, 1.5))


def _trunk(pose: Pose, manner: Manner) -> dict[str, Floats]:
    amount = _amount(pose)
    twist = 5.0 * amount * math.cos(2 * math.pi * pose.phase)
    sway = 2.0 * amount * math.sin(2 * math.pi * pose.phase) + 1.5 * (1 - amount)
    look = math.degrees(pose.head_turn)
    turned = _SHOULDERS * look if pose.activity == "turning" else 0.0
    look -= turned
    nod = 14.0 if pose.activity == "phoning" and amount < 0.1 else 0.0
    return {
        "root": turn(FORWARD, sway) @ turn(UP, -twist * 0.6),
        "spine04": turn(LEFT, manner.lean * 0.5)
        @ turn(FORWARD, -sway * 0.8)
        @ turn(UP, turned * 0.4),
        "spine02": turn(UP, twist * 1.5 + turned * 0.6) @ turn(LEFT, manner.lean * 0.5),
        "neck01": turn(LEFT, manner.slouch) @ turn(UP, look * 0.4),
        "head": turn(LEFT, nod * 0.5 - manner.slouch * 0.8) @ turn(UP, look * 0.6 - twist * 0.7),
    }


def _leg(
    side: str, sign: int, pose: Pose, manner: Manner, heads: Mapping[str, Floats]
) -> dict[str, Floats]:
    amount = _amount(pose)
    at = (pose.phase + (0.0 if side == "L" else 0.5)) % 1.0
    hip = float(np.interp(at, TENTHS, HIP_DEGREES)) * amount
    knee = float(np.interp(at, TENTHS, KNEE_DEGREES)) * (0.25 + 0.75 * amount)
    ankle = float(np.interp(at, TENTHS, ANKLE_DEGREES)) * amount
    if amount < 0.05:
        relaxed = math.sin(2 * math.pi * pose.phase) * sign  # weight on the other leg
        hip, knee, ankle = max(0.0, 9 * relaxed), 3 + max(0.0, 15 * relaxed), max(0.0, 6 * relaxed)
    down = heads[f"foot.{side}"] - heads[f"upperleg01.{side}"]
    thigh = heads[f"lowerleg01.{side}"] - heads[f"upperleg01.{side}"]
    shank = heads[f"foot.{side}"] - heads[f"lowerleg01.{side}"]
    spread = math.degrees(math.atan2(down[1] * sign, -down[2]))
    bent = _lean_of(thigh) - _lean_of(shank)
    inward = turn(FORWARD, -sign * (spread - manner.stance))
    return {
        f"upperleg01.{side}": _opened(sign, pose) @ turn(LEFT, -hip + _lean_of(thigh)) @ inward,
        f"lowerleg01.{side}": turn(LEFT, knee - bent),
        f"foot.{side}": turn(LEFT, -ankle - _lean_of(shank)),
    }


def _opened(sign: int, pose: Pose) -> Floats:
    """Who turns about sets the foot of that side where they will face; the other one waits."""
    leads = pose.activity == "turning" and pose.head_turn * sign > 0
    return turn(UP, _FOOT * math.degrees(pose.head_turn) if leads else 0.0)


def _lean_of(bone: Floats) -> float:
    """Degrees that a bone pointing down leans forward."""
    return math.degrees(math.atan2(bone[0], -bone[2]))


def _arm(
    side: str, sign: int, pose: Pose, manner: Manner, heads: Mapping[str, Floats], held: str | None
) -> dict[str, Floats]:
    amount = _amount(pose)
    at = pose.phase + (0.0 if side == "L" else 0.5)
    swing = -20.0 * manner.swing * amount * math.cos(2 * math.pi * at) + 3.0
    elbow, apart, inward = manner.elbow + 14 * max(0.0, swing / 20), manner.apart, 8.0
    if held in ("handbag", "shopping bag"):
        swing, elbow, apart = swing * 0.35, 8.0, apart + 4
    elif held == "suitcase":
        swing, elbow, apart, inward = -16.0, 6.0, apart + 3, 0.0
    elif held == "umbrella":
        swing, elbow, apart, inward = 24.0, 112.0, apart + 2, 12.0
    elif held == "phone":
        swing, elbow, apart, inward = 68.0, 149.0, 32.0, 0.0
    twist = 0.0 if held == "phone" else 45.0  # palms face the thighs
    upper = heads[f"lowerarm01.{side}"] - heads[f"upperarm01.{side}"]
    lower = heads[f"wrist.{side}"] - heads[f"lowerarm01.{side}"]
    hinge = np.cross(upper, lower)
    bent = math.degrees(math.acos(_cosine(upper, lower)))
    raised = math.degrees(math.atan2(upper[1] * sign, -upper[2]))
    return {
        f"shoulder01.{side}": turn(FORWARD, -sign * DROPPED),
        f"upperarm01.{side}": turn(LEFT, -swing + _lean_of(upper))
        @ turn(FORWARD, -sign * (raised - apart - DROPPED))
        @ turn(upper, -sign * inward),
        f"lowerarm01.{side}": turn(hinge, elbow - bent),
        f"lowerarm02.{side}": turn(lower, sign * twist * 0.5),
        f"wrist.{side}": turn(lower, sign * twist * 0.5),
    }


def _cosine(one: Floats, other: Floats) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def _fingers(side: str, heads: Mapping[str, Floats], curl: float) -> dict[str, Floats]:
    first, last = heads[f"finger2-1.{side}"], heads[f"finger5-1.{side}"]
    along = heads[f"finger3-1.{side}"] - heads[f"wrist.{side}"]
    back = np.cross(last - first, along)
    if (heads[f"finger3-3.{side}"] - heads[f"finger3-1.{side}"]) @ back > 0:
        back = -back
    turns = {}
    for finger in (2, 3, 4, 5):
        for joint, share in ((1, 0.6), (2, 1.0)):
            here, there = heads[f"finger{finger}-{joint}.{side}"], heads[f"finger{finger}-3.{side}"]
            turns[f"finger{finger}-{joint}.{side}"] = turn(
                np.cross(there - here, -back), curl * share
            )
    return turns
