"""What contact sheets are made of: colours, letters, pictures in wells, a file written whole."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from detectors.types import Image
from pipeline.errors import ConfigError

RGB = tuple[int, int, int]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
Area = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels."""

BACKDROP: RGB = (17, 20, 26)
CARD: RGB = (30, 35, 44)
WELL: RGB = (22, 26, 33)
LINE: RGB = (52, 60, 74)
TEXT: RGB = (234, 238, 244)
FAINT: RGB = (148, 158, 174)
ACCENT: RGB = (255, 190, 84)
GREEN: RGB = (72, 199, 130)
RED: RGB = (232, 86, 86)

#: What is to be wary of is never shorter than this, however narrow the sheet.
MOST_NOTE_LINES = 8


def paste(sheet: Pillow.Image, picture: Image, well: Area) -> None:
    """Fit the whole picture into the well, its shape kept."""
    left, top, right, bottom = well
    shown = Pillow.fromarray(picture)
    scale = min((right - left) / shown.width, (bottom - top) / shown.height)
    size = max(round(shown.width * scale), 1), max(round(shown.height * scale), 1)
    shown = shown.resize(size, Pillow.Resampling.LANCZOS)
    sheet.paste(shown, ((left + right - size[0]) // 2, (top + bottom - size[1]) // 2))


def draw_placeholder(draw: ImageDraw.ImageDraw, x: float, y: float) -> None:
    """Somebody without a picture, with their middle at `x`, `y`."""
    draw.ellipse((x - 22, y - 78, x + 22, y - 34), LINE)
    draw.rounded_rectangle((x - 38, y - 26, x + 38, y + 44), 30, LINE)
    draw.text((x, y + 72), "no picture", FAINT, font(15), anchor="mm")


def fitted(draw: ImageDraw.ImageDraw, text: str, size: int, room: float) -> str:
    """`text` on one line and cut to `room` pixels."""
    line = "".join(c if c.isprintable() else " " for c in text).strip()
    if draw.textlength(line, font(size)) <= room:
        return line
    low, high = 0, len(line)
    while low < high:
        middle = (low + high + 1) // 2
        fits = draw.textlength(line[:middle].rstrip() + "...", font(size)) <= room
        low, high = (middle, high) if fits else (low, middle - 1)
    return line[:low].rstrip() + "..."


def wrapped(
    draw: ImageDraw.ImageDraw, text: str, size: int, room: float, *, most: int
) -> list[str]:
    """`text` in at most `most` lines of `room` pixels, the last one cut if it must be."""
    lines: list[str] = []
    words = text.split()
    while words and len(lines) < most - 1:
        count = 1
        while (
            count < len(words) and draw.textlength(" ".join(words[: count + 1]), font(size)) <= room
        ):
            count += 1
        lines.append(fitted(draw, " ".join(words[:count]), size, room))
        words = words[count:]
    return [*lines, fitted(draw, " ".join(words), size, room)] if words else lines


def note_lines(notes: Sequence[str], size: int, room: float) -> list[str]:
    """Every note, whole, on as many lines of `room` pixels as it takes; the first one first."""
    ruler = ImageDraw.Draw(Pillow.new("RGB", (1, 1)))
    return [
        line for note in notes for line in wrapped(ruler, note, size, room, most=MOST_NOTE_LINES)
    ]


def font(size: int) -> Font:
    """The letters of every sheet, `size` pixels high."""
    return ImageFont.load_default(size)


def save_sheet(sheet: Pillow.Image, out: Path) -> None:
    """Write a PNG to `out`, whole or not at all; only its owner may read it.

    Raises:
        ConfigError: `out` cannot be written.
    """
    try:
        # Beside the target, so that the rename cannot cross a file system.
        handle, name = tempfile.mkstemp(prefix=f".{out.name}.", dir=out.parent)
        unfinished = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                sheet.save(file, "PNG", optimize=True)
            unfinished.replace(out)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or "unwritable"
        raise ConfigError(
            f"cannot write the sheet {out} ({reason}): name a file in a folder you may write to"
        ) from error
