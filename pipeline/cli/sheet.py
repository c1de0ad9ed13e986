"""A contact sheet of a search's hits: one picture to send to a colleague."""

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
    TEXT,
    WELL,
    draw_placeholder,
    fitted,
    font,
    note_lines,
    paste,
    save_sheet,
)

COLUMNS = 5
CARD_WIDTH, PICTURE_HEIGHT, CAPTION_HEIGHT = 216, 300, 74
GAP, MARGIN, FOOT, NOTE_STEP = 18, 32, 44, 20
MIN_COLUMNS = 3  # so that the title has room above a single hit


@dataclass(frozen=True, slots=True, eq=False)
class Card:
    """One hit on the sheet.

    Attributes:
        picture: (H, W, 3) RGB; None where it could not be had.
        score: cosine similarity, −1 to 1.
        camera: its id.
        at: the instant, as it should read.
        live: whether the track is still open.
        rank: from 1.
    """

    picture: Image | None
    score: float
    camera: str
    at: str
    live: bool
    rank: int


def draw_sheet(cards: Sequence[Card], *, title: str, notes: Sequence[str], out: Path) -> None:
    """Draw `cards` in rows under `title` and write a PNG to `out`, whole or not at all.

    Only its owner may read the file: it shows people. Letters the font lacks are drawn as empty
    boxes; a title too long for its line ends in "...".

    Args:
        cards: in the order they should stand; none draws a sheet that says so.
        title: the sentence that was searched.
        notes: below it, each whole: what was answered, what to be wary of.
        out: always written as PNG, whatever it is called.

    Raises:
        ConfigError: `out` cannot be written.
    """
    columns = max(min(len(cards), COLUMNS), MIN_COLUMNS)
    rows = -(-len(cards) // columns)
    width = 2 * MARGIN + columns * CARD_WIDTH + (columns - 1) * GAP
    lines = note_lines(notes, 15, width - 2 * MARGIN)
    head = MARGIN + 74 + (len(lines) * NOTE_STEP + 4 if lines else 0)
    body = rows * (PICTURE_HEIGHT + CAPTION_HEIGHT + GAP) - GAP if rows else 220
    sheet = Pillow.new("RGB", (width, head + body + FOOT), BACKDROP)
    draw = ImageDraw.Draw(sheet)
    _draw_head(draw, width, title, lines, len(cards))
    for place, card in enumerate(cards):
        row, column = divmod(place, columns)
        x = MARGIN + column * (CARD_WIDTH + GAP)
        y = head + row * (PICTURE_HEIGHT + CAPTION_HEIGHT + GAP)
        _draw_card(sheet, draw, x, y, card)
    if not cards:
        _draw_emptiness(draw, (MARGIN, head, width - MARGIN, head + body))
    save_sheet(sheet, out)


def _draw_head(
    draw: ImageDraw.ImageDraw, width: int, title: str, lines: Sequence[str], count: int
) -> None:
    room = width - 2 * MARGIN
    hits = {0: "no hits", 1: "1 hit"}.get(count, f"{count} hits")
    draw.text((MARGIN, MARGIN - 6), f"DESCRY  ·  {hits}", ACCENT, font(14))
    draw.text((MARGIN, MARGIN + 16), fitted(draw, title, 28, room), TEXT, font(28))
    for place, line in enumerate(lines):
        draw.text((MARGIN, MARGIN + 56 + place * NOTE_STEP), line, FAINT, font(15))


def _draw_card(sheet: Pillow.Image, draw: ImageDraw.ImageDraw, x: int, y: int, card: Card) -> None:
    right, foot = x + CARD_WIDTH, y + PICTURE_HEIGHT + CAPTION_HEIGHT
    draw.rounded_rectangle((x, y, right, foot), 10, CARD, LINE)
    draw.rounded_rectangle((x + 8, y + 8, right - 8, y + PICTURE_HEIGHT), 6, WELL)
    if card.picture is None or not card.picture.size:
        draw_placeholder(draw, x + CARD_WIDTH / 2, y + PICTURE_HEIGHT / 2)
    else:
        paste(sheet, card.picture, (x + 14, y + 14, right - 14, y + PICTURE_HEIGHT - 6))
    _draw_rank(draw, x, y, card)
    caption_y, room = y + PICTURE_HEIGHT + 8, CARD_WIDTH - 28
    score = f"{card.score:.3f}"
    score_px = draw.textlength(score, font(19))
    draw.text((right - 14 - score_px, caption_y), score, ACCENT, font(19))
    camera = fitted(draw, card.camera, 19, room - score_px - 12)
    draw.text((x + 14, caption_y), camera, TEXT, font(19))
    draw.text((x + 14, caption_y + 29), fitted(draw, card.at, 15, room), FAINT, font(15))
    # From nothing at a cosine of 0 to the whole width at 1: a glance compares two cards.
    length = room * min(max(card.score, 0.0), 1.0)
    draw.rectangle((x + 14, foot - 11, x + 14 + room, foot - 9), LINE)
    draw.rectangle((x + 14, foot - 11, x + 14 + length, foot - 9), ACCENT)


def _draw_rank(draw: ImageDraw.ImageDraw, x: int, y: int, card: Card) -> None:
    text = str(card.rank)
    reach = 26 + draw.textlength(text, font(16)) - 8
    draw.rounded_rectangle((x + 14, y + 14, x + 14 + reach, y + 40), 13, BACKDROP, LINE)
    draw.text((x + 14 + reach / 2, y + 27), text, TEXT, font(16), anchor="mm")
    if card.live:
        right = x + CARD_WIDTH - 14
        draw.rounded_rectangle((right - 58, y + 14, right, y + 40), 13, BACKDROP, GREEN)
        draw.ellipse((right - 49, y + 23, right - 41, y + 31), GREEN)
        draw.text((right - 23, y + 27), "LIVE", GREEN, font(12), anchor="mm")


def _draw_emptiness(draw: ImageDraw.ImageDraw, area: tuple[int, int, int, int]) -> None:
    left, top, right, _ = area
    middle = (left + right) / 2
    draw.rounded_rectangle(area, 10, CARD, LINE)
    draw.text((middle, top + 92), "No hits", TEXT, font(26), anchor="mm")
    hint = "Nobody was found: widen the time or the cameras."
    draw.text((middle, top + 130), hint, FAINT, font(15), anchor="mm")
