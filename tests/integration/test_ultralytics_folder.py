"""What ultralytics keeps on disk: nothing of it is left behind when a process ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

ALONE = """
import os, pathlib
from detectors.offline import prepare_ultralytics
prepare_ultralytics()
if not (child := os.fork()):
    raise SystemExit  # a fork must not take the folder away from under its parent
os.waitpid(child, 0)
print(pathlib.Path(os.environ["YOLO_CONFIG_DIR"], "Ultralytics", "settings.json").is_file())
"""

# As `descry worker` ends: without the interpreter's own clearing up.
IN_A_WORKER = """
import os, pathlib, sys
from pipeline.config import Settings
from pipeline.wiring.models import build_tracker
folder = pathlib.Path(sys.argv[1])
build_tracker(Settings(data_dir=folder), "door")
kept = folder / "models" / "ultralytics" / "Ultralytics" / "settings.json"
print(kept.is_file(), flush=True)
os._exit(0)
"""


@pytest.mark.parametrize("program", [ALONE, IN_A_WORKER])
def test_no_temporary_folder_is_left(program, tmp_path):
    temporary, data = tmp_path / "tmp", tmp_path / "data"
    temporary.mkdir()
    environment = {name: value for name, value in os.environ.items() if "YOLO" not in name}
    done = subprocess.run(
        [sys.executable, "-c", program, data],
        cwd=ROOT,
        env={**environment, "TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout.split() == ["True"]
    assert list(temporary.glob("descry-ultralytics-*")) == []
