"""Which device decodes: found out by trying, at run time, with a word on what was found.

A device may work at the start and fail later: its driver is reset, or the camera is set to what it
cannot decode. Then the CPU takes over that camera's stream for a while.
"""

import logging
from collections.abc import Sequence
from functools import cache
from typing import Final, Literal

import av.error
from av.codec.codec import Codec
from av.codec.hwaccel import HWAccel, hwdevices_available

from pipeline.clock import Clock

log = logging.getLogger(__name__)

DecodeOn = Literal["auto", "cpu", "cuda", "vaapi", "qsv", "drm", "amf"]

BY_PREFERENCE: Final = ("cuda", "vaapi", "qsv", "drm", "amf")
"""A GPU that also runs the networks first; then what hangs at the machine's own graphics."""

COMMON_CODEC: Final = "h264"
"""What a device is tried with: one that cannot decode this is of no use for cameras."""

REST_S: Final = 600.0
"""How long a device that failed a camera is left alone: a driver that was reset is back by then."""


@cache
def why_not(device: str) -> str | None:
    """What keeps `device` from decoding here; None if nothing does. Asked once a process."""
    if device not in hwdevices_available():
        return "not built into libav"
    return fault_of(HWAccel(device))


def fault_of(device: HWAccel) -> str | None:
    """What keeps a device from decoding right now; None if nothing does."""
    try:
        device.create(Codec(COMMON_CODEC, "r"))
    except (av.error.FFmpegError, NotImplementedError, RuntimeError) as error:
        return getattr(error, "strerror", None) or str(error)
    return None


@cache
def device_for(wish: DecodeOn) -> str | None:
    """The device that decodes; None for the CPU. What was chosen is logged once a process."""
    if wish == "cpu":
        return None
    tried: Sequence[str] = BY_PREFERENCE if wish == "auto" else (wish,)
    for device in tried:
        if why_not(device) is None:
            log.info("video is decoded on %s", device)
            return device
    faults = "; ".join(f"{device}: {why_not(device)}" for device in tried)
    level = logging.INFO if wish == "auto" else logging.WARNING
    log.log(level, "video is decoded on the CPU (%s)", faults)
    return None


def acceleration(wish: DecodeOn) -> HWAccel | None:
    """What to open a stream with; a stream that the device cannot decode falls back to the CPU."""
    device = device_for(wish)
    return None if device is None else HWAccel(device, allow_software_fallback=True)


class CameraDecoding:
    """How one camera's stream is decoded, over all its connections.

    A device that failed is not asked again for `REST_S`, and then by the next connection that is
    opened anyway: one that runs well on the CPU is not broken off to try.

    Attributes:
        decoded: pictures.
        errors: packets that could not be decoded.
        device_failures: times that a device failed after it had been chosen.
    """

    def __init__(self, wish: DecodeOn, clock: Clock) -> None:
        self.decoded = 0
        self.errors = 0
        self.device_failures = 0
        self._wish: DecodeOn = wish
        self._clock = clock
        self._failed_at: float | None = None

    def acceleration(self) -> HWAccel | None:
        """What to open the next connection with; None for the CPU."""
        failed_at = self._failed_at
        if failed_at is not None and self._clock.monotonic() - failed_at < REST_S:
            return None
        return acceleration(self._wish)

    def device_failed(self, reason: str) -> str:
        """Leave the device alone from now on; what to tell a person."""
        self.device_failures += 1
        self._failed_at = self._clock.monotonic()
        return (
            f"{device_for(self._wish)} decodes its video no longer ({reason}); the CPU does for "
            f"the next {REST_S / 60:.0f} minutes at least"
        )
