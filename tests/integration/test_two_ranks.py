"""Two real processes over gloo learn what one learns from the joined batch."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from retrieval.gadms.losses import sdm_loss
from retrieval.training.ranks import Ranks
from tests.integration.two_ranks import learn
from tests.recording import Recording

SCRIPT = Path(__file__).with_name("two_ranks.py")


def run_ranks(folder: Path, what: str, count: int = 2) -> list[dict]:
    """What each of `count` processes wrote."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    common = {"WORLD_SIZE": str(count), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    started = [
        subprocess.Popen(
            [sys.executable, str(SCRIPT), str(folder), what],
            env=os.environ | common | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for rank in range(count)
    ]
    try:
        said = [process.communicate(timeout=200)[0].decode() for process in started]
    finally:
        for process in started:
            process.kill()
    assert [process.returncode for process in started] == [0] * count, "\n".join(said)
    return [torch.load(folder / f"rank-{r}.pt", weights_only=True) for r in range(count)]


@pytest.mark.parametrize("task", [pytest.param("pretrain", marks=pytest.mark.slow), "finetune"])
def test_two_ranks_have_the_losses_gradients_and_scores_of_one(task: str, tmp_path: Path):
    torch.manual_seed(0)
    alone = learn(task, tmp_path, Ranks())
    together = run_ranks(tmp_path, task)
    for rank in together:
        assert rank["told"].keys() == alone["told"].keys()
        for name, value in alone["told"].items():
            torch.testing.assert_close(rank["told"][name], value, atol=2e-5, rtol=1e-5, msg=name)
        for name, gradient in alone["gradients"].items():
            size = max(1e-3, float(gradient.abs().max()))
            off = float((rank["gradients"][name] - gradient).abs().max())
            assert off <= 1e-4 * size, f"{name}: off by {off}, of {size}"
        for name, weight in alone["weights"].items():
            torch.testing.assert_close(rank["weights"][name], weight, atol=2e-5, rtol=0, msg=name)
    for name, weight in together[0]["weights"].items():
        assert torch.equal(weight, together[1]["weights"][name]), name
    if task == "pretrain":
        joined = torch.cat([rank["scores"] for rank in together])
        torch.testing.assert_close(joined, alone["scores"], atol=1e-4, rtol=0)
        # One word of the joined batch has 1: the range is that of both ranks.
        assert [float(rank["scores"].max()) == 1 for rank in together].count(True) == 1


@pytest.mark.media
def test_parity_of_rows_joined_over_two_ranks(recorded: Recording, tmp_path: Path):
    names = {"images": "unit_sdm_img", "texts": "unit_sdm_txt", "identities": "unit_sdm_pid"}
    whole = {ours: recorded.tensor(theirs) for ours, theirs in names.items()}
    torch.save(whole, tmp_path / "features.pt")
    together = run_ranks(tmp_path, "join")
    for rank in together:
        for ours, theirs in names.items():
            recorded.compare_exactly(theirs, rank[ours])
        recorded.compare("unit_sdm_loss", rank["loss"], within=1e-4)
    images, texts = whole["images"].requires_grad_(), whole["texts"].requires_grad_()
    sdm_loss(images, texts, whole["identities"]).backward()
    for whole_gradient, name in ((images.grad, "image_gradient"), (texts.grad, "text_gradient")):
        joined = torch.cat([rank[name] for rank in together])
        torch.testing.assert_close(joined, whole_gradient, atol=1e-5, rtol=1e-5)
