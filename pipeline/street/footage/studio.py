"""A renderer, bodies and a lens, as each drawing process has them."""

from collections.abc import Sequence
from functools import cache

from pipeline.street.camera import Camera
from pipeline.street.mesh import Mesh
from pipeline.street.people.figures import Figures
from pipeline.street.rendering.light import Light
from pipeline.street.rendering.renderer import Picture, Renderer
from pipeline.street.rendering.sighting import Seen, outline_of, sight
from pipeline.street.scenery.place import Place


class Studio:
    """Draws people in places; one per process, used by the thread that made it.

    Attributes:
        figures: bodies and clothes.
    """

    def __init__(self) -> None:
        """Open the renderer and load the bodies.

        Raises:
            ConfigError: the body model is not installed, or the renderer cannot be opened.
        """
        self.figures = Figures()
        self._renderer = Renderer()

    def draw(
        self,
        camera: Camera,
        place: Place,
        people: Sequence[tuple[int, Mesh]],
        light: Light,
        *,
        supersample: float = 1.5,
    ) -> tuple[Picture, list[Seen]]:
        """A sharp picture, and what it shows of each person who is in it at all.

        Args:
            camera: who looks.
            place: the scenery.
            people: number, from 1, and body of each.
            light: what lights them.
            supersample: as `Renderer.render` has it.
        """
        outlines = {number: outline_of(camera, mesh) for number, mesh in people}
        inside = {number: one for number, one in outlines.items() if one is not None}
        meshes = [(0, place.mesh), *((n, mesh) for n, mesh in people if n in inside)]
        picture = self._renderer.render(camera, meshes, light, supersample=supersample)
        return picture, sight(inside, picture.owners, picture.alone)


@cache
def studio() -> Studio:
    """The studio of this process."""
    return Studio()
