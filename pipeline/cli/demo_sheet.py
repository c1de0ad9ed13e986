"""The demo's contact sheet: a row for each description, its best hits framed by the truth."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image as Pillow
from PIL import ImageDraw

from detectors.types import Image
from pipeline.cli.sheet_parts import (
    ACCENT,
    BACKDROP,
    CARD,
    FAINT,
    GREEN,
    LINE,
    RED,
    TEXT,
    WELL,
    draw_placeholder,
    fitted,
    font,
    note_lines,
    paste,
    save_sheet,
    wrapped,
)

HITS_A_ROW = 4
TELLING_WIDTH, CARD_WIDTH, ROW_HEIGHT = 340, 150, 280
GAP, MARGIN, HEAD, FRAME = 14, 30, 96, 4
#: Each line of notes beyond the first makes the head this much higher, in pixels.
NOTE_STEP = 19


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """One hit.

    Attributes:
        picture: (H, W, 3) RGB; None where it could not be had.
        likelihood: as it should read.
        place: camera and time, as they should read.
        is_expected: whether the description truly fits; None where nobody knows.
    """

    picture: Image | None
    likelihood: str
    place: str
    is_expected: bool | None


@dataclass(frozen=True, slots=True)
class Row:
    """One description.

    Attributes:
        text: what was searched.
        answer: in a few words.
        truth: lines.
        is_right: whether the two agree; None where nobody knows.
        hits: best first; `HITS_A_ROW` of them are drawn.
    """

    text: str
    answer: str
    truth: Sequence[str]
    is_right: bool | None
    hits: Sequence[Shown]


def draw_demo_sheet(rows: Sequence[Row], *, title: str, notes: Sequence[str], out: Path) -> None:
    """Draw `rows` under `title` and write a PNG to `out`, whole or not at all.

    A hit whom the description fits has a green frame, any other a red one.

    Args:
        rows: from top to bottom.
        title: what the sheet shows, in a few words.
        notes: what to be wary of, each in full.
        out: always written as PNG, whatever it is called.

    Raises:
        ConfigError: `out` cannot be written.
    """
    width = 2 * MARGIN + TELLING_WIDTH + HITS_A_ROW * (CARD_WIDTH + GAP)
    room = width - 2 * MARGIN
    lines = note_lines(notes, 14, room)
    head = HEAD + max(len(lines) - 1, 0) * NOTE_STEP
    height = head + len(rows) * (ROW_HEIGHT + GAP) + MARGIN - GAP
    sheet = Pillow.new("RGB", (width, max(height, head + MARGIN)), BACKDROP)
    draw = ImageDraw.Draw(sheet)
    draw.text((MARGIN, 24), fitted(draw, title, 24, room), TEXT, font(24))
    for place, line in enumerate(lines):
        draw.text((MARGIN, 60 + place * NOTE_STEP), line, ACCENT, font(14))
    for place, row in enumerate(rows):
        _draw_row(sheet, draw, head + place * (ROW_HEIGHT + GAP), row)
    save_sheet(sheet, out)


def _draw_row(sheet: Pillow.Image, draw: ImageDraw.ImageDraw, y: int, row: Row) -> None:
    right = sheet.width - MARGIN
    draw.line((MARGIN, y - GAP // 2, right, y - GAP // 2), LINE)
    _draw_telling(draw, y, row)
    for place, hit in enumerate(row.hits[:HITS_A_ROW]):
        x = MARGIN + TELLING_WIDTH + GAP + place * (CARD_WIDTH + GAP)
        _draw_hit(sheet, draw, x, y, hit)


def _draw_telling(draw: ImageDraw.ImageDraw, y: int, row: Row) -> None:
    """What was asked, answered and true, from top to bottom on the left."""
    room = TELLING_WIDTH - 20
    y += 8
    for line in wrapped(draw, row.text, 18, room, most=5):
        draw.text((MARGIN, y), line, TEXT, font(18))
        y += 25
    y += 8
    tone = {True: GREEN, False: RED, None: FAINT}[row.is_right]
    said = {True: "right: ", False: "wrong: ", None: ""}[row.is_right] + row.answer
    for line in wrapped(draw, said, 15, room, most=2):
        draw.text((MARGIN, y), line, tone, font(15))
        y += 21
    y += 6
    for line in row.truth:
        draw.text((MARGIN, y), fitted(draw, line, 14, room), FAINT, font(14))
        y += 19


def _draw_hit(sheet: Pillow.Image, draw: ImageDraw.ImageDraw, x: int, y: int, hit: Shown) -> None:
    right, foot = x + CARD_WIDTH, y + ROW_HEIGHT
    tone = {True: GREEN, False: RED, None: LINE}[hit.is_expected]
    draw.rounded_rectangle((x, y, right, foot), 8, CARD, tone, FRAME)
    well = (x + 9, y + 9, right - 9, foot - 52)
    draw.rectangle(well, WELL)
    if hit.picture is None or not hit.picture.size:
        draw_placeholder(draw, x + CARD_WIDTH / 2, y + (ROW_HEIGHT - 52) / 2)
    else:
        paste(sheet, hit.picture, well)
    room = CARD_WIDTH - 20
    draw.text((x + 10, foot - 46), fitted(draw, hit.likelihood, 15, room), TEXT, font(15))
    draw.text((x + 10, foot - 25), fitted(draw, hit.place, 12, room), FAINT, font(12))
