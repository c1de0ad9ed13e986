"""What training minimises. Every function takes the joined rows of all ranks, or says how to join.

Sources: arXiv 2509.09118 and the released code (GitHub
Multimodal-Representation-Learning-MRL/GA-DMS, commit 2680562), which has SDM, masked words and
identities from IRRA.
"""

import torch
from torch import Tensor
from torch.nn import functional

from retrieval.gadms.towers import TEMPERATURE

_EPSILON = 1e-8  # added to the target distribution before its logarithm, in the released code


def sdm_loss(
    image_features: Tensor, text_features: Tensor, identities: Tensor,
    *, temperature: float = TEMPERATURE,
) -> Tensor:  # fmt: skip
    """Similarity distribution matching: similarities distributed as identities are.

    KL divergence from the softmax of the scaled cosines, in both directions, to the normalised
    matrix of equal identities (IRRA, CVPR 2023, equations 4 to 6). A wrong unit of probability
    costs about 18.4 = −ln 1e-8, so values of 20 are normal at first.

    Args:
        image_features: (B, D), any length but 0; of all ranks.
        text_features: (B, D), likewise, row by row the caption of that picture.
        identities: (B,); pairs of one identity are no negatives of each other.
        temperature: what cosines are divided by.

    Returns:
        (): the mean over rows, both directions added.
    """
    cosine = _unit(text_features) @ _unit(image_features).T / temperature  # (B texts, B images)
    same = (identities[:, None] == identities[None, :]).to(cosine.dtype)
    target = (same / same.sum(dim=1, keepdim=True) + _EPSILON).log()
    return _divergence(cosine, target) + _divergence(cosine.T, target)


def info_nce_loss(
    image_features: Tensor, text_features: Tensor, *, temperature: float = TEMPERATURE
) -> Tensor:
    """CLIP's symmetric contrastive loss, the mean of both directions.

    Args:
        image_features: (B, D) of all ranks.
        text_features: (B, D), row by row.
        temperature: what cosines are divided by.
    """
    cosine = _unit(image_features) @ _unit(text_features).T / temperature
    own = torch.arange(len(cosine), device=cosine.device)
    return (functional.cross_entropy(cosine, own) + functional.cross_entropy(cosine.T, own)) / 2


def masked_word_loss(logits: Tensor, hidden_words: Tensor, *, total: Tensor | int) -> Tensor:
    """Cross-entropy of the hidden words.

    Args:
        logits: (M, vocabulary) at the hidden positions of this rank.
        hidden_words: (M,) their ids.
        total: hidden positions of all ranks: what the sum is divided by, so that the sum of the
            ranks' losses is the mean over all; 0 gives 0.
    """
    summed = functional.cross_entropy(logits.float(), hidden_words, reduction="sum")
    return summed / _at_least_one(total, summed)


def identity_loss(
    image_logits: Tensor, text_logits: Tensor, identities: Tensor, *, total: Tensor | int
) -> Tensor:
    """Cross-entropy of the identity, from pictures and from captions, averaged.

    Args:
        image_logits: (B, classes) of this rank.
        text_logits: (B, classes).
        identities: (B,) from 0.
        total: pairs of all ranks, as in `masked_word_loss`.
    """
    summed = functional.cross_entropy(image_logits.float(), identities, reduction="sum")
    summed = summed + functional.cross_entropy(text_logits.float(), identities, reduction="sum")
    return summed / (2 * _at_least_one(total, summed))


def tag_loss(
    image_logits: Tensor, text_logits: Tensor, held: Tensor, *, total: Tensor | int
) -> Tensor:
    """Binary cross-entropy of every tag, from pictures and from captions, averaged.

    What a caption does not speak of it cannot tell: there its best guess is how common the tag
    is among people so described, and costs the same whatever is learnt.

    Args:
        image_logits: (B, L) of this rank.
        text_logits: (B, L).
        held: (B, L) whether the picture has the tag.
        total: pairs of all ranks, as in `masked_word_loss`.

    Returns:
        (): of each pair the sum over the tags, in nats; the mean over pairs.
    """
    wanted = held.float()
    cross_entropy = functional.binary_cross_entropy_with_logits
    summed = cross_entropy(image_logits.float(), wanted, reduction="sum")
    summed = summed + cross_entropy(text_logits.float(), wanted, reduction="sum")
    return summed / (2 * _at_least_one(total, summed))


def hits(logits: Tensor, wanted: Tensor) -> Tensor:
    """() how many rows of (M, classes) logits are highest at the `wanted` (M,) class."""
    return (logits.argmax(dim=-1) == wanted).sum()


def _divergence(logits: Tensor, log_target: Tensor) -> Tensor:
    log_shares = logits.log_softmax(dim=1)
    return (log_shares.exp() * (log_shares - log_target)).sum(dim=1).mean()


def _unit(x: Tensor) -> Tensor:
    return x / x.norm(dim=-1, keepdim=True)  # type: ignore[no-any-return]


def _at_least_one(total: Tensor | int, like: Tensor) -> Tensor:
    return torch.as_tensor(total, dtype=like.dtype, device=like.device).clamp(min=1)
