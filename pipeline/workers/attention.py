"""Which frames of a run the detector looks at: those in which something moves, or somebody is."""

from collections.abc import Iterator, Sequence

from detectors.ports import Detector, MotionGate
from detectors.types import Detection, Frame
from pipeline.workers.following import RunFollower, Step


def is_worth_a_look(gate: MotionGate | None, follower: RunFollower, frame: Frame) -> bool:
    """Show the gate the next frame of a run; whether the detector should see it, too.

    Args:
        gate: that of the run; None to look at everything.
        follower: that of the run, which has taken in every frame before.
        frame: the next.
    """
    return gate is None or gate.watch(frame).is_due or not follower.is_quiet


def follow_all(
    frames: Sequence[Frame], *, gate: MotionGate | None, detector: Detector, follower: RunFollower
) -> Iterator[Step]:
    """Take in the next frames of a run, of which the gate may keep some from the detector.

    As long as somebody is followed no frame is skipped. That is known only once the frames before
    are followed, so what was left out of a batch may have to be looked at after all. What shares
    a batch follows from the frames and the state of the follower alone: the same frames give the
    same steps.

    Yields:
        A step for each frame that was looked at.
    """
    is_due = [gate is None or gate.watch(frame).is_due for frame in frames]
    found: dict[int, list[Detection]] = {}
    for place, frame in enumerate(frames):
        if follower.is_quiet and not is_due[place]:
            follower.skip(frame)
            continue
        if place not in found:
            rest = range(place, len(frames))
            wanted = [at for at in rest if is_due[at] or not follower.is_quiet]
            wanted = [at for at in wanted if at not in found]
            people = detector.detect([frames[at] for at in wanted])
            found |= dict(zip(wanted, people, strict=True))
        yield follower.advance(frame, found[place])
