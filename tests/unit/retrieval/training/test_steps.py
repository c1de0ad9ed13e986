"""One step: what is summed, what is differentiated, and what half precision must not touch."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
import torch

from retrieval.gadms.gradient_attention import score_words
from retrieval.gadms.losses import info_nce_loss, sdm_loss, tag_loss
from retrieval.gadms.model import Gadms
from retrieval.training.ranks import Ranks
from retrieval.training.steps import LearningStep, Outcome, Views, attention_kernels
from tests.small_run import rows_of, small_model, small_views

ALL = {"sdm": 1.0, "mlm": 0.3, "id": 0.5, "itc": 0.25}


@pytest.fixture(scope="module")
def model() -> Gadms:
    return small_model()


@pytest.fixture(scope="module")
def views() -> Views:
    return small_views()


def learn(model: Gadms, views: Views, weights: Mapping[str, float], **options) -> Outcome:
    step = LearningStep(model, **{"score": None, "ranks": Ranks(), **options}, weights=weights)
    return step(views)


def gradients(model: Gadms, loss: torch.Tensor) -> dict[str, torch.Tensor]:
    named = dict(model.named_parameters())
    found = torch.autograd.grad(loss, list(named.values()), allow_unused=True)
    return {name: value for name, value in zip(named, found, strict=True) if value is not None}


def test_the_loss_is_the_sum_of_the_weighted_losses_that_are_told(model: Gadms, views: Views):
    outcome = learn(model, views, ALL)
    told = {name: value for name, value in outcome.items() if name.startswith("loss_")}
    assert set(told) == {"loss_sdm", "loss_mlm", "loss_id", "loss_itc"}
    assert not any(value.requires_grad for value in told.values())
    torch.testing.assert_close(outcome["loss"].detach(), torch.stack(list(told.values())).sum())


@pytest.mark.parametrize("name", sorted(ALL))
def test_a_weight_scales_its_loss_and_its_gradient(model: Gadms, views: Views, name: str):
    plain, weighed = (learn(model, views, {name: weight}) for weight in (1.0, 0.25))
    torch.testing.assert_close(weighed[f"loss_{name}"], plain[f"loss_{name}"] * 0.25)
    of_plain, of_weighed = (gradients(model, outcome["loss"]) for outcome in (plain, weighed))
    for parameter, gradient in of_plain.items():
        torch.testing.assert_close(of_weighed[parameter], gradient * 0.25, atol=1e-6, rtol=1e-4)


def test_a_loss_without_weight_is_not_computed(model: Gadms, views: Views):
    outcome = learn(model, views, {"sdm": 1.0, "mlm": 0.0, "id": 0.0})
    assert set(outcome) == {"loss", "loss_sdm"}
    used = gradients(model, outcome["loss"])
    assert all(name.startswith("base_model.") for name in used)


def test_similarities_are_those_of_pictures_and_the_matched_view(model: Gadms, views: Views):
    outcome = learn(model, views, {"sdm": 1.0, "itc": 1.0})
    with torch.no_grad():
        images = model.base_model.encode_image(views.images)
        # Read where the whole caption ends: a view of these has lost its end.
        tokens = model.base_model.text_tokens(views.matched_ids)
        texts = tokens[torch.arange(4), views.ids.argmax(dim=-1)]
    expected = sdm_loss(images, texts, views.identities)
    torch.testing.assert_close(outcome["loss_sdm"], expected, atol=1e-4, rtol=0)
    contrast = info_nce_loss(images, texts)
    torch.testing.assert_close(outcome["loss_itc"], contrast, atol=1e-4, rtol=0)


@pytest.mark.parametrize("cut", [1, 2])
def test_parts_of_a_batch_have_the_gradients_of_the_whole_where_losses_are_sums(
    model: Gadms, views: Views, cut: int
):
    """Losses over words and people, each part weighed by its share of them."""
    parts = [rows_of(views, slice(0, cut)), rows_of(views, slice(cut, None))]
    for name in ("mlm", "id"):
        whole = learn(model, views, {name: 1.0})
        counts = [(p.labels > 0).sum() if name == "mlm" else len(p.ids) for p in parts]
        loss = sum(
            learn(model, part, {name: 1.0})["loss"] * count / sum(counts)
            for part, count in zip(parts, counts, strict=True)
        )
        torch.testing.assert_close(loss, whole["loss"], atol=1e-5, rtol=1e-5)
        joined, expected = gradients(model, loss), gradients(model, whole["loss"])
        assert joined.keys() == expected.keys()
        for parameter, gradient in expected.items():
            torch.testing.assert_close(joined[parameter], gradient, atol=1e-5, rtol=1e-3)


def test_shares_of_what_was_guessed_are_told(model: Gadms, views: Views):
    outcome = learn(model, views, {"mlm": 1.0, "id": 1.0})
    assert model.classifier is not None
    with torch.no_grad():
        images = model.classifier(model.base_model.encode_image(views.images))
    expected = (images.argmax(dim=-1) == views.identities).float().mean()
    assert outcome["accuracy_image_id"] == expected
    assert all(0 <= outcome[f"accuracy_{name}"] <= 1 for name in ("mlm", "text_id"))


def test_a_batch_without_hidden_words_costs_nothing_there(model: Gadms, views: Views):
    plain = Views(views.images, views.identities, views.ids, views.ids, views.ids,
                  torch.zeros_like(views.labels))  # fmt: skip
    outcome = learn(model, plain, {"mlm": 1.0})
    assert (outcome["loss_mlm"], outcome["accuracy_mlm"]) == (0, 0)
    found = gradients(model, outcome["loss"])
    assert found
    assert not any(gradient.any() for gradient in found.values())


@pytest.mark.parametrize("variant", ["reference", "paper"])
def test_scores_are_of_the_captions_as_written_and_train_nothing(model, views, variant):
    outcome = learn(model, views, {"sdm": 1.0}, score=variant)
    with torch.no_grad():
        images = model.base_model.encode_image(views.images)
        expected = score_words(model.base_model, images, views.ids, variant=variant)
    torch.testing.assert_close(outcome["scores"], expected, atol=1e-3, rtol=0)
    assert not outcome["scores"].requires_grad
    without = learn(model, views, {"sdm": 1.0})
    found, unscored = (gradients(model, o["loss"]) for o in (outcome, without))
    assert all(torch.equal(found[name], value) for name, value in unscored.items())


def test_similarities_stay_in_full_precision_when_the_towers_do_not(model: Gadms, views: Views):
    """They are divided by 0.02: rounded as bf16 is, logits would be off by tenths."""
    outcome = learn(model, views, ALL, autocast=torch.bfloat16, score="reference")
    kernels = attention_kernels("cpu", torch.bfloat16)
    with torch.no_grad(), kernels, torch.autocast("cpu", torch.bfloat16):
        images = model.base_model.image_tokens(views.images)[:, 0].float()
        # In one batch with the other view, as in the step: sums round alike.
        hidden = model.base_model.text_hidden(torch.cat([views.matched_ids, views.masked_ids]))
        at_end = hidden[torch.arange(4), views.ids.argmax(dim=-1)]
        texts = model.project_text(at_end).float()
    expected = sdm_loss(images, texts, views.identities)
    torch.testing.assert_close(outcome["loss_sdm"], expected, atol=1e-4, rtol=1e-5)
    exact = 0.25 * info_nce_loss(images, texts)
    torch.testing.assert_close(outcome["loss_itc"], exact, atol=1e-4, rtol=1e-5)
    assert {value.dtype for value in outcome.values()} == {torch.float32}
    assert bool(torch.isfinite(outcome["loss"]))


def test_only_fp16_needs_a_loss_scale(model: Gadms):
    for autocast, is_scaled in ((None, False), (torch.bfloat16, False), (torch.float16, True)):
        step = LearningStep(model, weights=ALL, score=None, ranks=Ranks(), autocast=autocast)
        assert step.is_scaled is is_scaled


def test_tags_are_learnt_from_pictures_and_from_captions(views: Views):
    torch.manual_seed(3)
    model = Gadms(small_model().config, tags=2)
    tagged = replace(views, tags=(torch.rand(len(views.ids), 2) < 0.5).float())
    tagged.tags[:, 0] = 1  # each has one
    outcome = learn(model, tagged, {"tags": 0.5})
    assert set(outcome) == {"loss", "loss_tags"}
    head = model.tag_head
    assert head is not None
    with torch.no_grad():
        features = (
            model.base_model.encode_image(views.images),
            model.encode_masked(views.matched_ids, views.ids.argmax(dim=-1)),
        )
        expected = tag_loss(*map(head, features), tagged.tags, total=len(views.ids))
    torch.testing.assert_close(outcome["loss_tags"], 0.5 * expected)
    moved = gradients(model, outcome["loss"])
    assert {"tag_head.weight", "base_model.visual.proj", "base_model.text_projection"} <= set(moved)


def test_pictures_without_tags_are_no_pictures_of_people_who_have_none(views: Views):
    torch.manual_seed(3)
    model = Gadms(small_model().config, tags=2)
    held = torch.zeros(len(views.ids), 2)
    held[1] = torch.tensor([1.0, 0.0])
    some = learn(model, replace(views, tags=held), {"tags": 1.0})
    alone = learn(model, rows_of(replace(views, tags=held), slice(1, 2)), {"tags": 1.0})
    torch.testing.assert_close(some["loss_tags"], alone["loss_tags"])
    nobody = learn(model, replace(views, tags=torch.zeros_like(held)), {"tags": 1.0})
    assert nobody["loss_tags"] == 0
    assert not any(value.any() for value in gradients(model, nobody["loss"]).values())


def test_tags_cannot_be_learnt_without_a_head_or_without_any(model: Gadms, views: Views):
    with pytest.raises(ValueError, match="head for them"):
        learn(model, replace(views, tags=torch.zeros(len(views.ids), 2)), {"tags": 1.0})
    with pytest.raises(ValueError, match="and tags"):
        learn(Gadms(model.config, tags=2), views, {"tags": 1.0})


def test_people_cannot_be_learnt_without_a_classifier(views: Views):
    model = small_model()
    model.classifier = None
    with pytest.raises(ValueError, match="needs a model with a classifier"):
        learn(model, views, {"id": 1.0})
