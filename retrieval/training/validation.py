"""Judging the model in training, and keeping the best; only ever by a validation split."""

import logging
from collections.abc import Mapping
from typing import Any

import torch

from retrieval.encoder import GadmsEncoder, Precision
from retrieval.gadms.model import Gadms
from retrieval.training.beginning import StartReport, Tables
from retrieval.training.evaluate import Direction, find_pictures
from retrieval.training.run_folder import RunFolder

log = logging.getLogger(__name__)


class Validation:
    """Measures text to image on the validation split; the best R@1 so far stays in the folder.

    Of equal R@1 the higher mAP is better, of equal mAP the earlier model.
    """

    def __init__(
        self,
        model: Gadms,
        tables: Tables,
        folder: RunFolder,
        device: torch.device,
        precision: Precision,
        report: StartReport,
        said: Mapping[str, Any] | None = None,
    ) -> None:
        """`precision` is that of training, so that what is measured is what is learnt.

        `said` is what the file of the best model says of it.
        """
        self._report, self._said = report, said
        self._model, self._table, self._folder = model, tables.validation, folder
        self._encoder = GadmsEncoder(
            model.base_model,
            name="in-training",
            digest="0" * 64,
            is_trained=True,
            device=str(device),
            precision=precision,
        )

    def judge(self, epoch: int, step: int) -> dict[str, float]:
        """Figures of the model as it is, in per cent and 0 to 1; it is kept if it is the best."""
        found = find_pictures(self._encoder, self._table, report=self._report, dataset="validation")
        values = {"epoch": float(epoch), **_figures(found)}
        log.info("epoch %d: validation R@1 %.2f, mAP %.2f", epoch, values["r1"], values["map"])
        best = self._folder.best()
        if best is None or _merit(values) > _merit(best.state):
            self._folder.save_best(step, self._model.state_dict(), values, self._said)
        return values


def _figures(found: Direction) -> dict[str, float]:
    of_text = found.to_mapping()
    return {name: float(of_text[name]) for name in ("r1", "r5", "r10", "map", "minp")}


def _merit(values: Mapping[str, float]) -> tuple[float, float]:
    return values["r1"], values["map"]
