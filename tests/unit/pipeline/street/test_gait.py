"""How joints turn: rotations that are rotations, feet that take turns, arms that hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.street.look import Pose
from pipeline.street.people.gait import Manner, joint_turns, phoning_hand, turn

HEADS = {
    "upperleg01": (0.01, 0.10, 0.04),
    "lowerleg01": (0.04, 0.13, -0.35),
    "foot": (0.0, 0.18, -0.75),
    "upperarm01": (0.02, 0.16, 0.47),
    "lowerarm01": (0.02, 0.33, 0.28),
    "wrist": (0.18, 0.45, 0.16),
}
FINGERS = {(2, 1): 0.27, (2, 3): 0.31, (3, 1): 0.26, (3, 3): 0.29, (5, 1): 0.22, (5, 3): 0.23}


def _heads():
    named = {}
    for side, sign in (("L", 1), ("R", -1)):
        for bone, (x, y, z) in HEADS.items():
            named[f"{bone}.{side}"] = np.array([x, y * sign, z])
        for finger in (2, 3, 4, 5):
            for joint in (1, 2, 3):
                place = [0.20 + 0.02 * joint, sign * (0.44 + 0.01 * finger), 0.15 - 0.02 * joint]
                named[f"finger{finger}-{joint}.{side}"] = np.array(place)
    return named


poses = st.builds(
    Pose,
    activity=st.sampled_from(["walking", "standing", "phoning", "turning"]),
    phase=st.floats(0, 1),
    stride=st.floats(0, 1.2),
    head_turn=st.floats(-1, 1),
)


@given(pose=poses)
def test_every_joint_turns_by_a_rotation(pose):
    for bone, rotation in joint_turns(pose, Manner(), _heads()).items():
        assert np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-9), bone
        assert np.linalg.det(rotation) == pytest.approx(1.0), bone


@given(degrees=st.floats(-180, 180))
def test_a_turn_keeps_its_axis_and_the_length_of_the_rest(degrees):
    rotation = turn((1.0, 2.0, -0.5), degrees)
    assert np.allclose(rotation @ [1.0, 2.0, -0.5], [1.0, 2.0, -0.5])
    assert np.linalg.norm(rotation @ [0.3, -1.0, 4.0]) == pytest.approx(
        np.linalg.norm([0.3, -1, 4])
    )


def _forward_of_foot(side, phase, stride=1.0):
    """How far forward the ankle is of the hip, by the turns of thigh and knee."""
    heads = _heads()
    turns = joint_turns(Pose("walking", phase, stride), Manner(), heads)
    thigh = heads[f"lowerleg01.{side}"] - heads[f"upperleg01.{side}"]
    shank = heads[f"foot.{side}"] - heads[f"lowerleg01.{side}"]
    hip = turns[f"upperleg01.{side}"]
    return float((hip @ thigh + hip @ turns[f"lowerleg01.{side}"] @ shank)[0])


def test_the_left_foot_leads_as_its_heel_strikes_and_trails_half_a_cycle_later():
    assert _forward_of_foot("L", 0.0) > 0.25
    assert _forward_of_foot("L", 0.5) < 0.0
    assert _forward_of_foot("R", 0.5) == pytest.approx(_forward_of_foot("L", 0.0), abs=1e-9)


def test_a_longer_stride_reaches_further():
    assert _forward_of_foot("L", 0.0, 1.0) > _forward_of_foot("L", 0.0, 0.5) > 0.1


def test_the_arm_swings_against_its_leg():
    heads = _heads()
    upper = heads["lowerarm01.L"] - heads["upperarm01.L"]

    def reach(phase):
        shoulder = joint_turns(Pose("walking", phase), Manner(), heads)["upperarm01.L"]
        return float((shoulder @ upper)[0])

    assert reach(0.0) < -0.03
    assert reach(0.5) > 0.03


def test_whoever_looks_left_turns_the_head_left():
    turns = joint_turns(Pose("standing", 0.0, 0.0, head_turn=0.8), Manner(), _heads())
    nose = turns["neck01"] @ turns["head"] @ [1.0, 0.0, 0.0]
    assert nose[1] > 0.5


@pytest.mark.parametrize("ahead", [0.9, -0.9])
def test_whoever_turns_about_leads_with_the_head_then_the_shoulders_and_one_foot(ahead):
    turns = joint_turns(Pose("turning", 0.25, 0.2, head_turn=ahead), Manner(), _heads())
    still = joint_turns(Pose("standing", 0.25, 0.2), Manner(), _heads())

    def yaw(of, *bones):
        x, y, _ = np.linalg.multi_dot([*(of[bone] for bone in bones), [1.0, 0.0, 0.0]])
        return np.arctan2(y, x) * np.sign(ahead)

    shoulders = yaw(turns, "root", "spine04", "spine02") - yaw(still, "root", "spine04", "spine02")
    to_head = ("root", "spine04", "spine02", "neck01", "head")
    side, other = "LR" if ahead > 0 else "RL"
    assert 0.2 < shoulders < yaw(turns, *to_head) - 0.2
    assert yaw(turns, *to_head) == pytest.approx(0.9, abs=0.15)
    foot = (turns[f"upperleg01.{side}"] @ still[f"upperleg01.{side}"].T) @ [1.0, 0.0, 0.0]
    assert np.arctan2(foot[1], foot[0]) * np.sign(ahead) > 0.4
    assert np.array_equal(turns[f"upperleg01.{other}"], still[f"upperleg01.{other}"])


def test_the_phone_is_in_the_right_hand_unless_only_the_left_is_free():
    assert phoning_hand(Manner()) == "R"
    assert phoning_hand(Manner(holding=(("R", "suitcase"),))) == "L"
    assert phoning_hand(Manner(holding=(("R", "suitcase"), ("L", "umbrella")))) == "R"


def test_whoever_phones_bends_the_elbow_far():
    heads = _heads()
    hanging = joint_turns(Pose("standing", 0.0, 0.0), Manner(), heads)["lowerarm01.R"]
    phoning = joint_turns(Pose("phoning", 0.0, 0.0), Manner(), heads)["lowerarm01.R"]
    angle = np.degrees(np.arccos((np.trace(hanging.T @ phoning) - 1) / 2))
    assert angle > 90
