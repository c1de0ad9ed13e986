"""People in a batch of frames, by a YOLO that ultralytics loads."""

import hashlib
import json
import logging
import pickle
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from detectors.checkpoint import check_checkpoint, digest_of
from detectors.errors import DetectorUnusable
from detectors.offline import prepare_ultralytics
from detectors.safetensors_weights import is_safetensors, read_packed
from detectors.types import Box, Detection, Frame

log = logging.getLogger(__name__)

PERSON_NAMES: Final = ("person", "pedestrian")

MAX_PEOPLE: Final = 300
"""Per frame; the limit ultralytics itself predicts with."""

NMS_LIMIT_S: Final = 3600.0
"""ultralytics gives up non-maximum suppression after two seconds and returns nobody for the frames
that are left: a machine that stalls would lose people without a word. So: never."""

BOX_STEPS_PER_PX: Final = 8
CONFIDENCE_DECIMALS: Final = 4
"""Coarser than what a different batch or another processor changes, finer than any use needs:
a file that is read again gives the same boxes, and so the same shots."""


class YoloDetector:
    """Finds people with YOLO weights; the GPU is used if there is one.

    Frames of one size share a batch: ultralytics pads a batch of mixed sizes to squares, and then
    a frame's boxes would depend on whom it travels with.
    """

    def __init__(
        self,
        weights: Path,
        *,
        confidence: float = 0.1,
        iou: float = 0.7,
        image_size_px: int = 640,
        device: str | None = None,
        half: bool | None = None,
        batch: int = 16,
        config_dir: Path | None = None,
    ) -> None:
        """Load `weights`.

        Args:
            weights: an ultralytics `.pt` of a detection model that knows people, or such a model
                as `pack_detector` writes it, `.safetensors`.
            confidence: boxes below it are dropped, 0 to 1. Low by default: the tracker uses unsure
                boxes to carry a track through a crowd, and starts none with them.
            iou: two boxes that overlap by more are one person.
            image_size_px: the long side the network sees.
            device: as torch names it; None takes the GPU if there is one.
            half: compute in 16 bits; None does so on a GPU.
            batch: the most frames that go through the network at once, on a GPU.
            config_dir: where ultralytics keeps its settings.

        Raises:
            DetectorUnusable: the weights are missing, damaged, hostile, or know no people.
        """
        digest = digest_of(weights)
        check_checkpoint(weights)
        prepare_ultralytics(config_dir)
        self._device = _device(device)
        self._half = self._device.type == "cuda" if half is None else half
        self._confidence, self._iou = confidence, iou
        self._image_size_px = image_size_px
        # On a CPU a batch is no faster, and moves the last digits of its frames' boxes by who else
        # is in it. One at a time, a frame has one answer.
        self._batch = 1 if self._device.type == "cpu" else batch
        model = _load_model(weights)
        self._person_class = _person_class(model.names, weights)
        self._model, self._stride_px = self._ready(model)
        settings = [digest, confidence, iou, image_size_px, self._half]
        self._fingerprint = hashlib.sha256(json.dumps(settings).encode()).hexdigest()[:16]
        log.info("detector %s: loaded on %s", weights.name, self._device)

    @property
    def batch(self) -> int:
        """Frames that go through the network at once: 1 on a CPU."""
        return self._batch

    @property
    def fingerprint(self) -> str:
        """A short digest of the weights and of every setting that changes the answer."""
        return self._fingerprint

    def detect(self, frames: Sequence[Frame]) -> list[list[Detection]]:
        """The people of each frame, in the order of `frames`, surest first."""
        positions_of: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for position, frame in enumerate(frames):
            positions_of[frame.image.shape].append(position)
        found: list[list[Detection]] = [[] for _ in frames]
        for positions in positions_of.values():
            for start in range(0, len(positions), self._batch):
                chunk = positions[start : start + self._batch]
                for position, people in zip(
                    chunk, self._people([frames[p] for p in chunk]), strict=True
                ):
                    found[position] = people
        return found

    def _ready(self, model: Any) -> tuple[Any, int]:
        """Put the model where it runs, in the precision it runs in."""
        if getattr(model, "end2end", False):
            model.set_head_attr(max_det=MAX_PEOPLE, agnostic_nms=False)
        model = model.fuse(verbose=False).to(self._device).eval()
        model = model.half() if self._half else model.float()
        return model, max(int(model.stride.max()), 32)

    @torch.inference_mode()
    def _people(self, frames: Sequence[Frame]) -> list[list[Detection]]:
        """Detect in frames of one size."""
        from ultralytics.utils.nms import non_max_suppression

        pictures = self._letterboxed(frames)  # (B, 3, h, w)
        rows_of = non_max_suppression(
            self._model(pictures),
            self._confidence,
            self._iou,
            classes=[self._person_class],
            max_det=MAX_PEOPLE,
            max_time_img=NMS_LIMIT_S,
            end2end=getattr(self._model, "end2end", False),
        )
        size = pictures.shape[2:]
        return [_detections(rows, size, frame) for rows, frame in zip(rows_of, frames, strict=True)]

    def _letterboxed(self, frames: Sequence[Frame]) -> torch.Tensor:
        """(B, 3, h, w) of 0 to 1, scaled to the network's size and padded to its stride."""
        from ultralytics.data.augment import LetterBox

        letterbox = LetterBox(
            (self._image_size_px, self._image_size_px), auto=True, stride=self._stride_px
        )
        # The network learnt RGB; ultralytics turns BGR arrays into it, and ours are RGB already.
        batch = np.stack([letterbox(image=frame.image) for frame in frames])  # (B, h, w, 3)
        tensor = torch.from_numpy(batch).to(self._device).permute(0, 3, 1, 2).contiguous()
        return (tensor.half() if self._half else tensor.float()) / 255


def _device(wanted: str | None) -> torch.device:
    """Where to compute; None takes the GPU if there is one."""
    has_gpu = torch.cuda.is_available()
    try:
        device = torch.device(wanted or ("cuda" if has_gpu else "cpu"))
    except RuntimeError as error:
        raise DetectorUnusable(
            f"detector.device {wanted!r} is none: use auto, cpu or cuda"
        ) from error
    if device.type == "cuda" and not has_gpu:
        raise DetectorUnusable(
            f"detector.device is {wanted}, and torch sees no GPU: set it to auto or cpu, "
            "or see 'descry doctor'"
        )
    return device


def _load_model(weights: Path) -> Any:
    """The network of a file of either kind."""
    return load_packed(weights) if is_safetensors(weights) else load_trained(weights)


def load_packed(weights: Path) -> Any:
    """The network that `pack_detector` wrote: built from our own list of layers, then filled.

    Raises:
        DetectorUnusable: damaged, or its tensors do not fit the size that it says.
    """
    from ultralytics.nn.tasks import DetectionModel

    packed = read_packed(weights)
    model = DetectionModel(packed.architecture.to_yaml(), verbose=False)
    model.names = dict(enumerate(packed.architecture.names))
    counters = {n: v for n, v in model.state_dict().items() if n.endswith("num_batches_tracked")}
    tensors = {name: torch.from_numpy(v).float() for name, v in packed.tensors.items()}
    try:
        model.load_state_dict({**counters, **tensors}, strict=True)
    except RuntimeError as error:
        raise DetectorUnusable(
            f"{weights} does not hold the network that it says it holds: copy it again"
        ) from error
    return model


def load_trained(weights: Path) -> Any:
    """The network of a checkpoint, through a link with a plain name.

    ultralytics reads meaning into names (`yolov5n.pt` becomes `yolov5nu.pt`, quotes are dropped),
    and what it then does not find it tries to download.

    Raises:
        DetectorUnusable: it holds none, or one that finds no boxes.
    """
    from ultralytics.nn.tasks import DetectionModel, load_checkpoint

    try:
        with tempfile.TemporaryDirectory(prefix="descry-weights-") as folder:
            link = Path(folder) / "weights.pt"
            link.symlink_to(weights.resolve())
            model, _ = load_checkpoint(link)
    except (
        TypeError, ValueError, RuntimeError, AttributeError, LookupError, ImportError, OSError,
        EOFError, pickle.UnpicklingError,
    ) as error:  # fmt: skip
        raise DetectorUnusable(
            f"{weights} holds no model ultralytics can read: save it again with its current version"
        ) from error
    if type(model) is not DetectionModel:
        raise DetectorUnusable(
            f"{weights} is a {type(model).__name__}, not a YOLO detection model: choose one that is"
        )
    return model


def _person_class(names: dict[int, str] | list[str], weights: Path) -> int:
    """The number of the class that means people.

    >>> _person_class({0: "car", 1: "Person"}, Path("a.pt"))
    1
    """
    numbered = names if isinstance(names, dict) else dict(enumerate(names))
    for number, name in numbered.items():
        if str(name).lower() in PERSON_NAMES:
            return number
    known = ", ".join(str(name) for name in list(numbered.values())[:8])
    raise DetectorUnusable(f"{weights} does not detect people, only: {known}")


def _detections(rows: torch.Tensor, size: torch.Size, frame: Frame) -> list[Detection]:
    """Turn (N, 6) rows in the network's picture into rounded detections in the frame."""
    from ultralytics.utils.ops import scale_boxes

    boxes = scale_boxes(size, rows[:, :4].float(), frame.image.shape).cpu().numpy()  # (N, 4)
    boxes = np.round(boxes.astype(np.float64) * BOX_STEPS_PER_PX) / BOX_STEPS_PER_PX
    confidences = np.round(rows[:, 4].double().cpu().numpy(), CONFIDENCE_DECIMALS)  # (N,)
    found = [
        Detection(Box(*corners), confidence)
        for corners, confidence in zip(boxes.tolist(), confidences.tolist(), strict=True)
    ]
    # Rounding makes equals of near-equals, whose order would otherwise be left to the last digit.
    return sorted(
        (person for person in found if person.box.area > 0),
        key=lambda person: (-person.confidence, person.box),
    )
