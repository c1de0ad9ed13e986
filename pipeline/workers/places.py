"""What was said of the place that a camera watches: masks, zones, whether to wait for motion."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from detectors.areas import Area


@dataclass(frozen=True, slots=True)
class Waiting:
    """How long frames are looked at after motion, and how often without any; seconds."""

    hold_s: float
    look_every_s: float


@dataclass(frozen=True, slots=True)
class Place:
    """What one camera's picture shows, in plain values that a job may carry.

    Attributes:
        masks: what nobody may see.
        zones: what to note with each shot.
        waiting: how to wait for motion; None where every frame is looked at.
    """

    masks: tuple[Area, ...] = ()
    zones: tuple[Area, ...] = ()
    waiting: Waiting | None = None

    def words(self) -> list[str]:
        """What of it changes a reading, for the name of a run; nothing where it says nothing.

        What a mask is called changes nothing, nor does the order of areas.
        """
        masks = sorted(json.dumps(mask.corners) for mask in self.masks)
        zones = sorted(json.dumps([zone.name, zone.corners]) for zone in self.zones)
        waiting = "" if self.waiting is None else json.dumps(asdict(self.waiting))
        parts = {"masks": " ".join(masks), "zones": " ".join(zones), "waiting": waiting}
        return [f"{name} {text}" for name, text in parts.items() if text]

    @classmethod
    def of(cls, written: Mapping[str, Any]) -> "Place":
        """Read back what `dataclasses.asdict` made of one, by way of JSON or not.

        Raises:
            ValueError, TypeError, KeyError: it is none.
        """
        masks, zones = (
            tuple(Area.of(area["name"], area["corners"]) for area in written[name])
            for name in ("masks", "zones")
        )
        waiting = written["waiting"]
        return cls(masks, zones, None if waiting is None else Waiting(**waiting))
