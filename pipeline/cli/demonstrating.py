"""The demo: a drawn street, the real processes, and an honest word about the ranking."""

import os
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from pipeline.cli.progress import progress_bar
from pipeline.cli.replaying import Order, import_files
from pipeline.cli.searching import Question, answer
from pipeline.demo.clip import ClipTruth, draw_clip
from pipeline.errors import ConfigError

# Weights drawn at random: they show the machinery, not the ranking.
DEMO_MODEL = "untrained-small"
CAMERA = "street"


def demonstrate(out: Path, text: str) -> None:
    """Draw a clip, import it, search it; leaves the clip and a contact sheet in `out`.

    A scripted detector reads the boxes that the drawing wrote, since no detector is bundled yet;
    decoding, tracking, shot choice, Redis, encoder and index are the real ones.

    Raises:
        ConfigError: `out` cannot be written.
    """
    console = Console(stderr=True)
    clip = _draw(out)
    console.print(f"{len(clip.people)} people walk through {out / 'street.mp4'}", style="bold")
    with tempfile.TemporaryDirectory(prefix="descry-demo-") as data_dir:
        # The demo must not touch what the user has: neither data nor settings.
        for name in [name for name in os.environ if name.startswith("DESCRY_")]:
            del os.environ[name]
        os.environ["DESCRY_DATA_DIR"] = str(Path(data_dir) / "data")
        os.environ["DESCRY_CONFIG"] = os.devnull
        order = Order(paths=[out / "street.mp4"], camera=CAMERA, every_frame=True)
        import_files(
            order,
            config=None,
            detector=str(out / "street.boxes.json"),
            model=DEMO_MODEL,
            as_json=False,
        )
        sheet = out / "hits.png"
        answer(
            Question(text, [CAMERA], []),
            config=None,
            model=DEMO_MODEL,
            sheet=sheet,
            as_json=False,
        )
    _say_what_next(console, sheet)


def _draw(out: Path) -> ClipTruth:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"cannot make {out} ({error.strerror}): choose --out") from error
    with progress_bar() as bars:
        return draw_clip(out / "street.mp4", progress=bars("draw street.mp4"))


def _say_what_next(console: Console, sheet: Path) -> None:
    console.print(f"\nthe pictures: {sheet}", style="bold")
    console.print(
        "The whole path ran: decode, track, choose shots, embed, index, search. The demo's encoder "
        "has no trained weights, so the order of the hits above means nothing. For real footage:\n"
        "  descry models pull yolo11n && descry models pull openai-clip-b16\n"
        "  descry replay YOUR.mp4 --camera door && descry search 'man in a black hoodie'"
    )
    sys.stderr.flush()
