"""What an evidence pack tells, in words and numbers: `case.json`, and what the report shows."""

import json
from typing import Any

from pydantic import BaseModel, ConfigDict

from pipeline.answers import ClipAnswer
from pipeline.case_answers import Blur, CaseAnswer, ItemAnswer, ModelFact, TimeFacts, WordsAnswer


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ShotFile(_Record):
    """The picture of a kept shot; `file` is None where it could not be had."""

    shot: int
    captured_at: str
    time_from: str
    box: tuple[float, float, float, float]
    frame: tuple[int, int]
    quality: float
    model: str
    file: str | None


class PackedItem(_Record):
    """An item with what the pack holds of it."""

    item: ItemAnswer
    times: TimeFacts
    clip: ClipAnswer | None
    clip_file: str | None
    scene_file: str | None
    shots: list[ShotFile]
    missing: list[str]


class Dossier(_Record):
    """All of it."""

    format: str = "descry-evidence"
    version: int = 1
    case: CaseAnswer
    history: list[WordsAnswer] = []
    made_at: str
    made_by: str
    software: str
    blur: Blur
    models: list[ModelFact]
    items: list[PackedItem]

    @property
    def missing(self) -> list[str]:
        """What could not be had of each item, with the reason."""
        return [f"item {each.item.item}: {why}" for each in self.items for why in each.missing]

    def to_bytes(self) -> bytes:
        """As it lies in the pack."""
        told: dict[str, Any] = self.model_dump()
        return json.dumps(told, indent=1, ensure_ascii=True).encode() + b"\n"
