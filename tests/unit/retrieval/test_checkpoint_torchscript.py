import zipfile
from pathlib import Path

import pytest

from retrieval.errors import WeightsUnusable
from retrieval.gadms.checkpoint import read_checkpoint


def test_a_torchscript_archive_is_refused_with_the_way_out(tmp_path: Path):
    path = tmp_path / "ViT-B-16.pt"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("data.pkl", "constants.pkl", "code/__torch__.py"):
            archive.writestr(f"ViT-B-16/{name}", b"")
    with pytest.raises(WeightsUnusable, match="state dict or safetensors"):
        read_checkpoint(path)
