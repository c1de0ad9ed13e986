"""The losses of pretraining, and the gradient of every parameter, against the recording."""

from pathlib import Path

import pytest
import torch

from retrieval.gadms.model import Gadms
from retrieval.training.ranks import Ranks
from retrieval.training.steps import LearningStep, Outcome, Views
from tests.recording import Recording, recorded_model

pytestmark = pytest.mark.media


@pytest.fixture(scope="module")
def model(parity_dir: Path) -> Gadms:
    return recorded_model(parity_dir)


@pytest.fixture(scope="module")
def views(recorded: Recording) -> Views:
    return Views(
        images=recorded.tensor("images"),
        identities=recorded.tensor("pids"),
        ids=recorded.tensor("caption_ids_ori"),
        matched_ids=recorded.tensor("noise_text"),
        masked_ids=recorded.tensor("mlm_ids"),
        labels=recorded.tensor("mlm_labels"),
    )


@pytest.fixture(scope="module")
def outcome(model: Gadms, views: Views) -> Outcome:
    step = LearningStep(model, weights={"sdm": 1.0, "mlm": 0.3}, score="reference", ranks=Ranks())
    outcome = step(views)
    outcome["loss"].backward()
    return outcome


def test_the_noise_view_is_read_at_the_end_of_the_unmasked_caption(
    model: Gadms, views: Views, recorded: Recording
):
    with torch.no_grad():
        features = model.encode_masked(views.matched_ids, views.ids.argmax(dim=-1))
    recorded.compare("noise_text_feat", features, within=2e-5)


def test_the_cross_modal_blocks_match(model: Gadms, views: Views, recorded: Recording):
    with torch.no_grad():
        text_tokens = model.base_model.text_tokens(views.masked_ids)
        image_tokens = model.base_model.image_tokens(views.images)
        recorded.compare("mlm_text_tokens", text_tokens, within=2e-5)
        crossed = model.cross_former(text_tokens, image_tokens)
        recorded.compare("cross_former_out", crossed, within=2e-5)
        logits = model.masked_word_logits(text_tokens, image_tokens, views.labels)
    recorded.compare("mlm_logits_masked", logits, within=2e-5)


def test_the_losses_match(outcome: Outcome, recorded: Recording):
    recorded.compare("sdm_loss", outcome["loss_sdm"], within=1e-4)
    recorded.compare("mlm_loss_weighted", outcome["loss_mlm"], within=1e-5)
    recorded.compare("mlm_acc", outcome["accuracy_mlm"], within=0)


def test_the_step_gives_the_recorded_score(outcome: Outcome, recorded: Recording):
    recorded.compare("grad_emap", outcome["scores"], within=1e-4)


def test_every_gradient_matches(model: Gadms, outcome: Outcome, recorded: Recording):
    del outcome  # it was differentiated
    # In float32, as recorded: its sum over three million squares is 1.5e-4 off the true one.
    norms = {name: p.grad.norm().item() for name, p in model.named_parameters()}
    names = [str(name) for name in recorded["param_names"]]
    assert set(names) == set(norms)
    recorded.compare_exactly("param_names", [name for name in names if name in norms])
    ours = [norms[name] for name in names]
    recorded.compare("param_grad_l2", ours, within=1e-4, relative=True)
