"""Builds what lets clips leave: cut, masked, and without other people as the settings say."""

import logging
import secrets
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from detectors.areas import Area
from detectors.errors import DetectorError
from detectors.ports import Detector
from pipeline.answers import ClipAnswer
from pipeline.config import Settings
from pipeline.errors import ConfigError, StoreFull, UnwritableClip
from pipeline.wiring.clip_desks import min_free_bytes
from pipeline.wiring.models import build_detector
from pipeline.wiring.places import place_of
from pipeline.wiring.stores import Stores
from pipeline.wiring.video import build_clip_desk
from pipeline.wiring.watching import WatchedSettings
from pipeline.workers.exported_clips import ExportDesk
from pipeline.workers.finding_people import PeopleFinder
from pipeline.workers.redacting import Redactor
from retrieval.errors import WeightsError

log = logging.getLogger(__name__)

UNSURE: Final = 0.05
"""Who is found so surely is hidden: somebody half hidden may be too unsure to be tracked."""

NO_CLIP = "no clip can be written on the query worker's machine"


def build_export_desk(
    settings: Settings, stores: Stores, look_in: Sequence[Path] = ()
) -> ExportDesk:
    """What cuts clips that leave; `look_in`: folders for moved files, besides that of the settings.

    The detector is loaded when it is first needed; masks are those of the settings at each export.
    """

    def detector() -> Detector:
        try:
            return build_detector(_less_certain(settings))
        except (DetectorError, WeightsError) as error:
            raise ConfigError(f"nobody can be hidden without a detector: {error}") from error

    watched = WatchedSettings.of_this_process(settings, ())

    def masks(camera_id: str) -> Sequence[Area]:
        return place_of(watched.current(), camera_id).masks

    return ExportDesk(
        clips=build_clip_desk(settings, stores, look_in),
        redactor=Redactor(PeopleFinder(detector)),
        usual=settings.export.blur,
        masks=masks,
    )


def _less_certain(settings: Settings) -> Settings:
    section = settings.detector
    lower = section.model_copy(update={"confidence": min(section.confidence, UNSURE)})
    return settings.model_copy(update={"detector": lower})


def clip_cutter(
    settings: Settings, stores: Stores
) -> Callable[[str, float, float], tuple[Path, ClipAnswer]]:
    """What cuts a clip for somebody elsewhere, who deletes the file once it is sent."""
    desk = build_export_desk(settings, stores)
    least_free = min_free_bytes(settings)

    def cut(name: str, before_s: float, after_s: float) -> tuple[Path, ClipAnswer]:
        stores.clips.mkdir(mode=0o700, parents=True, exist_ok=True)
        if shutil.disk_usage(stores.clips).free < least_free:
            raise StoreFull(f"{NO_CLIP}: less than ring.min_free_megabytes are free there")
        path = stores.clips / f"{secrets.token_hex(16)}.mp4"
        # Where things lie on this machine is nobody else's business.
        try:
            answer = desk.cut(name, before_s=before_s, after_s=after_s, out=path)
        except UnwritableClip as error:
            log.warning("%s", error)
            raise StoreFull(f"{NO_CLIP}: see the query worker's log") from error
        source = answer.source.rpartition("/")[2]
        return path, answer.model_copy(update={"path": None, "source": source})

    return cut
