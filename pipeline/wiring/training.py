"""From a training plan on disk to a training: the plan read, the weights to start from found."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from pipeline.config import Settings
from pipeline.config_names import settings_in
from pipeline.config_problems import explain, one_line
from pipeline.config_yaml import read_yaml
from pipeline.durations import parse_duration
from pipeline.errors import ConfigError
from pipeline.wiring.evaluation import names_a_file
from pipeline.wiring.weights import open_library
from retrieval.training.plan import Task, TrainingPlan

if TYPE_CHECKING:  # a mistake in a plan is told before torch is loaded
    from retrieval.training.beginning import StartReport
    from retrieval.training.session import Trained


def read_plan(file: Path, task: Task, out: Path | None) -> TrainingPlan:
    """The plan in `file` for `task`; relative paths in it start at the file's own folder.

    Args:
        file: YAML.
        task: what the command says.
        out: the run folder, if a flag named one.

    Raises:
        ConfigError: it is missing, no YAML, or does not make sense; the message names each thing.
        PlanRefused: it is for the other task.
    """
    if not file.is_file():
        raise ConfigError(f"{file}: no such plan; `descry train example` prints one")
    values: dict[str, Any] = {name: _span(name, v) for name, v in read_yaml(file).items()}
    if out is not None:
        values["out"] = str(out.absolute())
    try:
        plan = TrainingPlan.model_validate(values).for_task(task)
    except ValidationError as error:
        problems = explain(error, list(settings_in(TrainingPlan)), {})
        raise ConfigError(f"{file}: {one_line(problems)}") from error
    return _settled(plan, file.absolute().parent)


def start_file(settings: Settings, plan: TrainingPlan) -> Path | None:
    """The checkpoint that the plan starts from: a file, or an installed model.

    Raises:
        ConfigError: no such file.
        WeightsUnknown: no model of that name.
        WeightsUnusable: it is not installed.
    """
    if plan.start_from is None:
        return None
    if not names_a_file(plan.start_from):
        return open_library(settings).path_of(plan.start_from)
    path = Path(plan.start_from)
    if not path.is_file():
        raise ConfigError(f"start_from: {path}: no such file; name a checkpoint or a model")
    return path


def start_training(
    plan: TrainingPlan, start: Path | None, report: "StartReport", should_stop: Callable[[], bool]
) -> "Trained":
    """Train to the end, or until told to stop.

    Raises:
        RetrievalError: see `retrieval.training.session.train`.
    """
    from retrieval.training.session import train

    return train(plan, start, report=report, should_stop=should_stop)


def export_model(file: Path, out: Path, *, full_precision: bool, prefix: bool) -> int:
    """Write weights as the reference's own programs read them; how many tensors there are.

    The head that learnt tags stays behind: the reference has none, and loads strictly. That the
    weights learnt on rendered people goes along: whoever imports the file again is told.

    Args:
        file: any checkpoint that `read_checkpoint` reads.
        out: the `.pth` to write.
        full_precision: keep float32 where the reference stores float16.
        prefix: names begin with `module.`, as after training on several GPUs.

    Raises:
        WeightsUnusable: the checkpoint is damaged, or its values do not fit float16.
        ConfigError: `out` is there already, is not called .pth or .pt, or cannot be written.
    """
    from retrieval.gadms.checkpoint import read_checkpoint
    from retrieval.gadms.heads import TAG_HEAD
    from retrieval.gadms.reference_layout import write_reference
    from retrieval.weights.bundle import catalogue
    from retrieval.weights.copies import origin_of

    _check_free(out)
    checkpoint = read_checkpoint(file, keep_heads=True)
    tensors = {f"base_model.{name}": value for name, value in checkpoint.tensors.items()}
    tensors |= {
        name: value for name, value in checkpoint.heads.items() if not name.startswith(TAG_HEAD)
    }
    try:
        write_reference(
            tensors, out, epoch=0, epochs=0,
            prefix="module." if prefix else "", halve=not full_precision,
            configuration=checkpoint.config.to_mapping(),
            origin=origin_of(file, catalogue().values()),
        )  # fmt: skip
    except OSError as error:
        reason = error.strerror or "no room"
        raise ConfigError(f"cannot write {out} ({reason}): choose another file") from error
    return len(tensors)


def _check_free(out: Path) -> None:
    if out.suffix not in {".pth", ".pt"}:
        raise ConfigError(f"{out}: the reference's checkpoints are called .pth: choose such a name")
    if out.exists() or out.is_symlink():
        raise ConfigError(f"{out} is there already: remove it, or choose another file")
    if not out.absolute().parent.is_dir():
        raise ConfigError(f"cannot write {out}: no such folder {out.absolute().parent}")


def _span(name: str, value: Any) -> Any:
    """A span of time as seconds, 10m say, as in the settings; what is none is left to the plan."""
    if not (name.endswith("_s") and isinstance(value, str)):
        return value
    try:
        return parse_duration(value)
    except ValueError:
        return value


def _settled(plan: TrainingPlan, folder: Path) -> TrainingPlan:
    def settle(path: Path) -> Path:
        try:
            return folder / path.expanduser()
        except RuntimeError as error:  # ~somebody, whom this machine does not know
            raise ConfigError(f"{path}: no such home folder; write the path out") from error

    changes: dict[str, Any] = {
        "out": settle(plan.out),
        "dataset": plan.dataset.model_copy(update={"root": settle(plan.dataset.root)}),
    }
    if plan.validate_on is not None:
        root = settle(plan.validate_on.root)
        changes["validate_on"] = plan.validate_on.model_copy(update={"root": root})
    if plan.start_from is not None and names_a_file(plan.start_from):
        changes["start_from"] = str(settle(Path(plan.start_from)))
    return plan.model_copy(update=changes)
