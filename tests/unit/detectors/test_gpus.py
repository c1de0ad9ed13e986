"""What torch says of the GPUs."""

import torch

from detectors.gpus import find_gpus


def test_as_many_gpus_are_named_as_torch_can_use() -> None:
    gpus = find_gpus()
    assert len(gpus.names) == (torch.cuda.device_count() if torch.cuda.is_available() else 0)
    assert gpus.cuda == torch.version.cuda
