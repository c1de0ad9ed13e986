"""The same forward pass in double and in half precision, as the recording has it too.

They show conditioning. Double precision leaves only the order of sums; in half precision our
arithmetic differs from the reference's, so there the drift that it showed itself is the bound.
"""

from pathlib import Path

import pytest
import torch

from retrieval.gadms.model import Gadms
from retrieval.training.ranks import Ranks
from retrieval.training.steps import LearningStep, Outcome, Views
from tests.recording import Recording, recorded_model

pytestmark = pytest.mark.media


def learn(model: Gadms, recorded: Recording, dtype: torch.dtype) -> Outcome:
    step = LearningStep(model, weights={"sdm": 1, "mlm": 0.3}, score="reference", ranks=Ranks())
    return step(
        Views(
            images=recorded.tensor("images").to(dtype),
            identities=recorded.tensor("pids"),
            ids=recorded.tensor("caption_ids_ori"),
            matched_ids=recorded.tensor("noise_text"),
            masked_ids=recorded.tensor("mlm_ids"),
            labels=recorded.tensor("mlm_labels"),
        )
    )


@pytest.fixture(autouse=True)
def _no_gradients():
    with torch.no_grad():
        yield


def test_double_precision_matches(parity_dir: Path, recorded: Recording):
    model = recorded_model(parity_dir).double()
    outcome = learn(model, recorded, torch.float64)
    images = model.base_model.encode_image(recorded.tensor("images").double())
    texts = model.base_model.encode_text(recorded.tensor("caption_ids_ori"))
    recorded.compare("fp64_image_features", images, within=1e-10)
    recorded.compare("fp64_text_features", texts, within=1e-10)
    recorded.compare("fp64_grad_emap", outcome["scores"], within=1e-4)
    recorded.compare("fp64_sdm_loss", outcome["loss_sdm"], within=1e-4)
    recorded.compare("fp64_mlm_loss_weighted", outcome["loss_mlm"], within=1e-5)
    recorded.compare("fp64_mlm_acc", outcome["accuracy_mlm"], within=0)


def test_the_half_precision_run_is_no_farther_than_its_own_drift(
    parity_dir: Path, recorded: Recording
):
    model = recorded_model(parity_dir)
    outcome = learn(model, recorded, torch.float32)
    images = model.base_model.encode_image(recorded.tensor("images"))
    texts = model.base_model.encode_text(recorded.tensor("caption_ids_ori"))
    # The bounds are the drifts that the recording's README states, to their last digit.
    recorded.compare("fp16_image_features", images, within=3.15e-3)
    recorded.compare("fp16_text_features", texts, within=3.05e-3)
    recorded.compare("fp16_grad_emap", outcome["scores"], within=4.85e-3)
    recorded.compare("fp16_sdm_loss", outcome["loss_sdm"], within=8.85e-3)
    recorded.compare("fp16_mlm_loss_weighted", outcome["loss_mlm"], within=3.55e-5)
    recorded.compare("fp16_mlm_acc", outcome["accuracy_mlm"], within=0)
