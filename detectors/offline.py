"""Bringing in ultralytics so that it loads nothing unsafe and asks nothing of the network."""

import atexit
import logging
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

import PIL.Image
import torch  # noqa: F401  # before ultralytics, which would pin it to one thread

from detectors.errors import DetectorUnusable

log = logging.getLogger(__name__)

SAFEGUARDS: Final = {
    "ULTRALYTICS_SAFE_LOAD": "1",  # checkpoints are read with weights_only and known classes
    "YOLO_OFFLINE": "1",  # no DNS question at import, no usage report
    "YOLO_AUTOINSTALL": "false",  # a missing package is an error, never a pip run
    "YOLO_VERBOSE": "false",
}
"""Read once by ultralytics, when it is imported."""


def prepare_ultralytics(config_dir: Path | None = None) -> None:
    """Import ultralytics with its safeguards on; later calls only check that they hold.

    Args:
        config_dir: where it keeps its settings file; if None, a temporary folder that goes when
            the interpreter ends (`os._exit` leaves it). The first call of a process decides.

    Raises:
        DetectorUnusable: something imported ultralytics earlier, without the safeguards.
    """
    if "ultralytics" not in sys.modules:
        _import_guarded(config_dir)
    from ultralytics import utils
    from ultralytics.nn import tasks

    if not (utils.SAFE_LOAD and tasks.SAFE_LOAD) or utils.AUTOINSTALL or utils.ONLINE:
        raise DetectorUnusable(
            "ultralytics was imported before its safeguards were set: "
            "import it through detectors.offline"
        )


def _import_guarded(config_dir: Path | None) -> None:
    os.environ.update(SAFEGUARDS)
    os.environ["YOLO_CONFIG_DIR"] = str(config_dir or _passing_folder())
    threads = os.environ.get("OMP_NUM_THREADS")
    open_picture = PIL.Image.open
    from ultralytics import utils

    # It puts its own opener in PIL's place, which looks for a package to install when a picture is
    # none.
    PIL.Image.open = open_picture

    if threads is None:
        # It sets the variable to 1 for the whole process, and so for every child of it.
        os.environ.pop("OMP_NUM_THREADS", None)
    if utils.SETTINGS["sync"]:
        utils.SETTINGS.update(sync=False)
    _quieten()


def _passing_folder() -> Path:
    """A fresh folder that is removed when this process ends."""
    folder, owner = Path(tempfile.mkdtemp(prefix="descry-ultralytics-")), os.getpid()

    def remove() -> None:
        if os.getpid() == owner:  # a fork inherits what is to be done at the end
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    return folder


def _quieten() -> None:
    """Send what ultralytics logs where ours goes: its own handler writes to standard output."""
    logger = logging.getLogger("ultralytics")
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
    logger.setLevel(logging.WARNING)
    logger.propagate = True
