"""Opens the encoder that is to be measured: one of the library, or a checkpoint file."""

from pathlib import Path

from pipeline.config import Settings
from pipeline.wiring.trust import synthetic_models
from pipeline.wiring.weights import encoder_name, open_library
from pipeline.workers.cautions import ON_SYNTHETIC, Trust
from retrieval.ports import Encoder
from retrieval.weights.copies import copied_from, origin_of

CHECKPOINT_SUFFIXES = frozenset({".safetensors", ".pth", ".pt"})


def open_evaluation_encoder(settings: Settings, model: str | None) -> Encoder:
    """The encoder called `model`, or in the file of that path; None for that of the settings.

    Device, precision and batch are those of the settings.

    Raises:
        WeightsError: it is unknown, not installed, missing, or damaged.
    """
    from retrieval.encoder import load_encoder, load_encoder_named

    section = settings.encoder
    device = None if section.device == "auto" else section.device
    if model is not None and names_a_file(model):
        path = Path(model).expanduser()
        return load_encoder(
            path, name=path.stem, device=device, precision=section.precision, batch=section.batch
        )
    return load_encoder_named(
        open_library(settings),
        model or encoder_name(settings),
        device=device,
        precision=section.precision,
        batch=section.batch,
    )


def trained_on(settings: Settings, model: str | None) -> str | None:
    """What the encoder that `open_evaluation_encoder` opens learnt on, where that calls for care.

    Raises:
        WeightsError: as there.
    """
    library = open_library(settings)
    trust = Trust(synthetic=synthetic_models(library))
    if model is None or not names_a_file(model):
        return trust.trained_on(model or encoder_name(settings))
    path = Path(model).expanduser()
    copied = copied_from(path, library.entries())
    if copied is None:
        return ON_SYNTHETIC if origin_of(path, ()) == "synthetic" else None
    return trust.trained_on(copied.name)


def names_a_file(model: str) -> bool:
    """Whether `model` is a path rather than a name of the library.

    >>> names_a_file("runs/first/best.safetensors"), names_a_file("ga-dms-pretrained")
    (True, False)
    """
    return "/" in model or Path(model).suffix in CHECKPOINT_SUFFIXES
