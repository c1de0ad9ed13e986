"""What the detector looks at: frames in which something moves or somebody is, and where in them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from detectors.parts import part_to_search
from detectors.ports import Detector, MotionGate
from detectors.types import Box, Detection, Frame, Glance
from pipeline.workers.following import RunFollower, Step


@dataclass(frozen=True, slots=True)
class Attention:
    """What one frame deserves.

    Attributes:
        is_worth_a_look: whether the detector should see it.
        part: where in it, pixels of the frame; None for all of it.
    """

    is_worth_a_look: bool
    part: Box | None


def attention_to(gate: MotionGate | None, follower: RunFollower, frame: Frame) -> Attention:
    """Show the gate the next frame of a run; what it deserves.

    Args:
        gate: that of the run; None to look at everything.
        follower: that of the run, which has taken in every frame before.
        frame: the next.
    """
    glance = None if gate is None else gate.watch(frame)
    is_due = glance is None or glance.is_due
    return Attention(is_due or not follower.is_quiet, _part(glance, follower))


def _part(glance: Glance | None, follower: RunFollower) -> Box | None:
    if glance is None or glance.is_whole:
        return None
    return part_to_search(glance.regions, follower.expected)


def follow_all(
    frames: Sequence[Frame], *, gate: MotionGate | None, detector: Detector, follower: RunFollower
) -> Iterator[Step]:
    """Take in the next frames of a run, of which the gate may keep some from the detector.

    As long as somebody is followed no frame is skipped. That is known only once the frames before
    are followed, so what was left out of a batch may have to be looked at after all; and where
    somebody is, so that frames of a batch are searched whole. What shares a batch follows from
    the frames and the state of the follower alone: the same frames give the same steps.

    Yields:
        A step for each frame that was looked at.
    """
    glances = [None if gate is None else gate.watch(frame) for frame in frames]
    is_due = [glance is None or glance.is_due for glance in glances]
    found: dict[int, list[Detection]] = {}
    for place, frame in enumerate(frames):
        if follower.is_quiet and not is_due[place]:
            follower.skip(frame)
            continue
        if detector.batch == 1:
            (found[place],) = detector.detect([frame], [_part(glances[place], follower)])
        if place not in found:
            rest = range(place, len(frames))
            wanted = [at for at in rest if is_due[at] or not follower.is_quiet]
            wanted = [at for at in wanted if at not in found]
            people = detector.detect([frames[at] for at in wanted])
            found |= dict(zip(wanted, people, strict=True))
        yield follower.advance(frame, found[place])
