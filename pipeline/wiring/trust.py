"""What the query worker knows of the models before any is asked."""

from pipeline.config import Settings
from pipeline.wiring.weights import detector_name, open_library
from pipeline.workers.cautions import Trust
from retrieval.ports import Encoder
from retrieval.search.calibration import Calibration, rough_calibration
from retrieval.search.calibration_file import read_calibration
from retrieval.weights.library import ModelLibrary


def build_trust(settings: Settings, encoder: Encoder) -> Trust:
    """What to make of the scores of `encoder`, and whose answers call for care.

    Raises:
        WeightsUnusable: the encoder's calibration is damaged, or of another model.
    """
    library = open_library(settings)
    return Trust(
        calibration_of(library, encoder), synthetic_models(library), detector_name(settings)
    )


def synthetic_models(library: ModelLibrary) -> frozenset[str]:
    """Names of the models that were trained on rendered people only."""
    return frozenset(entry.name for entry in library.entries() if entry.synthetic)


def calibration_of(library: ModelLibrary, encoder: Encoder) -> Calibration | None:
    """What the scores of `encoder` mean; None if it has learnt nothing.

    Raises:
        WeightsUnusable: the file beside its weights is damaged, or of another model.
    """
    if not encoder.is_trained:
        return None
    name = encoder.model_id.partition("@")[0]
    beside = library.find(name).calibration
    if beside is None:
        return rough_calibration(encoder.model_id)
    path = library.path_of(name).with_name(beside)
    return read_calibration(path, model_id=encoder.model_id, dimension=encoder.dimension)
