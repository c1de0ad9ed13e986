"""`descry evaluate`: rank-k, mAP and mINP of a model on a labelled data set."""

import json as json_format
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from pipeline.cli.options import ConfigOption, JsonOption
from pipeline.cli.progress import Report, progress_bar
from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from retrieval.training.evaluate import Evaluation
    from retrieval.training.samples import SampleTable

SPLITS = ("test", "val")
#: What the only part of a folder with a file of captions is called.
WHOLE = "all"


def evaluate(
    dataset: Annotated[
        str | None, typer.Option("--dataset", help="cuhk-pedes, icfg-pedes, rstpreid or jsonl.")
    ] = None,
    root: Annotated[Path | None, typer.Option("--root", help="Folder of the data set.")] = None,
    images: Annotated[
        Path | None, typer.Option("--images", help="Folder of your own pictures.")
    ] = None,
    captions: Annotated[
        Path | None, typer.Option("--captions", help="Their captions, a .json list.")
    ] = None,
    split: Annotated[
        str | None, typer.Option("--split", help="test (if left out) or val, of --dataset.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option("--model", help="A name from `descry models list`, or a checkpoint file."),
    ] = None,
    plots: Annotated[
        Path | None, typer.Option("--plots", help="Folder to draw three PNG curves into.")
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Measure how well a model finds people by description, both ways and with people absent.

    Give --dataset with --root, or --images with --captions.
    """
    data = what_to_measure(dataset, root, images, captions, split)
    if plots is not None:
        make_folder(plots)
    with progress_bar() as start:
        measured = measure(data, config, model, start)
    say(measured, as_json=json)  # first: plots that cannot be written must not cost the figures
    if plots is not None:
        from pipeline.cli.evaluation_plots import draw_plots

        draw_plots(measured, plots)


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A data set in one of the known layouts, and which split of it."""

    name: str
    root: Path
    split: Literal["test", "val"]

    def open(self, report: Report) -> "SampleTable":
        """Read it.

        Raises:
            DatasetUnusable: it is incomplete, damaged, or has no such split.
        """
        from retrieval.training.datasets import open_dataset

        return open_dataset(self.name, self.root, report=report).split(self.split)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pictures of one's own, and the file of their captions."""

    images: Path
    captions: Path
    split: str = WHOLE

    @property
    def name(self) -> str:
        """What to call it."""
        return self.captions.name

    def open(self, _report: Report) -> "SampleTable":
        """Read it.

        Raises:
            DatasetUnusable: it is incomplete or damaged.
        """
        from retrieval.training.datasets import open_pairs

        return open_pairs(self.images, self.captions)


def what_to_measure(
    dataset: str | None,
    root: Path | None,
    images: Path | None,
    captions: Path | None,
    split: str | None,
) -> Benchmark | Pairs:
    """What the flags name, before anything is read.

    Raises:
        ConfigError: nothing, half of it, or two things at once; no such layout or split.
    """
    if (dataset or root) and (images or captions):
        raise ConfigError("give --dataset with --root, or --images with --captions, not both")
    if images or captions:
        if not (images and captions):
            missing = "--captions F.json" if images else "--images DIR"
            raise ConfigError(f"--images and --captions go together: add {missing}")
        if split is not None:
            raise ConfigError("--split goes with --dataset: all of --captions is measured")
        return Pairs(images, captions)
    if not (dataset or root):
        raise ConfigError("name the data: --dataset NAME --root DIR, or --images DIR --captions F")
    if not (dataset and root):
        missing = "--root DIR" if dataset else "--dataset NAME"
        raise ConfigError(f"--dataset and --root go together: add {missing}")
    return Benchmark(_layout(dataset), root, _split(split))


def measure(
    data: Benchmark | Pairs, config: Path | None, model: str | None, start: Callable[[str], Report]
) -> "Evaluation":
    """Read the data, open the model, and measure it.

    Raises:
        DatasetUnusable: the data cannot be used.
        PictureUnreadable: a picture is damaged.
        WeightsError: the model cannot be used.
        ConfigError: the settings make no sense.
    """
    # Imported late: they load torch, which `descry --help` must not wait for.
    from pipeline.wiring.evaluation import open_evaluation_encoder, trained_on
    from pipeline.wiring.settings import read_settings
    from retrieval.training.evaluate import evaluate as run

    settings = read_settings(config)
    table = data.open(start(f"reading {data.name}"))
    encoder = open_evaluation_encoder(settings, model)
    if not encoder.is_trained:
        sys.stderr.write(f"{encoder.model_id}: no trained weights: its ranking means nothing\n")
    learnt_on = trained_on(settings, model)
    if learnt_on is not None:
        sys.stderr.write(f"{encoder.model_id}: synthetic weights: learnt on {learnt_on} only\n")
    return run(
        encoder,
        table,
        batch=settings.encoder.batch,
        report=start,
        dataset=data.name,
        split=data.split,
        trained_on=learnt_on,
    )


def make_folder(folder: Path) -> None:
    """Make the folder of plots, and see that it can be written, before the long work.

    Raises:
        ConfigError: it cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ConfigError(
            f"cannot write into the folder {folder} ({error.strerror}): name another with --plots"
        ) from error


def say(measured: "Evaluation", *, as_json: bool) -> None:
    """Write the answer: one object for programs, tables for people."""
    if as_json:
        sys.stdout.write(json_format.dumps(measured.to_mapping()) + "\n")
        return
    from pipeline.cli.evaluation_table import print_tables

    print_tables(measured)


def _layout(name: str) -> str:
    from retrieval.training.datasets import NAMES

    name = name.lower()  # as the authors write them, too
    if name not in NAMES:
        raise ConfigError(f"no data set layout {name!r}: choose one of {', '.join(NAMES)}")
    return name


def _split(text: str | None) -> Literal["test", "val"]:
    if text not in (None, *SPLITS):
        raise ConfigError(f"no split {text!r} to measure on: choose {' or '.join(SPLITS)}")
    return cast("Literal['test', 'val']", text or "test")
