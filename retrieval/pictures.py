"""Picture files as upright RGB, whatever they hold."""

import struct
import warnings
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
import PIL.Image
from PIL.Image import Transpose

from retrieval.errors import PictureUnreadable

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})
#: What PIL may try: it would hand PostScript to an interpreter, whatever a file is called.
FORMATS = ("JPEG", "PNG", "BMP", "WEBP", "TIFF")

#: Pixels above which a file is refused: a person fills few of them, and a few kilobytes can claim
#: gigabytes. The largest photographs of ordinary cameras have about this many.
MOST_PIXELS = 64_000_000

_ORIENTATION = 0x0112  # of EXIF; 1 is upright
_TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, PIL.Image.DecompressionBombError)


def open_picture(path: Path) -> PIL.Image.Image:
    """Read a whole picture as RGB, upright as its camera meant it.

    Grey, palette, bilevel and CMYK pictures become RGB; an alpha channel is left out; 16-bit grey
    is scaled to 8 bits.

    Raises:
        PictureUnreadable: missing, damaged, cut short, too large, or no picture.
    """
    return _read(path, str(path))


def decode_picture(data: bytes, name: str) -> PIL.Image.Image:
    """The same of the bytes of a file, which errors call `name`; of an animation the first picture.

    Raises:
        PictureUnreadable: damaged, cut short, too large, or no picture.
    """
    return _read(BytesIO(data), name)


def _read(source: Path | BinaryIO, name: str) -> PIL.Image.Image:
    try:
        with _opened(source) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise PictureUnreadable(
                    f"{name}: {picture.width}×{picture.height} pixels are more than "
                    f"{MOST_PIXELS:,}; shrink or remove it"
                )
            picture.load()
            turn = _turn_of(picture)
            upright = _to_rgb(picture)
    except _DAMAGE as error:
        raise PictureUnreadable(
            f"{name}: not readable as a picture; replace or remove it"
        ) from error
    return upright if turn is None else upright.transpose(turn)


def _opened(source: Path | BinaryIO) -> PIL.Image.Image:
    with warnings.catch_warnings():  # PIL's own of large ones names no file
        warnings.simplefilter("ignore", PIL.Image.DecompressionBombWarning)
        return PIL.Image.open(source, formats=FORMATS)


def _turn_of(picture: PIL.Image.Image) -> Transpose | None:
    try:
        return _TURNS.get(picture.getexif().get(_ORIENTATION, 1))
    except (*_DAMAGE, struct.error):  # pictures from the web often carry broken EXIF
        return None


def _to_rgb(picture: PIL.Image.Image) -> PIL.Image.Image:
    if picture.mode == "I" or picture.mode.startswith("I;16"):
        return _narrow(picture).convert("RGB")
    if picture.mode == "P" and "transparency" in picture.info:
        # Straight to RGB, PIL warns that the transparency is lost, as it is meant to be.
        return picture.convert("RGBA").convert("RGB")
    return picture.convert("RGB")


def _narrow(picture: PIL.Image.Image) -> PIL.Image.Image:
    """Scale 16 bits to 8; PIL alone would make white of all but the darkest."""
    grey = np.clip(np.asarray(picture, np.int64), 0, 65535)  # (H, W)
    return PIL.Image.fromarray(((grey + 128) // 257).astype(np.uint8))
