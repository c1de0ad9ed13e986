"""Chooses detector, tracker, shot choice and encoder."""

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from detectors.areas import Area
from detectors.ports import Detector, Tracker
from detectors.shots import ShotChooser
from pipeline.config import Settings
from pipeline.errors import ConfigError
from pipeline.store.model_change import name_of
from pipeline.wiring.weights import (
    detector_file,
    encoder_name,
    of_another_model,
    open_library,
)
from pipeline.workers.following import RunFollower, Tally
from retrieval.ports import Encoder

log = logging.getLogger(__name__)


def build_detector(settings: Settings) -> Detector:
    """The detector that the settings name: a script, a file of weights, or an installed model.

    Raises:
        DetectorUnusable: the weights are damaged or find no people.
        WeightsUnknown: no model of that name.
        WeightsUnusable: the model is not installed; the message names the command.
    """
    section, weights = settings.detector, detector_file(settings)
    if weights.suffix == ".json":
        from detectors.fakes import ScriptedDetector

        return ScriptedDetector.from_json(weights)
    from detectors.yolo import YoloDetector

    return YoloDetector(
        weights,
        confidence=section.confidence,
        image_size_px=section.image_size_px,
        device=None if section.device == "auto" else section.device,
        half=None if section.half == "auto" else section.half,
        batch=section.batch,
        config_dir=_ultralytics_folder(settings),
    )


def build_tracker(settings: Settings, camera_id: str, first_number: int = 1) -> Tracker:
    """A tracker for one run of one camera."""
    from detectors.tracking import UltralyticsTracker

    return UltralyticsTracker(
        camera_id=camera_id,
        kind=settings.tracker.kind,
        patience_s=settings.tracker.patience_s,
        first_number=first_number,
        config_dir=_ultralytics_folder(settings),
    )


def _ultralytics_folder(settings: Settings) -> Path:
    """One for all workers of a data folder: they end without clearing up after libraries."""
    return settings.data_dir / "models" / "ultralytics"


@dataclass(frozen=True, slots=True)
class FollowerMaker:
    """Makes the follower of each run; `zones` are those of each camera, by its name."""

    settings: Settings
    zones: Mapping[str, Sequence[Area]] = field(default_factory=dict)

    def follow(
        self, camera_id: str, run_id: str, first_number: int = 1, tally: Tally | None = None
    ) -> RunFollower:
        """A follower at the start of a run, or where a run was last quiet."""
        shots = self.settings.shots
        chooser = ShotChooser(
            camera_id,
            run_id,
            keep=shots.keep,
            publish_at_most=shots.publish_at_most,
            min_height_px=shots.min_height_px,
            min_quality=shots.min_quality,
            zones=self.zones.get(camera_id, ()),
        )
        tracker = build_tracker(self.settings, camera_id, first_number)
        return RunFollower(camera_id, run_id, tracker=tracker, chooser=chooser, tally=tally)


def build_encoder(settings: Settings, name: str | None = None) -> Encoder:
    """An encoder of the library, loaded; the one that the settings name if none is given.

    Raises:
        WeightsError: it is unknown, not installed, or damaged.
    """
    from retrieval.encoder import load_encoder_named

    section = settings.encoder
    return load_encoder_named(
        open_library(settings),
        name or encoder_name(settings),
        device=None if section.device == "auto" else section.device,
        precision=section.precision,
        batch=section.batch,
    )


def encoder_in_use(settings: Settings, model_id: str | None) -> Encoder:
    """The encoder of the model in use, whatever the settings name; theirs where none is in use yet.

    Raises:
        WeightsError: it is not installed, or damaged.
        ConfigError: it has other weights than those that the shots were embedded with.
    """
    if model_id is None:
        return build_encoder(settings)
    name = name_of(model_id)
    if settings.encoder.model not in {None, name}:
        log.warning("%s", of_another_model(settings.encoder.model, name))
    encoder = build_encoder(settings, name)
    if encoder.model_id != model_id:
        raise ConfigError(
            f"all shots are of {model_id}, and {name!r} has other weights now "
            f"({encoder.model_id}): put those back with 'descry models remove' and 'import', and "
            "use new ones under a new name with 'descry reindex --model NAME'"
        )
    return encoder


def quiet_libraries() -> None:
    """Keep libraries from phoning out, before the first of them is imported."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")
