"""People in a batch of frames, by a YOLO that ultralytics loads."""

import hashlib
import json
import logging
import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from detectors.checkpoint import check_checkpoint, digest_of
from detectors.errors import DetectorUnusable
from detectors.offline import prepare_ultralytics
from detectors.parts import Window, window_of
from detectors.types import Box, Detection, Frame
from detectors.yolo_network import load_network, person_class

log = logging.getLogger(__name__)

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
        self._searches_parts = self._device.type == "cpu"
        # Parts have many sizes, and oneDNN by itself remembers the primitives of a dozen. Four
        # times as many are no faster, and take 100 MB more after ten minutes of sixteen cameras.
        os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "1024")
        model = load_network(weights)
        self._person_class = person_class(model.names, weights)
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

    def detect(
        self, frames: Sequence[Frame], parts: Sequence[Box | None] | None = None
    ) -> list[list[Detection]]:
        """The people of each frame, in the order of `frames`, surest first.

        On a CPU, where a part of a frame costs a part of the time, `parts` are searched alone; the
        whole frame is if that finds somebody who may go on beyond one. A GPU takes whole frames in
        one batch.
        """
        if parts is not None and self._searches_parts:
            return [self._people_in(*one) for one in zip(frames, parts, strict=True)]
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
        pictures = self._letterboxed(frames)  # (B, 3, h, w)
        size = pictures.shape[2:]
        found = zip(self._rows(pictures), frames, strict=True)
        return [_detections(rows, size, frame) for rows, frame in found]

    @torch.inference_mode()
    def _people_in(self, frame: Frame, part: Box | None) -> list[Detection]:
        """Detect in a part of a frame, or in all of it where that says too little."""
        pictures = self._letterboxed([frame])  # (1, 3, h, w)
        size = pictures.shape[2:]
        window = None if part is None else _window(part, size, frame, self._stride_px)
        if window is not None:
            # Its own memory: the network is slower on rows that lie apart.
            cut_out = pictures[..., window.top : window.bottom, window.left : window.right]
            (rows,) = self._rows(cut_out.contiguous())
            rows = rows + rows.new_tensor([window.left, window.top, window.left, window.top, 0, 0])
            is_whole = window.whole_ones([Box(*corners) for corners in rows[:, :4].tolist()])
            if is_whole is not None:
                return _detections(rows[torch.tensor(is_whole, dtype=torch.bool)], size, frame)
        (rows,) = self._rows(pictures)
        return _detections(rows, size, frame)

    def _rows(self, pictures: torch.Tensor) -> list[torch.Tensor]:
        """For each of (B, 3, h, w) pictures (N, 6): corners in it, confidence, class."""
        from ultralytics.utils.nms import non_max_suppression

        return non_max_suppression(  # type: ignore[no-any-return]
            self._model(pictures),
            self._confidence,
            self._iou,
            classes=[self._person_class],
            max_det=MAX_PEOPLE,
            max_time_img=NMS_LIMIT_S,
            end2end=getattr(self._model, "end2end", False),
        )

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


def _window(part: Box, size: torch.Size, frame: Frame, stride_px: int) -> Window | None:
    """Where a part of a frame lies in the network's picture, which LetterBox padded evenly."""
    height, width = size
    scale = min(height / frame.height, width / frame.width)
    left = round((width - round(frame.width * scale)) / 2 - 0.1)
    top = round((height - round(frame.height * scale)) / 2 - 0.1)
    x1, y1, x2, y2 = (side * scale for side in part)
    scaled = Box(x1 + left, y1 + top, x2 + left, y2 + top)
    return window_of(scaled, width, height, stride_px)


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
