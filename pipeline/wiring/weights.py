"""Which weights the settings mean, without loading any: names, files, digests."""

from pathlib import Path

from detectors.checkpoint import check_checkpoint
from pipeline.config import Settings
from pipeline.errors import ConfigError
from pipeline.sources.video_file import digest_file
from retrieval.search.calibration_file import carry_calibration
from retrieval.weights.bundle import copy_of
from retrieval.weights.library import ModelLibrary

# Raised when detection, tracking or shot choice changes so that a file must be read anew.
REVISION = 1

AUTO = "auto"
"""What the settings say where they leave the choice of the detector to what there is."""

YOLO = "yolo11n"


def open_library(settings: Settings) -> ModelLibrary:
    """The weights of this data folder."""
    return ModelLibrary(
        settings.data_dir / "models",
        check_detector=check_checkpoint,
        carry_calibration=carry_calibration,
    )


def detector_file(settings: Settings) -> Path:
    """The script or weights of the detector that the settings name.

    Raises:
        ConfigError: there is no such file.
        WeightsUnknown: no model of that name.
        WeightsUnusable: it is not installed; the message names the command.
        WeightsError: it came with Descry and is damaged.
    """
    model = settings.detector.model
    if model == AUTO:
        model = usual_detector(open_library(settings))
    if not _names_a_file(model):
        return open_library(settings).path_of(model)
    path = Path(model).expanduser().resolve()
    if not path.is_file():
        raise ConfigError(
            f"no detector at {model}: name a .pt or .safetensors file, a .json script or a model"
        )
    return path


def usual_detector(library: ModelLibrary) -> str:
    """The detector where none is named: an installed yolo11n, else the one that Descry brings.

    Without either it is yolo11n, so that the message that it is missing says how to get it.
    """
    brought = library.bundled("detector")
    return YOLO if library.is_installed(YOLO) or not brought else brought[0].name


def detector_name(settings: Settings) -> str:
    """The detector that the settings mean, as people call it: a model, or a file.

    A file that came with Descry, or a copy of one, is called as its model is: what is known of
    the model goes for it.
    """
    model, library = settings.detector.model, open_library(settings)
    if model == AUTO:
        return usual_detector(library)
    if not _names_a_file(model):
        return model
    copied = copy_of(Path(model).expanduser(), library.bundled("detector"))
    return model if copied is None else copied.name


def _names_a_file(model: str) -> bool:
    return "/" in model or model.endswith((".json", ".pt", ".safetensors"))


def encoder_name(settings: Settings) -> str:
    """The name of the encoder that the settings mean; it is installed.

    Raises:
        WeightsUnknown: no model of that name, or none is set and there is not exactly one.
        WeightsUnusable: it is not installed.
        WeightsError: it came with Descry and is damaged.
    """
    return usable_encoder(open_library(settings), settings.encoder.model)


def usable_encoder(library: ModelLibrary, wanted: str | None) -> str:
    """The name of the encoder that is wanted, or of the usual one; raises as `encoder_name`.

    Bundled files and calibrations are read to see that they are whole: said here it is one line,
    said by a worker it would come after three attempts to start.
    """
    name = wanted or library.only_encoder()
    if library.find(name).bundled or not library.is_installed(name):
        library.path_of(name)
    library.calibration_path(name)
    return name


def of_another_model(wanted: str | None, in_use: str) -> str:
    """What to tell who asks for a model, `wanted`, that the shots are not embedded with."""
    return (
        f"the model in use is {in_use}, not {wanted}: "
        f"'descry reindex --model {wanted}' embeds all shots anew and changes to it"
    )


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
