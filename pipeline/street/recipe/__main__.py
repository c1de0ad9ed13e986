"""The bundled weights from nothing: stills, detector, encoder, calibration, files, figures, cards.

    python -m pipeline.street.recipe --out street-weights

Each step notes what it was made from; the same command goes on where one was stopped, and a step
whose inputs are as they were is passed over. Hours on two cores.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from detectors.errors import DetectorError
from pipeline.errors import DescryError
from pipeline.shutdown import INTERRUPTED, stopping
from pipeline.street.recipe.kitchen import Kitchen
from pipeline.street.recipe.plan import QUICK, USUAL, Amounts
from pipeline.street.recipe.record import Record
from pipeline.street.recipe.steps import STEPS
from retrieval.errors import RetrievalError

_SAY_EVERY_S = 20.0
_AMOUNTS = (
    "seed", "train_frames", "train_people", "detector_epochs", "encoder_epochs", "again_epochs",
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the steps that are not done; the exit code."""
    options = _options(arguments)
    amounts = _amounts(options)
    out = options.out.absolute()
    with stopping() as stop:
        kitchen = Kitchen(
            out, amounts, report=_line_report, should_stop=stop.is_set, into=options.into
        )
        try:
            out.mkdir(parents=True, exist_ok=True)
            return _run(kitchen, Record(out / "recipe.json"), options.only)
        except (DescryError, RetrievalError, DetectorError, OSError) as error:
            _say(str(error))
            return 1


def _run(kitchen: Kitchen, record: Record, only: Sequence[str]) -> int:
    for name, step in STEPS.items():
        if only and name not in only:
            continue
        inputs = step.inputs(kitchen)
        if record.is_done(name, inputs, step.outputs(kitchen)) and step.is_whole(kitchen):
            _say(f"{name}: done before")
            continue
        if kitchen.should_stop():
            return _stopped(name)
        _say(f"{name}: {step.sentence}")
        began = time.monotonic()
        if not step.run(kitchen):
            return _stopped(name)
        record.note(name, inputs, time.monotonic() - began)
    return 0


def _stopped(name: str) -> int:
    _say(f"{name}: stopped; the same command goes on from there")
    return INTERRUPTED


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m pipeline.street.recipe", description="Make the bundled weights anew."
    )
    parser.add_argument("--out", type=Path, required=True, help="the folder of everything made")
    parser.add_argument("--into", type=Path, help="where the finished files are copied to")
    parser.add_argument("--quick", action="store_true", help="a minute's worth: proves the path")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        choices=list(STEPS),
        help="this step alone; may repeat",
    )
    for name in _AMOUNTS:
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=None)
    return parser.parse_args(arguments)


def _amounts(options: argparse.Namespace) -> Amounts:
    given = {name: getattr(options, name) for name in _AMOUNTS}
    chosen = QUICK if options.quick else USUAL
    return replace(chosen, **{name: value for name, value in given.items() if value is not None})


def _line_report(label: str) -> Callable[[float, float | None], None]:
    """A line now and then, with the time that is left."""
    began = said = time.monotonic()
    first: float | None = None

    def report(done: float, total: float | None) -> None:
        nonlocal said, first
        now = time.monotonic()
        first = done if first is None else first
        if now - said < _SAY_EVERY_S or not total:
            return
        said = now
        left_s = (now - began) / max(done - first, 1) * (total - done)
        _say(f"  {label}: {done:,.0f} of {total:,.0f}, {left_s / 60:.1f} minutes left")

    return report


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
