"""One step of learning: from a batch and its masked views to losses, without the optimiser."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from retrieval.gadms import losses
from retrieval.gadms.gradient_attention import Variant, score_words
from retrieval.gadms.model import Gadms
from retrieval.training.ranks import Ranks

Outcome = dict[str, Tensor]
"""`loss`: () to differentiate; `loss_…`: () each, weighted, of all ranks; `accuracy_…`: () shares
of all ranks; in pretraining `scores`: (B, N) of this rank's captions."""


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """A batch as the model sees it; all of B rows.

    Attributes:
        images: (B, 3, height, width) normalised, augmented.
        identities: (B,) from 0.
        ids: (B, N) captions as written.
        matched_ids: (B, N) what is matched with the picture: the noise-masked view in
            pretraining; in fine-tuning the masked or the plain one.
        masked_ids: (B, N) the view whose hidden words are predicted.
        labels: (B, N) those words, 0 elsewhere.
        tags: (B, L) float, which tags each picture has, those with none left out of their loss;
            None where none are learnt.
    """

    images: Tensor
    identities: Tensor
    ids: Tensor
    matched_ids: Tensor
    masked_ids: Tensor
    labels: Tensor
    tags: Tensor | None = None


class LearningStep(nn.Module):
    """Forward pass and losses of pretraining and of fine-tuning.

    Over R ranks the gradients, averaged as DistributedDataParallel does, are those of one rank
    with the joined batch: similarities are taken over the joined rows, sums are divided by
    counts over all ranks, and `loss` is R times this rank's share. (The released code leaves the
    factor out, so its effective step shrinks with the number of ranks.)
    """

    def __init__(
        self,
        model: Gadms,
        *,
        weights: Mapping[str, float],
        score: Variant | None,
        ranks: Ranks,
        autocast: torch.dtype | None = None,
    ) -> None:
        """`weights` of the losses by name; `score` is the variant, None where none is wanted."""
        super().__init__()
        self.model = model
        self._weights = {name: weight for name, weight in weights.items() if weight}
        self._score = score
        self._ranks = ranks
        self._autocast = autocast

    @property
    def is_scaled(self) -> bool:
        """Whether gradients could vanish in the arithmetic, so that the loss must be scaled."""
        return self._autocast is torch.float16

    def forward(self, views: Views) -> Outcome:
        """Losses of one batch; see `Outcome`."""
        device = views.images.device.type
        with (
            attention_kernels(device, self._autocast),
            torch.autocast(device, self._autocast, enabled=self._autocast is not None),
        ):
            image_tokens, text_features, text_tokens = self._encode(views)
            image_features = image_tokens[:, 0].float()
            outcome: Outcome = {}
            with torch.autocast(device, enabled=False):  # it would round cosines before × 50
                shares = self._contrast(image_features, text_features.float(), views.identities)
            if "id" in self._weights:
                shares["id"] = self._identify(image_features, text_features, views, outcome)
            if "tags" in self._weights:
                shares["tags"] = self._tell_tags(image_features, text_features, views)
            if text_tokens is not None:
                shares["mlm"] = self._predict_words(image_tokens, text_tokens, views, outcome)
            self._sum_up(shares, outcome)
            if self._score is not None:
                outcome["scores"] = score_words(
                    self.model.base_model, image_features, views.ids,
                    variant=self._score, extremes=self._ranks.extremes,
                )  # fmt: skip
        return outcome

    def _encode(self, views: Views) -> tuple[Tensor, Tensor, Tensor | None]:
        """Image tokens (B, P, D), text features (B, D), and tokens (B, N, D) of the masked view.

        Where no word is predicted, P is 1: of the last block only the CLS token is asked for.
        """
        towers, end = self.model.base_model, views.ids.argmax(dim=-1)
        if "mlm" not in self._weights:
            image_features = towers.encode_image(views.images)
            return image_features[:, None], self.model.encode_masked(views.matched_ids, end), None
        image_tokens = towers.image_tokens(views.images)
        if views.matched_ids is views.masked_ids:  # one view for both, as in fine-tuning
            matched = masked = towers.text_hidden(views.masked_ids)
        else:
            # Both in one pass: twice the batch is less than twice the time.
            hidden = towers.text_hidden(torch.cat([views.matched_ids, views.masked_ids]))
            matched, masked = hidden.chunk(2)
        at_end = matched[torch.arange(len(end), device=end.device), end]
        return image_tokens, self.model.project_text(at_end), self.model.project_text(masked)

    def _contrast(self, images: Tensor, texts: Tensor, identities: Tensor) -> dict[str, Tensor]:
        """Losses over similarities; the same on every rank, as all see the joined rows."""
        shares: dict[str, Tensor] = {}
        if not {"sdm", "itc"} & set(self._weights):
            return shares
        images, texts = self._ranks.join_rows(images), self._ranks.join_rows(texts)
        if "sdm" in self._weights:
            joined = self._ranks.join_rows(identities)
            shares["sdm"] = losses.sdm_loss(images, texts, joined)
        if "itc" in self._weights:
            shares["itc"] = losses.info_nce_loss(images, texts)
        return shares

    def _identify(self, images: Tensor, texts: Tensor, views: Views, outcome: Outcome) -> Tensor:
        classifier = self.model.classifier
        if classifier is None:
            raise ValueError("a loss over identities needs a model with a classifier")
        of_images, of_texts = classifier(images), classifier(texts)
        total = self._ranks.total(views.identities.new_tensor(len(views.identities)))
        outcome["accuracy_image_id"] = self._share(of_images, views.identities, total)
        outcome["accuracy_text_id"] = self._share(of_texts, views.identities, total)
        return losses.identity_loss(of_images, of_texts, views.identities, total=total)

    def _tell_tags(self, images: Tensor, texts: Tensor, views: Views) -> Tensor:
        head = self.model.tag_head
        if head is None or views.tags is None:
            raise ValueError("a loss over tags needs a model with a head for them, and tags")
        told = views.tags.any(dim=1)  # of pictures without tags nobody said that none is true
        total = self._ranks.total(told.sum())
        return losses.tag_loss(head(images[told]), head(texts[told]), views.tags[told], total=total)

    def _predict_words(
        self, image_tokens: Tensor, text_tokens: Tensor, views: Views, outcome: Outcome
    ) -> Tensor:
        logits = self.model.masked_word_logits(text_tokens, image_tokens, views.labels)
        hidden_words = views.labels[views.labels > 0]
        total = self._ranks.total(hidden_words.new_tensor(len(hidden_words)))
        outcome["accuracy_mlm"] = self._share(logits, hidden_words, total)
        return losses.masked_word_loss(logits, hidden_words, total=total)

    def _share(self, logits: Tensor, wanted: Tensor, total: Tensor) -> Tensor:
        return self._ranks.total(losses.hits(logits, wanted)) / total.clamp(min=1)

    def _sum_up(self, shares: Mapping[str, Tensor], outcome: Outcome) -> None:
        """Weigh, name and add the losses.

        A contrastive loss is the whole loss on every rank, but its gradient only this rank's
        part; the others are this rank's part in both. So each counts R times in what is
        differentiated, and what is reported is summed only where it is a part.
        """
        weighted = {name: self._weights[name] * share for name, share in shares.items()}
        for name, value in weighted.items():
            is_whole = name in {"sdm", "itc"}
            outcome[f"loss_{name}"] = value.detach() if is_whole else self._ranks.total(value)
        outcome["loss"] = torch.stack(list(weighted.values())).sum() * self._ranks.count


def attention_kernels(device: str, autocast: torch.dtype | None) -> AbstractContextManager[object]:
    """How attention is computed: as torch chooses, but for halves on a CPU.

    There torch takes its tiled kernel, whose backward pass is slow for sequences as short as ours:
    a third of a whole step went into it (`tests/benchmarks/training_step.py`).
    """
    if device != "cpu" or autocast is None:
        return nullcontext()
    return sdpa_kernel(SDPBackend.MATH)
