"""Fine-tuning against the recording: both views of its captions, all three losses, gradients."""

from pathlib import Path

import pytest
import torch

from retrieval.gadms.losses import hits
from retrieval.gadms.model import Gadms
from retrieval.training.ranks import Ranks
from retrieval.training.steps import LearningStep, Outcome, Views
from tests.recording import Recording, recorded_model

pytestmark = pytest.mark.media


@pytest.fixture(scope="module")
def model(parity_dir: Path, recorded: Recording) -> Gadms:
    return recorded_model(parity_dir, recorded)


def learn(model: Gadms, recorded: Recording, matched: str) -> Outcome:
    step = LearningStep(
        model, weights={"sdm": 1.0, "id": 1.0, "mlm": 1.0}, score=None, ranks=Ranks()
    )
    return step(
        Views(
            images=recorded.tensor("images"),
            identities=recorded.tensor("pids"),
            ids=recorded.tensor("caption_ids_ori"),
            matched_ids=recorded.tensor(matched),
            masked_ids=recorded.tensor("ft_mlm_ids"),
            labels=recorded.tensor("ft_mlm_labels"),
        )
    )


def test_the_losses_of_the_plain_view_and_every_gradient_match(model: Gadms, recorded: Recording):
    outcome = learn(model, recorded, "caption_ids_ori")
    recorded.compare("ft_sdm_loss", outcome["loss_sdm"], within=1e-4)
    recorded.compare("ft_id_loss", outcome["loss_id"], within=1e-5)
    recorded.compare("ft_mlm_loss", outcome["loss_mlm"], within=1e-5)
    recorded.compare("ft_img_acc", outcome["accuracy_image_id"], within=0)
    recorded.compare("ft_txt_acc", outcome["accuracy_text_id"], within=0)
    recorded.compare("ft_mlm_acc", outcome["accuracy_mlm"], within=0)
    outcome["loss"].backward()
    # In float32, as recorded: its sum over three million squares is 1.5e-4 off the true one.
    norms = {name: p.grad.norm().item() for name, p in model.named_parameters()}
    names = [str(name) for name in recorded["ft_param_names"]]
    assert set(names) == set(norms)
    recorded.compare_exactly("ft_param_names", [name for name in names if name in norms])
    ours = [norms[name] for name in names]
    recorded.compare("ft_param_grad_l2", ours, within=1e-4, relative=True)


def test_the_losses_of_the_masked_view_match(model: Gadms, recorded: Recording):
    with torch.no_grad():
        outcome = learn(model, recorded, "ft_mlm_ids")
    recorded.compare("ft_inplace_sdm_loss", outcome["loss_sdm"], within=1e-4)
    recorded.compare("ft_inplace_id_loss", outcome["loss_id"], within=1e-5)
    recorded.compare("ft_inplace_mlm_loss", outcome["loss_mlm"], within=1e-5)


def test_the_classifier_matches(model: Gadms, recorded: Recording):
    with torch.no_grad():
        images = model.base_model.encode_image(recorded.tensor("images"))
        texts = model.base_model.encode_text(recorded.tensor("caption_ids_ori"))
        of_images, of_texts = model.classifier(images), model.classifier(texts)
    recorded.compare("ft_image_logits", of_images, within=1e-5)
    recorded.compare("ft_text_logits", of_texts, within=1e-5)
    identities = recorded.tensor("pids")
    recorded.compare("ft_img_acc", hits(of_images, identities) / 4, within=0)
