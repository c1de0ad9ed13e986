"""`descry train`: pretraining and fine-tuning of GA-DMS, and export to the reference's layout."""

import json as json_format
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from pipeline.cli.options import JsonOption
from pipeline.cli.progress import progress_bar
from pipeline.logs import printable

if TYPE_CHECKING:
    from retrieval.training.session import Trained

app = typer.Typer(no_args_is_help=True)

PlanOption = Annotated[
    Path, typer.Option("--config", help="The training plan, YAML; see deploy/train.example.yaml.")
]
OutOption = Annotated[
    Path | None, typer.Option("--out", help="The run folder; that of the plan if left out.")
]


@app.command()
def pretrain(config: PlanOption, out: OutOption = None, json: JsonOption = False) -> None:
    """Learn from captions alone: gradient-attention score, dual masking, SDM and masked words.

    The same command goes on where a run was stopped or killed. With several GPUs:
    torchrun --nproc-per-node 8 -m pipeline train pretrain --config F
    """
    _train("pretrain", config, out, as_json=json)


@app.command()
def finetune(config: PlanOption, out: OutOption = None, json: JsonOption = False) -> None:
    """Learn from a data set with identities: SDM, identities and masked words.

    The same command goes on where a run was stopped or killed.
    """
    _train("finetune", config, out, as_json=json)


@app.command()
def export(
    checkpoint: Annotated[
        Path, typer.Argument(help="A checkpoint, best.safetensors of a run say.")
    ],
    out: Annotated[Path, typer.Option("--out", help="The .pth file to write.")],
    full_precision: Annotated[
        bool, typer.Option("--full-precision", help="float32 throughout, not the reference's mix.")
    ] = False,
    prefix: Annotated[
        bool, typer.Option("--prefix/--no-prefix", help="Names begin with `module.`.")
    ] = True,
) -> None:
    """Write a checkpoint that the reference's own programs load."""
    from pipeline.wiring.training import export_model

    count = export_model(checkpoint, out, full_precision=full_precision, prefix=prefix)
    typer.echo(f"{out}: {count} tensors in the reference's layout")


@app.command()
def example() -> None:
    """Print a training plan with every setting at its default."""
    from pipeline.cli.train_example import plan_example

    typer.echo(plan_example(), nl=False)


def _train(
    task: Literal["pretrain", "finetune"], config: Path, out: Path | None, *, as_json: bool
) -> None:
    # Imported late: they load torch, which `descry --help` must not wait for.
    from pipeline.logs import set_up_logging
    from pipeline.shutdown import INTERRUPTED, stopping
    from pipeline.wiring.settings import read_settings
    from pipeline.wiring.training import read_plan, start_file, start_training

    settings = read_settings(None)
    plan = read_plan(config, task, out)
    is_first = os.environ.get("RANK", "0") == "0"  # of those that torchrun started
    set_up_logging(settings.log_level if is_first else "error", name=task, stream=sys.stderr)
    with stopping() as stop, progress_bar() as start:
        trained = start_training(plan, start_file(settings, plan), start, stop.is_set)
    if trained.is_first:
        say_trained(plan.out, trained, as_json=as_json)
    if not trained.is_done:
        raise typer.Exit(INTERRUPTED)


def say_trained(out: Path, trained: "Trained", *, as_json: bool) -> None:
    """Write the answer: where the best model is and what it was chosen by, or how to go on."""
    if as_json:
        sys.stdout.write(json_format.dumps(as_mapping(out, trained)) + "\n")
        return
    shown = printable(str(out))
    if not trained.is_done:
        typer.echo(
            f"{shown}: stopped in epoch {trained.epoch}, after step {trained.step}; the same "
            "command goes on from there"
        )
        return
    typer.echo(f"{shown}: trained for {trained.step} steps on {trained.captions:,} captions")
    if trained.best is not None:
        best = trained.best.state
        path = printable(str(trained.best.path))
        typer.echo(
            f"best: {path}, epoch {best['epoch']:.0f}, R@1 {best['r1']:.2f}, "
            f"mAP {best['map']:.2f} ({trained.judged_by})"
        )
        typer.echo(f"use it: descry models import {path} --name NAME")


def as_mapping(out: Path, trained: "Trained") -> dict[str, Any]:
    """The answer as `--json` prints it."""
    best = trained.best
    return {
        "out": str(out),
        "done": trained.is_done,
        "epoch": trained.epoch,
        "step": trained.step,
        "captions": trained.captions,
        "people": trained.classes,
        "validation": trained.judged_by,
        "best": None
        if best is None
        else {"path": str(best.path), "step": best.step, **dict(best.state)},
    }
