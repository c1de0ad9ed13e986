"""The example of a training plan: every setting at its default, with its sentence."""

from collections.abc import Iterator

from pydantic import BaseModel

from pipeline.config_example import section_lines, setting_lines
from retrieval.training.plan import TrainingPlan
from retrieval.training.plan_parts import DatasetChoice

_HEAD = """\
# A training plan with every setting at its default; dataset and out must be set, keep of the rest
# the lines that you change. Relative paths start at this file's folder.
#
#     descry train pretrain --config plan.yaml
#     descry train finetune --config plan.yaml
"""
_DATASET = {"name": "jsonl", "root": "people"}
_FIRST_RUN = "runs/first"


def plan_example() -> str:
    """The text of `deploy/train.example.yaml`."""
    return _HEAD + "\n" + "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    for name, field in TrainingPlan.model_fields.items():
        kind = field.annotation
        if name == "dataset":
            yield from (f"# {field.description}", "dataset:")
            for part, inner in DatasetChoice.model_fields.items():
                yield from (f"  {line}" for line in setting_lines(part, inner, _DATASET[part]))
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from (f"# {field.description}", f"{name}:")
            yield from (f"  {line}" for line in section_lines(kind))
        elif name == "adam_betas":
            yield from (f"# {field.description}", f"{name}: {list(field.default)}")
        else:
            yield from setting_lines(name, field, _FIRST_RUN if name == "out" else None)
