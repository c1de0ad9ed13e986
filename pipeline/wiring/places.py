"""What the settings say of a camera's place, and what is built of it."""

from collections.abc import Iterable

from detectors import parts
from detectors.areas import Area
from detectors.masks import Blackout
from detectors.motion import BackgroundGate
from detectors.ports import MotionGate
from pipeline.config import Settings
from pipeline.workers.places import Place, Waiting


def place_of(settings: Settings, camera_id: str, *, every_frame: bool = False) -> Place:
    """What the settings say of a camera; of one that they do not know, only the general.

    Args:
        settings: all of them.
        camera_id: whose.
        every_frame: wait for no motion, whatever the settings say.
    """
    camera, motion = settings.cameras.get(camera_id), settings.motion
    own = None if camera is None else camera.motion
    waits = not every_frame and (motion.enabled if own is None else own)
    return Place(
        masks=_areas(camera.masks.items()) if camera else (),
        zones=_areas(camera.zones.items()) if camera else (),
        waiting=Waiting(motion.hold_s, motion.look_every_s) if waits else None,
    )


def _areas(drawn: Iterable[tuple[str, tuple[tuple[float, float], ...]]]) -> tuple[Area, ...]:
    return tuple(Area.of(name, corners) for name, corners in drawn)


def build_gate(place: Place) -> MotionGate | None:
    """A motion gate for one run at a place; None where every frame is looked at."""
    waiting = place.waiting
    if waiting is None:
        return None
    return BackgroundGate(hold_s=waiting.hold_s, look_every_s=waiting.look_every_s)


def words_of(place: Place) -> list[str]:
    """What of a place changes a reading, the revisions of gate and of search by parts included."""
    gate = build_gate(place)
    how = [f"gate {gate.fingerprint}", f"parts {parts.REVISION}"] if gate else []
    return [*place.words(), *how]


def build_blackout(place: Place) -> Blackout:
    """What hides the masks of a place."""
    return Blackout(place.masks)
