"""Which device decodes: found out by trying, at run time, with a word on what was found."""

import logging
from collections.abc import Sequence
from functools import cache
from typing import Final, Literal

import av.error
from av.codec.codec import Codec
from av.codec.hwaccel import HWAccel, hwdevices_available

log = logging.getLogger(__name__)

DecodeOn = Literal["auto", "cpu", "cuda", "vaapi", "qsv", "drm", "amf"]

BY_PREFERENCE: Final = ("cuda", "vaapi", "qsv", "drm", "amf")
"""A GPU that also runs the networks first; then what hangs at the machine's own graphics."""

COMMON_CODEC: Final = "h264"
"""What a device is tried with: one that cannot decode this is of no use for cameras."""


@cache
def why_not(device: str) -> str | None:
    """What keeps `device` from decoding here; None if nothing does. Asked once a process."""
    if device not in hwdevices_available():
        return "not built into libav"
    try:
        HWAccel(device).create(Codec(COMMON_CODEC, "r"))
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
