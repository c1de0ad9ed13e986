"""What the query worker knows of the models before any is asked."""

from pipeline.config import Settings
from pipeline.wiring.weights import open_library
from pipeline.workers.cautions import Trust
from retrieval.ports import Encoder
from retrieval.search.calibration import Calibration, rough_calibration
from retrieval.search.calibration_file import read_calibration
from retrieval.weights.library import ModelLibrary


def build_trust(settings: Settings, encoder: Encoder) -> Trust:
    """What to make of the scores of `encoder`, and whose answers call for care.

    Raises:
        WeightsError: the encoder's calibration is damaged, or of another model.
    """
    library = open_library(settings)
    return Trust(calibration_of(library, encoder), synthetic_models(library))


def synthetic_models(library: ModelLibrary) -> frozenset[str]:
    """Names of the models that were trained on rendered people only, copies of them included."""
    entries = library.entries()
    digests = {entry.sha256 for entry in entries if entry.synthetic} - {None}
    return frozenset(e.name for e in entries if e.synthetic or e.sha256 in digests)


def calibration_of(library: ModelLibrary, encoder: Encoder) -> Calibration | None:
    """What the scores of `encoder` mean; None if it has learnt nothing.

    Raises:
        WeightsError: the file beside its weights is not what its digest says.
        WeightsUnusable: it is no calibration, or of another model.
    """
    if not encoder.is_trained:
        return None
    name = encoder.model_id.partition("@")[0]
    path = library.calibration_path(name)
    if path is None:
        return rough_calibration(encoder.model_id)
    return read_calibration(path, model_id=encoder.model_id, dimension=encoder.dimension)
