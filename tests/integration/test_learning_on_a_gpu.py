"""Score, losses and one step of learning on a GPU against the CPU."""

import pytest
import torch

from retrieval.gadms.gradient_attention import score_words
from retrieval.training.ranks import Ranks
from retrieval.training.steps import LearningStep, Views
from tests.conftest import missing
from tests.small_run import small_model, small_views

pytestmark = pytest.mark.gpu


@pytest.fixture(autouse=True)
def _exact_arithmetic():
    if not torch.cuda.is_available():
        missing("no CUDA device", "gpu")
    allowed = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    yield
    torch.backends.cudnn.allow_tf32 = allowed


def moved(views: Views, device: str) -> Views:
    return Views(
        views.images.to(device), views.identities.to(device), views.ids.to(device),
        views.matched_ids.to(device), views.masked_ids.to(device), views.labels.to(device),
    )  # fmt: skip


@pytest.mark.parametrize("variant", ["reference", "paper"])
def test_the_score_is_that_of_the_cpu(variant: str):
    model, views = small_model(), small_views()
    with torch.no_grad():
        features = model.base_model.encode_image(views.images)
    there = small_model().to("cuda").base_model
    ours = score_words(there, features.cuda(), views.ids.cuda(), variant=variant).cpu()
    expected = score_words(model.base_model, features, views.ids, variant=variant)
    torch.testing.assert_close(ours, expected, atol=1e-3, rtol=0)


@pytest.mark.parametrize(
    ("autocast", "within"), [(None, 1e-3), (torch.bfloat16, 0.03), (torch.float16, 0.005)]
)
def test_losses_and_gradients_are_near_those_of_the_cpu(autocast, within: float):
    weights = {"sdm": 1.0, "mlm": 0.3, "id": 0.5}
    found = {}
    for device in ("cpu", "cuda"):
        model = small_model().to(device)
        kind = autocast if device == "cuda" else None
        step = LearningStep(model, weights=weights, score=None, ranks=Ranks(), autocast=kind)
        outcome = step(moved(small_views(), device))
        outcome["loss"].backward()
        gradients = [
            p.grad.cpu() for _, p in sorted(model.named_parameters()) if p.grad is not None
        ]
        found[device] = outcome["loss"].detach().cpu(), gradients
    (cpu_loss, cpu_gradients), (gpu_loss, gpu_gradients) = found["cpu"], found["cuda"]
    assert abs(float(gpu_loss - cpu_loss)) <= within * float(cpu_loss)
    ours = torch.cat([g.flatten() for g in gpu_gradients])
    expected = torch.cat([g.flatten() for g in cpu_gradients])
    assert torch.isfinite(ours).all()
    assert float((ours - expected).norm() / expected.norm()) <= 3 * within
