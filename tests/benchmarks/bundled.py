"""The encoder that comes with Descry and what its scores mean, and how figures are printed."""

import json
from collections.abc import Mapping
from pathlib import Path

import retrieval
from retrieval.encoder import GadmsEncoder, Precision, load_encoder
from retrieval.search.calibration import Calibration
from retrieval.search.calibration_file import read_calibration

BUNDLED = Path(retrieval.__file__).parent / "weights" / "bundled"


def bundled_encoder(precision: Precision = "fp32") -> tuple[GadmsEncoder, Calibration]:
    """The bundled weights, in the precision in which the recipe measures them, and their laws."""
    weights = BUNDLED / "street-gadms.safetensors"
    encoder = load_encoder(weights, name="street-gadms", precision=precision)
    (file,) = BUNDLED.glob("*calibration.safetensors")
    return encoder, read_calibration(file, model_id=encoder.model_id, dimension=encoder.dimension)


def tell(figures: Mapping[str, object], *, as_json: bool) -> None:
    """Print one JSON object, or a line for each figure."""
    if as_json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        for line in value if isinstance(value, list) else [value]:
            print(f"{name:18} {line}")
