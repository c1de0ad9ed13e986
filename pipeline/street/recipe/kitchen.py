"""Where the recipe works: its folders and files, and how much it makes."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline.street.recipe.plan import Amounts
from pipeline.street.recipe.watching import StartReport, Watch


@dataclass(frozen=True, slots=True)
class Kitchen:
    """Where the recipe works, and how much it makes.

    Attributes:
        out: the folder of everything.
        amounts: how much.
        report: given the name of a long job, what is told how far it is.
        should_stop: asked between small parts of the work.
        into: where the finished files are copied to; None to leave them.
    """

    out: Path
    amounts: Amounts
    report: StartReport
    should_stop: Callable[[], bool]
    into: Path | None = None

    @property
    def watch(self) -> Watch:
        """Who looks on, for work that goes in batches."""
        return Watch(self.report, self.should_stop)

    def stills(self, split: str) -> Path:
        """The folder of one split's pictures."""
        return self.out / "stills" / split

    def street(self, number: int) -> Path:
        """The folder of a filmed street, counted from 1."""
        return self.out / "streets" / str(number)

    @property
    def well_seen(self) -> Path:
        """The captions that the encoder learns from, beside the others of their split."""
        return self.stills("train") / "well-seen.jsonl"

    @property
    def packed(self) -> Path:
        """The folder of what goes into the repository."""
        return self.out / "packed"

    @property
    def figures(self) -> Path:
        """What was measured."""
        return self.out / "figures.json"

    @property
    def best_detector(self) -> Path:
        """The detector of the best epoch, as its trainer wrote it."""
        return self.out / "detector" / "run" / "weights" / "best.pt"

    @property
    def first_encoder(self) -> Path:
        """The encoder of the best epoch of the first training, heads included."""
        return self.out / "encoder" / "run" / "best.safetensors"

    @property
    def best_encoder(self) -> Path:
        """The encoder of the best epoch of the second, which begins with that one."""
        return self.out / "encoder-again" / "run" / "best.safetensors"
