"""Areas of a camera's picture as settings hold them: a polygon by a short name."""

import json
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from detectors.areas import check_corners
from pipeline.config_types import as_area

Corner = tuple[float, float]


def _as_polygon(value: Any) -> Any:
    """The corners that a file lists, or a variable holds as JSON: `[[0, 0], [1, 0], [1, 1]]`.

    Said whole: an error about one number in one corner would not say of which area.
    """
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    pairs = value if isinstance(value, list | tuple) else None
    if pairs is None or not all(_is_corner(pair) for pair in pairs):
        raise ValueError("must be a list of corners, each [x, y] from 0 to 1")
    corners = tuple((float(x), float(y)) for x, y in pairs)
    check_corners(corners)
    return corners


def _is_corner(pair: object) -> bool:
    return (
        isinstance(pair, list | tuple)
        and len(pair) == 2
        and all(isinstance(part, int | float) and not isinstance(part, bool) for part in pair)
    )


def names_areas(areas: dict[str, Any]) -> dict[str, Any]:
    """Return `areas` if each has a name that an area may have."""
    return {as_area(name): corners for name, corners in areas.items()}


Polygon = Annotated[
    tuple[Corner, ...],
    BeforeValidator(_as_polygon),
    WithJsonSchema(
        {
            "type": "array",
            "minItems": 3,
            "items": {
                "type": "array",
                "minItems": 2,
                "maxItems": 2,
                "items": {"type": "number", "minimum": 0, "maximum": 1},
            },
        }
    ),
]
