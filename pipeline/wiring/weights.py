"""Which weights the settings mean, without loading any: names, files, digests."""

from pathlib import Path

from detectors.checkpoint import check_checkpoint
from pipeline.config import Settings
from pipeline.errors import ConfigError
from pipeline.sources.video_file import digest_file
from retrieval.weights.library import ModelLibrary

# Raised when detection, tracking or shot choice changes so that a file must be read anew.
REVISION = 1


def open_library(settings: Settings) -> ModelLibrary:
    """The weights of this data folder."""
    return ModelLibrary(settings.data_dir / "models", check_detector=check_checkpoint)


def detector_file(settings: Settings) -> Path:
    """The script or weights of the detector that the settings name.

    Raises:
        ConfigError: there is no such file.
        WeightsUnknown: no model of that name.
        WeightsUnusable: it is not installed; the message names the command.
    """
    model = settings.detector.model
    if not (model.endswith((".json", ".pt")) or "/" in model):
        return open_library(settings).path_of(model)
    path = Path(model).expanduser().resolve()
    if not path.is_file():
        raise ConfigError(f"no detector at {model}: name a .pt file, a .json script or a model")
    return path


def encoder_name(settings: Settings) -> str:
    """The name of the encoder that the settings mean; it is installed.

    Raises:
        WeightsUnknown: no model of that name.
        WeightsUnusable: it is not installed, or none is set and there is not exactly one.
    """
    library = open_library(settings)
    name = settings.encoder.model or library.only_encoder()
    if not library.is_installed(name):
        library.path_of(name)
    return name


def makers_of(settings: Settings) -> list[str]:
    """Fingerprints of detector, tracker and shot choice."""
    detector, tracker, shots = settings.detector, settings.tracker, settings.shots
    return [
        f"revision {REVISION}",
        digest_file(detector_file(settings)),
        f"{detector.confidence:g} {detector.image_size_px} {detector.device} {detector.half}",
        f"{tracker.kind} {tracker.patience_s:g}",
        f"{shots.keep} {shots.publish_at_most} {shots.min_height_px} {shots.min_quality:g}",
    ]
