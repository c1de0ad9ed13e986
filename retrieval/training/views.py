"""From a batch to what the model sees of it: captions with words hidden."""

import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from retrieval.gadms.masking import (
    MaskedView,
    MaskingCurves,
    draw_dual_views,
    mask_caption,
    uniform,
)
from retrieval.tokenizer import MASK_ID
from retrieval.training.loading import Batch
from retrieval.training.plan import TrainingPlan
from retrieval.training.samples import SampleTable
from retrieval.training.scores import Scores, ScoreTable
from retrieval.training.seeds import draw_seed
from retrieval.training.steps import Views


class ViewMaker:
    """Hides words of captions: by their scores in pretraining, uniformly in fine-tuning.

    What is hidden is a function of seed, epoch, caption and score, and of nothing else.

    Attributes:
        scores: of every caption, as its last draw left them; None for fine-tuning.
    """

    def __init__(
        self,
        plan: TrainingPlan,
        scores: ScoreTable | None,
        device: torch.device,
        table: SampleTable | None = None,
    ) -> None:
        """Make views.

        Args:
            plan: says how words are hidden, and whether tags are learnt.
            scores: those of pretraining; None for fine-tuning.
            device: where the views are wanted.
            table: of the captions, which knows the tags; None where none are learnt.
        """
        chances = plan.masking
        self._curves = MaskingCurves(
            alpha_noise=chances.alpha_noise,
            alpha_informative=chances.alpha_informative,
            steepness=chances.steepness,
            gamma_noise=chances.gamma_noise,
            gamma_informative=chances.gamma_informative,
        )
        self._plan, self.scores, self._device = plan, scores, device
        self._tagged = table if (plan.losses or {}).get("tags") else None

    def views(self, batch: Batch, epoch: int) -> Views:
        """The batch on the device, with its views of this epoch (from 1)."""
        batch = self._without_padding(batch)
        ids = batch.ids.numpy()
        rngs = [
            random.Random(draw_seed(self._plan.seed, epoch, row, "mask"))
            for row in batch.rows.tolist()
        ]
        matched: torch.Tensor | None
        if self.scores is not None:
            scores = self.scores.rows(batch.rows.numpy())[:, : ids.shape[1]]
            if self._plan.masking.dealt == "shuffled":
                scores = self._shuffled(scores, batch, epoch)
            pairs = [
                draw_dual_views(caption, score, self._curves, rng)
                for caption, score, rng in zip(ids, scores, rngs, strict=True)
            ]
            matched = _stack([pair.noise.ids for pair in pairs])
            hidden = [pair.masked_words for pair in pairs]
        else:
            chance = self._plan.masking.uniform
            hidden = [
                mask_caption(caption, uniform(caption, chance), rng)
                for caption, rng in zip(ids, rngs, strict=True)
            ]
            is_masked = self._plan.fine_tuning_view == "masked"
            matched = None if is_masked else batch.ids
        return self._on_device(batch, matched, hidden)

    def _shuffled(self, scores: Scores, batch: Batch, epoch: int) -> Scores:
        """The scores of each caption dealt to its words in another order."""
        dealt = scores.copy()
        for caption, row, own in zip(batch.ids.numpy(), batch.rows.tolist(), dealt, strict=True):
            words = np.flatnonzero((caption > 0) & (caption < MASK_ID))
            draw = np.random.default_rng(draw_seed(self._plan.seed, epoch, row, "dealt"))
            own[words] = own[draw.permutation(words)]
        return dealt

    def _without_padding(self, batch: Batch) -> Batch:
        """The batch with captions as long as the longest of them, if the plan says so."""
        if self._plan.caption_padding == "full":
            return batch
        longest = int(batch.ids.argmax(dim=-1).max()) + 1  # the end token has the highest id
        return replace(batch, ids=batch.ids[:, :longest])

    def _on_device(
        self, batch: Batch, matched: torch.Tensor | None, hidden: Sequence[MaskedView]
    ) -> Views:
        def put(tensor: torch.Tensor) -> torch.Tensor:
            return tensor.to(self._device, non_blocking=True)

        masked = put(_stack([view.ids for view in hidden]))
        return Views(
            images=put(batch.images),
            identities=put(batch.identities),
            ids=put(batch.ids),
            matched_ids=masked if matched is None else put(matched),
            masked_ids=masked,
            labels=put(_stack([view.labels for view in hidden])),
            tags=None if self._tagged is None else put(_tags_of(self._tagged, batch)),
        )


def _tags_of(table: SampleTable, batch: Batch) -> torch.Tensor:
    """(B, L) of the pictures of a batch."""
    pictures = table.caption_images[batch.rows.numpy()]
    return torch.from_numpy(table.tags.held[pictures].astype(np.float32))


def _stack(rows: Sequence[np.ndarray[tuple[int, ...], np.dtype[np.int64]]]) -> torch.Tensor:
    return torch.from_numpy(np.stack(rows))
