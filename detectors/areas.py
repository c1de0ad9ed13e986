"""Areas of a camera's picture that somebody drew, as polygons: where they are, who is in them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeVar

from detectors.types import Box


class Point(NamedTuple):
    """A place in a picture: 0 to 1 from left to right and from top to bottom."""

    x: float
    y: float


Corners = Sequence[Sequence[float]]
"""x and y of each corner, as they are written in settings."""

FEWEST_CORNERS: Final = 3


@dataclass(frozen=True, slots=True)
class Area:
    """A polygon that does not cross itself, with a name.

    Attributes:
        name: what people call it.
        corners: in order round it, at least 3; the last joins the first.
    """

    name: str
    corners: tuple[Point, ...]

    def __post_init__(self) -> None:
        check_corners(self.corners)

    @classmethod
    def of(cls, name: str, corners: Corners) -> "Area":
        """Read what `check_corners` takes.

        Raises:
            ValueError: it is no polygon; the message says why.
        """
        return cls(name, tuple(Point(float(x), float(y)) for x, y in corners))

    def contains(self, point: Point) -> bool:
        """Whether `point` lies in it or on its edge."""
        is_inside = False
        for a, b in _edges(self.corners):
            side = _side(a, b, point)
            if side == 0 and _is_between(a, b, point):
                return True
            # A ray to the right passes the edge's height, and meets it right of the point.
            if (a.y > point.y) != (b.y > point.y) and (side > 0) == (b.y > a.y):
                is_inside = not is_inside
        return is_inside


def check_corners(corners: Corners) -> None:
    """See that `corners` make an area.

    Raises:
        ValueError: they do not; the message goes on after the name of the area.
    """
    if len(corners) < FEWEST_CORNERS:
        raise ValueError(f"has {len(corners)} corners: an area takes at least {FEWEST_CORNERS}")
    for x, y in corners:
        if not (0 <= x <= 1 and 0 <= y <= 1):
            raise ValueError(f"has a corner at [{x:g}, {y:g}]: both must lie within 0 to 1")
    if _crosses_itself(corners):
        raise ValueError("crosses itself: list the corners in order round the area")
    doubled = sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in _edges(corners))
    if abs(doubled) < 1e-9:
        raise ValueError("is a line: an area takes corners that span one")


def zones_at(zones: Iterable[Area], box: Box, width: int, height: int) -> tuple[str, ...]:
    """The names of the zones that somebody stands in, sorted.

    Somebody stands where the middle of the lower edge of their box is; for a person whose feet
    are cut off by the picture's edge, on that edge.

    Args:
        zones: those of the camera.
        box: pixels of a frame of `width` by `height`.
        width: pixels, above 0.
        height: likewise.
    """
    foot = Point(
        min(max((box.x1 + box.x2) / 2 / width, 0.0), 1.0), min(max(box.y2 / height, 0.0), 1.0)
    )
    return tuple(sorted(zone.name for zone in zones if zone.contains(foot)))


_Place = TypeVar("_Place", bound=Sequence[float])


def _edges(corners: Sequence[_Place]) -> list[tuple[_Place, _Place]]:
    return list(zip(corners, [*corners[1:], corners[0]], strict=True))


def _crosses_itself(corners: Corners) -> bool:
    edges = _edges(corners)
    last = len(edges) - 1
    return any(
        _cross(*edges[i], *edges[j])
        for i in range(len(edges))
        for j in range(i + 2, len(edges))
        if (i, j) != (0, last)  # these two meet in the first corner
    )


def _cross(a: Sequence[float], b: Sequence[float], c: Sequence[float], d: Sequence[float]) -> bool:
    """Whether the edges a–b and c–d cut through each other; touching is allowed."""
    return _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0


def _side(a: Sequence[float], b: Sequence[float], c: Sequence[float]) -> float:
    """Above 0 where `c` lies on one side of the line a–b, below 0 on the other, 0 on it."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _is_between(a: Sequence[float], b: Sequence[float], c: Sequence[float]) -> bool:
    """Whether `c`, which lies on the line a–b, lies between the two."""
    return all(min(p, q) <= r <= max(p, q) for p, q, r in zip(a, b, c, strict=True))
