"""What a file of weights says of itself: the shape, who trained it, and what it learnt from."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.errors import WeightsUnusable
from retrieval.gadms.configuration import GadmsConfig
from retrieval.gadms.origin import Origin, as_origin
from retrieval.gadms.state_layout import Family

#: One key holds all we say of a file: safetensors writes several in an order that changes from
#: run to run, and with it the digest that names the model.
METADATA_KEY = "descry"
_FAMILIES = ("ga-dms", "irra", "rde", "clip")


@dataclass(frozen=True, slots=True)
class Said:
    """What a file, or one beside it, says of itself; shapes cannot show head counts."""

    configuration: Mapping[str, object]
    family: Family | None = None
    source_sha256: str | None = None
    origin: Origin | None = None


def description(
    config: GadmsConfig,
    family: Family,
    source_sha256: str | None = None,
    origin: Origin | None = None,
) -> dict[str, Any]:
    """What the head of a safetensors file says as JSON under `METADATA_KEY`.

    `read_checkpoint` then need not guess; it passes over what else is there.
    """
    said = {
        "configuration": config.to_mapping(),
        "family": family,
        "source_sha256": source_sha256,
    }
    # Left out where nobody knows it, so that files of before are written as they were.
    return said if origin is None else {**said, "origin": origin}


def said_in(path: Path, text: str | None) -> Said:
    """What the head of a safetensors file says; nothing where it has none of ours.

    Raises:
        WeightsUnusable: it is damaged.
    """
    if text is None:
        return Said({})
    try:
        said = json.loads(text)
        GadmsConfig.from_mapping(said["configuration"])
        family, source = said["family"], said["source_sha256"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise WeightsUnusable(f"{path}: its description is damaged; import it again") from error
    known = family if family in _FAMILIES else None
    return Said(said["configuration"], known, source, as_origin(said.get("origin")))
