"""Mistakes that one could make in GA-DMS, each with the recorded array that has to catch it."""

from dataclasses import dataclass

SMALL = "tests/integration/test_parity_small.py::test_every_array_of_the_small_run_is_what_it_was"
_UNITS = "tests/integration/test_parity_units.py::"
LOSSES = f"{_UNITS}test_the_losses_of_features_alone_match[bundled]"
METRICS = f"{_UNITS}test_the_metrics_match[bundled]"
RATES = f"{_UNITS}test_the_learning_rates_match[bundled]"
POOLING = f"{_UNITS}test_multi_scale_pooling_matches[bundled]"
_MASKING = "tests/integration/test_parity_masking.py::"
VIEWS = f"{_MASKING}test_the_two_views_match[bundled]"
MANY_VIEWS = f"{_MASKING}test_sixty_four_more_draws_match[bundled]"
CURVES = f"{_MASKING}test_the_probabilities_match[bundled]"

TOWERS = "retrieval/gadms/towers.py"
LAYOUT = "retrieval/gadms/state_layout.py"
SURROGATE = "retrieval/gadms/surrogate.py"
SCORE = "retrieval/gadms/gradient_attention.py"
HEADS = "retrieval/gadms/heads.py"
MODEL = "retrieval/gadms/model.py"
LOSS = "retrieval/gadms/losses.py"
MASKS = "retrieval/gadms/masking.py"
STEPS = "retrieval/training/steps.py"
SCHEDULE = "retrieval/training/schedule.py"
RANKING = "retrieval/training/metrics.py"


@dataclass(frozen=True, slots=True)
class Edit:
    """In a file, the text that stands there once, and what stands there instead."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Mutation:
    """A mistake, the test that catches it, and the first recorded array that is off.

    `array` is None where the test compares with no recording.
    """

    mistake: str
    test: str
    array: str | None
    edits: tuple[Edit, ...]

    @property
    def complaint(self) -> str:
        """What pytest says where a comparison failed, and not where the mutated code is none."""
        return ": AssertionError" if self.array is None else f"AssertionError: {self.array}: "


def _small(mistake: str, array: str, *edits: Edit) -> Mutation:
    return Mutation(mistake, SMALL, array, edits)


_TOWERS = [
    _small("exact GELU in the towers", "image_tokens",
        Edit(TOWERS, "quick_gelu=True", "quick_gelu=False")),
    _small("end read one token early", "text_features",
        Edit(TOWERS, "x = self.text_hidden(ids)[torch.arange(len(ids), device=ids.device), end]",
            "x = self.text_hidden(ids)[torch.arange(len(ids), device=ids.device), end - 1]")),
    _small("end looked for in the view with hidden words", "loss_sdm",
        Edit(STEPS, "end = self.model.base_model, views.ids.argmax(dim=-1)",
            "end = self.model.base_model, views.matched_ids.argmax(dim=-1)")),
    _small("position resized with bicubic", "resized",
        Edit(LAYOUT, 'mode="bilinear"', 'mode="bicubic"')),
    _small("position resized with antialias", "resized",
        Edit(LAYOUT, "align_corners=False)", "align_corners=False, antialias=True)")),
    _small("position resized with corners aligned", "resized",
        Edit(LAYOUT, "align_corners=False)", "align_corners=True)")),
]  # fmt: skip

_HEADS_OF_ALL = Edit(SURROGATE,
    """        seen = functional.scaled_dot_product_attention(
            query.unsqueeze(1), key.unsqueeze(1), value.unsqueeze(1), is_causal=True
        ).squeeze(1)
""",
    """        query, key, value = (
            part.unflatten(-1, (block.attn.num_heads, -1)).transpose(1, 2)
            for part in (query, key, value)
        )
        seen = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        seen = seen.transpose(1, 2).flatten(2)
""")  # fmt: skip
_HEADS_OF_THE_END = Edit(SURROGATE,
    """        logits = torch.einsum("bw,bnw->bn", query * query.shape[-1] ** -0.5, keys)
        paid = logits.masked_fill(place > self.end[:, None], float("-inf")).softmax(dim=-1)
        return torch.einsum("bn,bnw->bw", paid, values), paid
""",
    """        query, keys, values = (
            part.unflatten(-1, (block.attn.num_heads, -1)) for part in (query, keys, values)
        )
        logits = torch.einsum("bhw,bnhw->bhn", query * query.shape[-1] ** -0.5, keys)
        paid = logits.masked_fill(place > self.end[:, None, None], float("-inf")).softmax(dim=-1)
        return torch.einsum("bhn,bnhw->bhw", paid, values).flatten(1), paid.mean(dim=1)
""")  # fmt: skip
_SCALE_OF_ALL = Edit(SURROGATE, "is_causal=True",
    "is_causal=True, scale=(query.shape[-1] / block.attn.num_heads) ** -0.5")  # fmt: skip
_SCALE_OF_THE_END = Edit(SURROGATE, "query * query.shape[-1] ** -0.5, keys)",
    "query * (query.shape[-1] / block.attn.num_heads) ** -0.5, keys)")  # fmt: skip

_SURROGATE = [
    _small("the tower's real heads in the surrogate", "surrogate_feature",
        _HEADS_OF_ALL, _HEADS_OF_THE_END),
    _small("the scale of the real heads in the surrogate", "surrogate_feature",
        _SCALE_OF_ALL, _SCALE_OF_THE_END),
    _small("no scale for the end token", "surrogate_feature",
        Edit(SURROGATE, "query * query.shape[-1] ** -0.5, keys)", "query, keys)")),
    _small("one surrogate block fewer", "surrogate_feature",
        Edit(SURROGATE, "count = towers.config.score_blocks if",
            "count = towers.config.score_blocks - 1 if")),
    _small("surrogate read one token early", "surrogate_feature",
        Edit(SURROGATE, "    end = ids.argmax(dim=-1)", "    end = ids.argmax(dim=-1) - 1")),
    _small("surrogate that sees what follows the end", "surrogate_feature",
        Edit(SURROGATE, 'masked_fill(place > self.end[:, None], float("-inf"))',
            "masked_fill(place < 0, 0.0)")),
    _small("the dot product differentiated instead of the cosine", "gradients",
        Edit(SURROGATE, "cosine = _cosine(_full(image_features), feature)",
            "cosine = (_full(image_features) * feature).sum(dim=-1)")),
    _small("the temperature within what is differentiated", "gradients",
        Edit(SURROGATE, "cosine = _cosine(_full(image_features), feature)",
            "cosine = _cosine(_full(image_features), feature) / 0.02")),
]  # fmt: skip

_DENOMINATOR = "denominators = importance.sum(dim=-1, keepdim=True)"
_SCORE = [
    _small("attention summed instead of importance", "score_reference",
        Edit(SCORE, 'normaliser="importance_sum").maps', 'normaliser="attention_sum").maps')),
    _small("importance summed without its sign", "denominators",
        Edit(SCORE, _DENOMINATOR, _DENOMINATOR.replace(".sum", ".abs().sum"))),
    _small("importance summed over the words alone", "denominators",
        Edit(SCORE, _DENOMINATOR, _DENOMINATOR.replace("importance.", "(words * importance)."))),
    _small("no multi-scale pooling", "weights",
        Edit(SCORE, "SCALES = (1, 2)", "SCALES = (1,)")),
    Mutation("pooling stretched back without interpolation", POOLING, "gass_msp_example_out",
        (Edit(SCORE, 'mode="linear")', 'mode="nearest")'),)),
    Mutation("the odd token left out of the pooling", POOLING, "gass_msp_example_out",
        (Edit(SCORE, "if whole < length:", "if whole > length:"),)),
    _small("weights not ranged", "heat",
        Edit(SCORE, "return (cosine - low) / (high - low + _EPSILON)", "return cosine")),
    _small("the end token taken for a word", "maps",
        Edit(SCORE, "(place < ids.argmax", "(place <= ids.argmax")),
    _small("the range of each caption instead of the batch", "score_reference",
        Edit(SCORE, "return range_of_batch(raw.relu() * words, extremes or of_this_batch)",
            "return range_of_each(raw.relu() * words)")),
    _small("words against the match kept", "score_reference",
        Edit(SCORE, "return range_of_batch(raw.relu()", "return range_of_batch(raw.abs()")),
    _small("the paper's score with the range of the batch", "score_paper",
        Edit(SCORE, "return range_of_each(raw.relu() * words)",
            "return range_of_batch(raw.relu() * words, of_this_batch)")),
]  # fmt: skip

_CROSSED = (
    "x = self.cross_attn(self.ln_pre_t(text_tokens), patches, patches, need_weights=False)[0]"
)
_CROSS_MODAL = [
    _small("exact GELU in the cross-modal blocks", "crossed",
        Edit(HEADS, "act_layer=QuickGELU", "act_layer=nn.GELU")),
    _small("exact GELU in the masked-word head", "loss_mlm",
        Edit(HEADS, "self.gelu = QuickGELU()", "self.gelu = nn.GELU()")),
    # Padded, so that nothing but the numbers is wrong.
    _small("patches that ask and words that answer", "crossed",
        Edit(HEADS, _CROSSED,
            """words = self.ln_pre_t(text_tokens)
        x = self.cross_attn(patches, words, words, need_weights=False)[0]
        x = nn.functional.pad(x, (0, 0, 0, words.shape[1] - x.shape[1]))""")),
    _small("layer norms of words and patches exchanged", "crossed",
        Edit(HEADS, "patches = self.ln_pre_i(", "patches = self.ln_pre_t("),
        Edit(HEADS, "self.ln_pre_t(text_tokens)", "self.ln_pre_i(text_tokens)")),
    _small("a residual around the cross attention", "crossed",
        Edit(HEADS, "need_weights=False)[0]", "need_weights=False)[0] + text_tokens")),
    _small("half the cross-modal heads", "crossed",
        Edit(HEADS, "config.embed_dim, config.cross_heads", "config.embed_dim, 2")),
    _small("the class token not answering", "crossed",
        Edit(HEADS, "self.ln_pre_i(image_tokens)", "self.ln_pre_i(image_tokens[:, 1:])")),
    _small("words predicted at all positions", "loss_mlm",
        Edit(MODEL, "crossed[labels > 0]", "crossed.flatten(0, 1)"),
        Edit(STEPS, "views.labels[views.labels > 0]", "views.labels.flatten()")),
]  # fmt: skip

_LOSSES = [
    Mutation("SDM without its epsilon", LOSSES, "unit_sdm_loss",
        (Edit(LOSS, "keepdim=True) + _EPSILON).log()", "keepdim=True)).log()"),)),
    Mutation("SDM in one direction", LOSSES, "unit_sdm_loss",
        (Edit(LOSS, "return _divergence(cosine, target) + _divergence(cosine.T, target)",
            "return _divergence(cosine, target)"),)),
    Mutation("SDM with the divergence the other way round", LOSSES, "unit_sdm_loss",
        (Edit(LOSS, "(log_shares.exp() * (log_shares - log_target))",
            "(log_target.exp() * (log_target - log_shares))"),)),
    Mutation("SDM without shared identities", LOSSES, "unit_sdm_loss",
        (Edit(LOSS, "(identities[:, None] == identities[None, :])", "torch.eye(len(cosine))"),)),
    Mutation("another temperature", LOSSES, "unit_sdm_loss",
        (Edit(TOWERS, "TEMPERATURE = 0.02", "TEMPERATURE = 0.07"),)),
    _small("losses without their weights", "loss_itc",
        Edit(STEPS, "self._weights[name] * share for", "share for")),
]  # fmt: skip

_GAMMAS = "gamma_noise: float = 0.9\n    gamma_informative: float = 0.1"
_MASKED = [
    Mutation("no forced first word", VIEWS, "noise_text",
        (Edit(MASKS, "if not labels.any() and", "if labels.any() and not labels.any() and"),)),
    Mutation("no random and no kept words", VIEWS, "mlm_ids",
        (Edit(MASKS, "_MASKED, _REPLACED = 0.8, 0.9", "_MASKED, _REPLACED = 1.0, 1.0"),)),
    Mutation("random and kept words 5 % each", MANY_VIEWS, "mask_many_mlm_ids",
        (Edit(MASKS, "_MASKED, _REPLACED = 0.8, 0.9", "_MASKED, _REPLACED = 0.9, 0.95"),)),
    Mutation("the noise view drawn first", VIEWS, "mlm_ids",
        (Edit(MASKS, "    masked_words = mask_caption(ids, curves.informative(scores), rng)\n"
                "    return DualViews(masked_words, mask_caption(ids, curves.noise(scores), rng))",
            "    noise = mask_caption(ids, curves.noise(scores), rng)\n"
            "    return DualViews(mask_caption(ids, curves.informative(scores), rng), noise)"),)),
    Mutation("the two gammas exchanged", CURVES, "prob_informative",
        (Edit(MASKS, _GAMMAS, _GAMMAS.replace("0.9", "?").replace("0.1", "0.9")
            .replace("?", "0.1")),)),
    Mutation("the noise view hides what fits", CURVES, "prob_noise",
        (Edit(MASKS, "((1 - scores) - self.gamma_noise)", "(scores - self.gamma_noise)"),)),
]  # fmt: skip

_TRAINING = [
    Mutation("warm-up from nothing", RATES, "lr_pretrain_30",
        (Edit(SCHEDULE, "warmup_from: float = 0.1", "warmup_from: float = 0.0"),)),
    Mutation("an epoch ahead in the schedule", RATES, "lr_pretrain_30",
        (Edit(SCHEDULE, "done = epoch - 1", "done = epoch"),)),
    Mutation("a cosine that counts the warm-up", RATES, "lr_pretrain_30",
        (Edit(SCHEDULE, "(done - warmup_epochs) / (epochs - warmup_epochs)", "done / epochs"),)),
    Mutation("mINP by the first match", METRICS, "rank_mINP",
        (Edit(RANKING, "len(own) / ranks[-1]", "1 / ranks[0]"),)),
    Mutation("mAP over the whole gallery", METRICS, "rank_mAP",
        (Edit(RANKING, "average_precision(ranks, len(own))",
            "average_precision(ranks, len(row))"),)),
]  # fmt: skip

MUTATIONS = [
    *_TOWERS, *_SURROGATE, *_SCORE, *_CROSS_MODAL, *_LOSSES, *_MASKED, *_TRAINING
]  # fmt: skip
