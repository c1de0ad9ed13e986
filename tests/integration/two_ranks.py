"""One process of those that learn together; started by `test_two_ranks.py`, several at a time.

    python tests/integration/two_ranks.py OUT TASK

Writes losses, gradients, joined rows and scores of this rank to OUT/rank-N.pt.
"""

import os
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from retrieval.gadms.configuration import PRESETS
from retrieval.gadms.losses import sdm_loss
from retrieval.gadms.model import Gadms, model_from, with_fresh_heads
from retrieval.gadms.towers import draw_weights
from retrieval.training.optimising import Optimising
from retrieval.training.plan import TrainingPlan
from retrieval.training.ranks import Ranks, join_ranks, leave_ranks
from retrieval.training.steps import LearningStep, Views
from tests.small_run import rows_of

CONFIG = PRESETS["tiny"]
COUNT, CLASSES, TAGS = 8, 5, 3


def drawn_model(task: str) -> Gadms:
    classes = CLASSES if task == "finetune" else None
    state = with_fresh_heads(CONFIG, draw_weights(CONFIG, 3), classes=classes, tags=TAGS, seed=4)
    return model_from(CONFIG, state, classes=classes, tags=TAGS)


def drawn_views() -> Views:
    """Captions of unequal lengths, and so of unequal numbers of hidden words a rank."""
    draw = torch.Generator().manual_seed(5)
    ids = torch.zeros(COUNT, 77, dtype=torch.long)
    labels = torch.zeros_like(ids)
    for row in range(COUNT):
        length = 3 + 4 * row
        ids[row, 0], ids[row, length + 1] = 49406, 49407
        ids[row, 1 : length + 1] = torch.randint(1, 49405, (length,), generator=draw)
        labels[row, 1 : length + 1 : 3] = ids[row, 1 : length + 1 : 3]
    masked = torch.where(labels > 0, torch.full_like(ids, 49405), ids)
    noise = ids.clone()
    noise[:, 2] = 49405
    images = torch.randn(COUNT, 3, 384, 128, generator=draw)
    identities = torch.tensor([0, 1, 1, 2, 3, 0, 4, 4])
    tags = (torch.rand(COUNT, TAGS, generator=draw) < 0.5).float()
    tags[:2] = 0  # so that the first rank has fewer pictures with tags
    return Views(images, identities, ids, noise, masked, labels, tags)


def part_of(views: Views, ranks: Ranks) -> Views:
    share = COUNT // ranks.count
    mine = slice(ranks.rank * share, (ranks.rank + 1) * share)
    return rows_of(views, mine)


def plan_of(task: str, folder: Path) -> TrainingPlan:
    return TrainingPlan.model_validate(
        {
            "dataset": {"name": "jsonl", "root": str(folder)},
            "configuration": "tiny",
            "out": str(folder),
            "learning_rate": 0.01,
            "adam_eps": 1e-3,
        }
    ).for_task(task)  # type: ignore[arg-type]


def learn(task: str, folder: Path, ranks: Ranks) -> dict[str, object]:
    """Losses and gradients of one step, and the weights after it."""
    model, plan = drawn_model(task), plan_of(task, folder)
    score = "reference" if task == "pretrain" else None
    weights = {str(name): weight for name, weight in (plan.losses or {}).items()}
    weights |= {"itc": 0.5, "tags": 0.1}
    step = LearningStep(model, weights=weights, score=score, ranks=ranks)
    optimising = Optimising(step, plan, ranks)
    outcome = optimising.forward(part_of(drawn_views(), ranks), is_last=True)
    optimising.backward(outcome, parts=1, is_last=True)
    gradients = {name: p.grad.clone() for name, p in model.named_parameters()}
    optimising.begin_epoch(6)
    optimising.step()
    told = {name: value for name, value in outcome.items() if name not in ("loss", "scores")}
    return {
        "told": told,
        "gradients": gradients,
        "weights": dict(model.state_dict()),
        "scores": outcome.get("scores"),
    }


def join_features(features: Path, ranks: Ranks) -> dict[str, torch.Tensor]:
    """The rows of all ranks from each rank's own half, and their loss and its gradient."""
    whole = torch.load(features, weights_only=True)
    share = len(whole["identities"]) // ranks.count
    mine = slice(ranks.rank * share, (ranks.rank + 1) * share)
    images, texts = (whole[name][mine].requires_grad_() for name in ("images", "texts"))
    joined = ranks.join_rows(images), ranks.join_rows(texts)
    identities = ranks.join_rows(whole["identities"][mine])
    loss = sdm_loss(*joined, identities)
    loss.backward()
    return {
        "images": joined[0].detach(), "texts": joined[1].detach(), "identities": identities,
        "loss": loss.detach(), "image_gradient": images.grad, "text_gradient": texts.grad,
    }  # fmt: skip


def main() -> None:
    folder, what = Path(sys.argv[1]), sys.argv[2]
    torch.set_num_threads(1)
    ranks = join_ranks(torch.device("cpu"))
    features = folder / "features.pt"
    found = join_features(features, ranks) if what == "join" else learn(what, folder, ranks)
    torch.save(found, folder / f"rank-{os.environ['RANK']}.pt")
    leave_ranks(ranks)


if __name__ == "__main__":
    main()
