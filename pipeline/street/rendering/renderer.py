"""Meshes to pictures: what a camera sees, and who is seen at each pixel.

OpenGL by moderngl, without a screen (EGL): in software anywhere, on a graphics card where one is.
People go into one buffer and one draw call; scenery is uploaded once and kept.
"""

import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ConfigError
from pipeline.street.camera import Camera
from pipeline.street.mesh import Mesh
from pipeline.street.rendering import shaders
from pipeline.street.rendering.coarse import coarser
from pipeline.street.rendering.coverage import count_alone
from pipeline.street.rendering.drawable import Drawable
from pipeline.street.rendering.graphics import open_context
from pipeline.street.rendering.light import Lamp, Light
from pipeline.street.rendering.packing import Part
from pipeline.street.rendering.pattern_tiles import draw_tiles
from pipeline.street.rendering.shadows import shadow_matrix

SHADOW_PX = 1024
SHADOW_CELL_M = 0.035
CELL_PX = 2.2  # side by side, nobody sees a difference up to here
NEARER_M = 0.5  # of the nearest limb to the middle of a body
_SCENERIES_KEPT = 8
_PEOPLE_AT_MOST = 255
DEPTH_TEST = 2
LINEAR, LINEAR_MIPMAP_NEAREST = 0x2601, 0x2701  # as OpenGL numbers its filters
_TO_TOP = np.diag([1.0, -1.0, 1.0, 1.0])  # the first row of the picture is the top one
INFRARED_REACH_M = 7.0


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What a camera sees.

    Attributes:
        rgb: (H, W, 3) uint8.
        owners: (H, W) uint16, who is seen at each pixel; 0 is scenery.
        alone: pixels that each owner would cover with nobody and nothing before them.
    """

    rgb: NDArray[np.uint8]
    owners: NDArray[np.uint16]
    alone: dict[int, int]

    def visible(self, owner: int) -> float:
        """The share of a person's pixels that can be seen, 0 to 1; 0 of one out of the picture."""
        whole = self.alone.get(owner, 0)
        seen = int(np.count_nonzero(self.owners == owner))
        return min(seen / whole, 1.0) if whole else 0.0


class Renderer:
    """Draws meshes; one per process, used by the thread that made it.

    Raises:
        ConfigError: moderngl or EGL is missing.
    """

    def __init__(self) -> None:
        self._context = open_context()
        self._colour = self._context.program(
            vertex_shader=shaders.COLOUR_VERTEX, fragment_shader=shaders.COLOUR_FRAGMENT
        )
        self._places = self._context.program(
            vertex_shader=shaders.PLACES_VERTEX, fragment_shader=shaders.PLACES_FRAGMENT
        )
        self._shadow_map = self._context.depth_texture((SHADOW_PX, SHADOW_PX))
        self._shadow_map.compare_func = "<="
        self._shadow_map.filter = (LINEAR, LINEAR)
        self._shadow_map.repeat_x = self._shadow_map.repeat_y = False
        self._shadow_frame = self._context.framebuffer(depth_attachment=self._shadow_map)
        tiles = draw_tiles()
        self._tiles = self._context.texture_array(
            (tiles.shape[2], tiles.shape[1], len(tiles)), 2, tiles.tobytes()
        )
        self._tiles.build_mipmaps()
        self._tiles.filter = (LINEAR_MIPMAP_NEAREST, LINEAR)
        self._frames: dict[tuple[int, int], Any] = {}
        self._people = Drawable(self._context, self._colour, self._places)
        self._sceneries: OrderedDict[int, tuple[Mesh, Drawable]] = OrderedDict()

    @property
    def device(self) -> str:
        """What draws, as its driver calls it."""
        return str(self._context.info["GL_RENDERER"])

    def render(
        self,
        camera: Camera,
        meshes: Sequence[tuple[int, Mesh]],
        light: Light,
        *,
        supersample: float = 1.5,
    ) -> Picture:
        """Draw what a camera sees.

        Args:
            camera: which also says how large the picture is.
            meshes: each with its owner: 0 is scenery, which is kept by identity and should be the
                same object in each frame; 1 and above are people, at most 255 in a picture.
            light: what lights them.
            supersample: how much larger than the picture it is drawn before it is scaled down.

        Raises:
            ConfigError: more than 255 people at once.
        """
        people = [(owner, mesh) for owner, mesh in meshes if owner]
        numbers = {owner: n for n, owner in enumerate(dict.fromkeys(o for o, _ in people), 1)}
        if len(numbers) > _PEOPLE_AT_MOST:
            raise ConfigError(
                f"{len(numbers)} people in one picture; {_PEOPLE_AT_MOST} are the most there may be"
            )
        drawables = [self._scenery(mesh) for owner, mesh in meshes if not owner]
        if people:
            pixel = _pixel_angle(camera, supersample)
            self._people.load([_part(camera, numbers[o], mesh, pixel) for o, mesh in people])
            drawables.insert(0, self._people)
        self._draw_shadows(camera, drawables, light)
        frame = self._frame(round(camera.width * supersample), round(camera.height * supersample))
        self._draw_colours(frame, camera, drawables, light)
        rgb, small = _read(frame, camera.width, camera.height)
        owners = np.array([0, *numbers], np.uint16)[small]
        alone = {
            owner: count_alone(camera, np.concatenate(_vertices(people, owner)), owners == owner)
            for owner in numbers
        }
        return Picture(rgb, owners, alone)

    def _scenery(self, mesh: Mesh) -> Drawable:
        kept = self._sceneries.pop(id(mesh), None)
        if kept is None:
            drawable = Drawable(self._context, self._colour, self._places)
            drawable.load([Part(0, mesh, mesh.faces, mesh.faces)])
            kept = mesh, drawable
        self._sceneries[id(mesh)] = kept
        if len(self._sceneries) > _SCENERIES_KEPT:
            self._sceneries.popitem(last=False)[1][1].release()
        return kept[1]

    def _frame(self, width: int, height: int) -> Any:
        size = width, height
        if size not in self._frames:
            self._frames[size] = self._context.framebuffer(
                [self._context.texture(size, 4)], self._context.depth_renderbuffer(size)
            )
        return self._frames[size]

    def _draw_shadows(self, camera: Camera, drawables: Sequence[Drawable], light: Light) -> None:
        matrix = shadow_matrix(camera, light)
        self._shadow_frame.use()
        self._shadow_frame.clear(depth=1.0)
        self._context.enable_only(DEPTH_TEST)
        self._places["u_matrix"].write(_column_major(matrix))
        self._colour["u_light"].write(_column_major(matrix))
        if max(light.sun) > 0:
            for drawable in drawables:
                drawable.draw_places()

    def _draw_colours(
        self, frame: Any, camera: Camera, drawables: Sequence[Drawable], light: Light
    ) -> None:
        program = self._colour
        program["u_camera"].write(_column_major(_TO_TOP @ camera.matrix()))
        _set_light(program, light, camera)
        program["u_patterns"], program["u_shadows"], program["u_materials"] = 0, 1, 2
        self._tiles.use(0)
        self._shadow_map.use(1)
        frame.use()
        frame.clear(*_background(light), 0.0, depth=1.0)
        self._context.front_face = "cw"  # turned over by _TO_TOP
        for drawable in drawables:
            drawable.draw_colours(2)


def _pixel_angle(camera: Camera, supersample: float) -> float:
    """Metres across a pixel as drawn, one metre before the lens."""
    half = math.tan(math.radians(camera.field_of_view) / 2)
    return 2 * half / (camera.height * supersample)


def _part(camera: Camera, number: int, mesh: Mesh, pixel: float) -> Part:
    """Somebody, with as many triangles as their distance asks for."""
    away = float(np.linalg.norm(mesh.vertices.mean(axis=0) - camera.eye)) - NEARER_M
    faces = coarser(mesh, pixel * max(away, 0.0) * CELL_PX)
    return Part(number, mesh, faces, coarser(mesh, SHADOW_CELL_M, faces))


def _vertices(people: Sequence[tuple[int, Mesh]], owner: int) -> list[NDArray[np.float32]]:
    return [mesh.vertices for one, mesh in people if one == owner]


def _set_light(program: Any, light: Light, camera: Camera) -> None:
    lamps = light.lamps[: shaders.LAMPS_AT_MOST]
    if light.infrared:
        lamps = (Lamp(camera.eye, (1.0, 1.0, 1.0), INFRARED_REACH_M),)
    places, colours = np.zeros((4, 3), np.float32), np.zeros((4, 4), np.float32)
    for row, lamp in enumerate(lamps):
        places[row] = lamp.at
        colours[row] = *lamp.colour, 1 / lamp.reach_m**2
    program["u_lamps"] = len(lamps)
    program["u_lamp_place"].write(places)
    program["u_lamp_colour"].write(colours)
    program["u_eye"], program["u_to_sun"] = camera.eye, light.to_sun
    program["u_sun"], program["u_sky"], program["u_ground"] = light.sun, light.sky, light.ground
    program["u_fog"] = (*light.fog, light.fog_density)
    program["u_gain"] = tuple(gain * light.exposure for gain in light.white_balance)
    program["u_toe"], program["u_glow"] = light.toe, light.glow
    program["u_infrared"] = float(light.infrared)


def _background(light: Light) -> tuple[float, float, float]:
    own = np.full(3, light.background[1]) if light.infrared else np.array(light.background)
    seen = own * light.white_balance * light.exposure
    seen = seen * (1.5 + seen * 0.4) / (1 + seen * 1.1)  # the tone curve of the shader
    red, green, blue = np.sqrt(np.clip(seen - light.toe, 0, 1))
    return float(red), float(green), float(blue)


def _column_major(matrix: NDArray[np.float64]) -> bytes:
    return np.ascontiguousarray(matrix.T, np.float32).tobytes()


def _read(frame: Any, width: int, height: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """RGB by area, and the number in the fourth plane by the nearest pixel."""
    full = np.frombuffer(frame.read(components=4), np.uint8).reshape(*frame.size[::-1], 4)
    if frame.size == (width, height):
        return np.ascontiguousarray(full[..., :3]), full[..., 3]
    rgb = cv2.resize(full, (width, height), interpolation=cv2.INTER_AREA)[..., :3]
    rows = ((np.arange(height) + 0.5) * full.shape[0] / height).astype(int)
    columns = ((np.arange(width) + 0.5) * full.shape[1] / width).astype(int)
    return np.ascontiguousarray(rgb), full[..., 3][rows[:, None], columns]
