"""Refuses what does not belong into an index: vectors of another model, queries that are none."""

import numpy as np

from retrieval.errors import ModelMismatch
from retrieval.types import Sighting, Vector


def check_sighting(sighting: Sighting, model_id: str, dimension: int) -> None:
    """Let a sighting pass whose vector is one that the model makes, (D,).

    Raises:
        ModelMismatch: it is of another model or length.
    """
    if sighting.model_id != model_id:
        raise ModelMismatch(
            f"shot {sighting.shot} was encoded by {sighting.model_id}, and this index holds "
            f"{model_id}: encode it again, or search with the other model"
        )
    if sighting.vector.shape != (dimension,):
        raise ModelMismatch(
            f"shot {sighting.shot} has a vector of shape {sighting.vector.shape}, and "
            f"{model_id} makes ({dimension},): encode it again"
        )


def check_query(query: Vector, model_id: str, dimension: int) -> Vector:
    """A query, (D,), in single precision.

    Raises:
        ModelMismatch: it has another length than the vectors, or is none.
    """
    if query.shape != (dimension,):
        raise ModelMismatch(
            f"the query has shape {query.shape}, and {model_id} makes "
            f"({dimension},): encode it with the model of this index"
        )
    if not np.isfinite(query).all():
        raise ModelMismatch(f"the query is no vector that {model_id} makes")
    return np.ascontiguousarray(query, np.float32)
