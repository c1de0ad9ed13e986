"""The person in a picture that came with a search: untrusted bytes in, one crop out."""

import binascii
from base64 import b64decode
from collections.abc import Callable, Sequence

import numpy as np

from detectors.types import Box, Image
from retrieval.errors import PictureUnreadable, QueryRefused
from retrieval.pictures import decode_picture

FindPeople = Callable[[Image], Sequence[Box]]
"""The boxes of the people in (H, W, 3) RGB, in pixels of it."""

NAME = "the picture"

#: A person who takes so large a share of a picture is what it is of.
MOST_OF_IT = 0.4

#: Fewer pixels say nothing of how somebody looks.
LEAST_WIDTH_PX, LEAST_HEIGHT_PX = 8, 16

#: What may be a crop is shown to a detector with so much around it, as shares of its sides:
#: detectors know people as a part of a picture.
_AROUND = 1.0

#: A crop with something around it has nine times its pixels: a larger one is thinned out first.
_LOOKED_AT_PX = 1280

#: Boxes that a refusal names.
_NAMED = 8


def person_in(
    picture: str, box: tuple[float, float, float, float] | None, find_people: FindPeople
) -> Image:
    """(H, W, 3) RGB of the person whom a picture is of.

    Args:
        picture: the file in base64.
        box: where they are; None to look for them. With one, nobody is looked for.
        find_people: looks.

    Raises:
        QueryRefused: it is no picture, or shows nobody, or several people of whom none stands out.
    """
    image = _decoded(picture)
    if box is not None:
        return _cut(image, _checked(Box(*box), image))
    if image.shape[0] > image.shape[1] and _is_person(image, find_people):
        return image
    people = _worth(find_people(image))
    if not people:
        return _refuse_nobody()
    largest, *others = people
    is_of_it = largest.area >= MOST_OF_IT * image.shape[0] * image.shape[1]
    if is_of_it:
        return image
    if others:
        named = " or ".join(f"--box {words_of(each)}" for each in people[:_NAMED])
        raise QueryRefused(f"{len(people)} people in the picture: choose one with {named}")
    return _cut(image, _clipped(largest, image))


def words_of(box: Box) -> str:
    """A box as a command line takes it.

    >>> words_of(Box(1.2, 3.4, 50.0, 99.6))
    '1,3,50,100'
    """
    return ",".join(f"{edge:.0f}" for edge in box)


def _decoded(picture: str) -> Image:
    try:
        data = b64decode(picture, validate=True)
    except (binascii.Error, ValueError):
        raise QueryRefused(f"{NAME} is not in base64: encode the bytes of its file") from None
    try:
        image = np.asarray(decode_picture(data, NAME))
    except PictureUnreadable as error:
        raise QueryRefused(str(error)) from None
    if image.shape[0] < LEAST_HEIGHT_PX or image.shape[1] < LEAST_WIDTH_PX:
        raise QueryRefused(
            f"{NAME} has {image.shape[1]}×{image.shape[0]} pixels, too few to tell a person by: "
            "take a larger one"
        )
    return image


def _checked(box: Box, image: Image) -> Box:
    height, width = image.shape[:2]
    if not np.isfinite(box).all() or box.x1 >= box.x2 or box.y1 >= box.y2:
        raise QueryRefused("the box is none: give --box x1,y1,x2,y2 with x1 < x2 and y1 < y2")
    inside = _clipped(box, image)
    if inside.width < LEAST_WIDTH_PX or inside.height < LEAST_HEIGHT_PX:
        raise QueryRefused(
            f"the box shows less than {LEAST_WIDTH_PX}×{LEAST_HEIGHT_PX} pixels of the picture, "
            f"which has {width}×{height}: give another --box"
        )
    return inside


def _clipped(box: Box, image: Image) -> Box:
    height, width = image.shape[:2]
    return Box(max(box.x1, 0), max(box.y1, 0), min(box.x2, width), min(box.y2, height))


def _cut(image: Image, box: Box) -> Image:
    left, top = int(box.x1), int(box.y1)
    return image[top : int(np.ceil(box.y2)), left : int(np.ceil(box.x2))]


def _worth(boxes: Sequence[Box]) -> list[Box]:
    """Those large enough to tell somebody by, the largest first."""
    large = [b for b in boxes if b.width >= LEAST_WIDTH_PX and b.height >= LEAST_HEIGHT_PX]
    return sorted(large, key=lambda box: (-box.area, box))


def _is_person(crop: Image, find_people: FindPeople) -> bool:
    """Whether a crop is of one person, as a detector sees it with something around it."""
    step = -(-max(crop.shape[:2]) // _LOOKED_AT_PX)
    crop = crop[::step, ::step]
    high, wide = (round(side * _AROUND) for side in crop.shape[:2])
    grey = crop.mean(axis=(0, 1)).astype(np.uint8)  # (3,)
    framed = np.empty((crop.shape[0] + 2 * high, crop.shape[1] + 2 * wide, 3), np.uint8)
    framed[:] = grey
    framed[high:-high, wide:-wide] = crop
    largest = max((box.area for box in find_people(framed)), default=0.0)
    return bool(largest >= MOST_OF_IT * crop.shape[0] * crop.shape[1])


def _refuse_nobody() -> Image:
    raise QueryRefused(
        "no person in the picture: take another, or say where somebody is with --box x1,y1,x2,y2"
    )
