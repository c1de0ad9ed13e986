"""Training a person detector from nothing, by ultralytics' own trainer, without a network.

The folder of a run holds what the trainer writes; the same call goes on where a run was stopped
or killed.
"""

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from detectors.errors import DetectorUnusable
from detectors.mixed_precision import halves_are_fast, learn_in_halves
from detectors.offline import prepare_ultralytics
from detectors.safetensors_weights import Architecture, PackedDetector, pack_detector
from detectors.training_epochs import kept_epochs, kept_whole

log = logging.getLogger(__name__)

Report = Callable[[float, float | None], None]

AUGMENTATION: Final = {
    "hsv_h": 0.02, "hsv_s": 0.7, "hsv_v": 0.5, "translate": 0.1, "scale": 0.5, "fliplr": 0.5,
    "mosaic": 0.7,
}  # fmt: skip
"""Of ultralytics; greying, blur and noise are ours, as it has them only with a further package."""

GREY_CHANCE, BLUR_CHANCE, NOISE_CHANCE = 0.15, 0.2, 0.2
MOST_BLURS: Final = 3  # each averages every pixel with its neighbours
NOISE: Final = 0.08  # highest deviation, of a brightness of 1


@dataclass(frozen=True, slots=True)
class DetectorPlan:
    """What a training is asked to do.

    Attributes:
        epochs: passes over the frames.
        batch: frames in one step.
        image_size_px: side of the square that frames are mosaicked into.
        learning_rate: the highest.
        workers: processes that read pictures; another number is another training, for each has
            its own stream of random changes.
        seed: of weights and order.
        device: as torch names it; None takes the GPU if there is one.
    """

    epochs: int = 14
    batch: int = 8
    image_size_px: int = 448
    learning_rate: float = 2e-3
    workers: int = 1
    seed: int = 0
    device: str | None = None


def train_detector(
    train: Path,
    validation: Path,
    out: Path,
    plan: DetectorPlan,
    *,
    architecture: Architecture | None = None,
    report: Report,
    should_stop: Callable[[], bool] = lambda: False,
) -> Path | None:
    """Train to the end, or until told to stop.

    Args:
        train: a folder with `frames/` of pictures and `labels/` of YOLO text files.
        validation: another, of other people and places: it chooses the best epoch.
        out: the folder of the run.
        plan: how.
        architecture: the network; None for the bundled one's.
        report: told batches done and in all.
        should_stop: asked after each batch; an epoch that is cut is learnt anew, from its start.

    Returns:
        The checkpoint of the best epoch; None where it was told to stop.

    Raises:
        DetectorUnusable: ultralytics was imported without its safeguards.
    """
    best = out / "run" / "weights" / "best.pt"
    out.mkdir(parents=True, exist_ok=True)
    prepare_ultralytics(out / "ultralytics")
    kept = kept_epochs(best.parent)
    if kept.epochs >= plan.epochs:
        return best
    shape = architecture or Architecture()
    (out / "model.yaml").write_text(yaml.safe_dump(shape.to_yaml()))
    data = {
        "train": str(_listed(train, out / "data" / "train")),
        "val": str(_listed(validation, out / "data" / "val")),
        "names": dict(enumerate(shape.names)), "nc": len(shape.names), "channels": 3,
        "path": str(out),
    }  # fmt: skip
    trainer = _trainer(out, data, plan, kept.checkpoint)
    _follow(trainer, report, should_stop)
    try:
        trainer.train()
    except _Stopped:
        for loader in (trainer.train_loader, trainer.test_loader):
            loader.close()  # its processes would outlive the training
        return None
    return best


class _Stopped(Exception):
    """Somebody asked a training to stop. To end ultralytics' loop so leaves no trace of the epoch.

    Its own `stop` counts the cut epoch as learnt: it measures it and keeps it as a whole one.
    """


def pack_checkpoint(checkpoint: Path, path: Path, architecture: Architecture | None = None) -> None:
    """Write the network of a trained `.pt` as safetensors in half precision.

    Raises:
        DetectorUnusable: it is damaged, of another architecture, or too large for half precision;
            nothing is left at `path`.
    """
    from detectors.yolo_network import load_packed, load_trained

    prepare_ultralytics()  # where a run was done before, nobody has
    model = load_trained(checkpoint)
    tensors = {
        name: value.float().numpy()
        for name, value in model.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    pack_detector(PackedDetector(architecture or Architecture(), tensors), path)
    try:
        load_packed(path)
    except DetectorUnusable:
        path.unlink()
        raise


def _listed(frames: Path, folder: Path) -> Path:
    """A list of the pictures, under names that lead ultralytics from `images` to `labels`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, target in (("images", "frames"), ("labels", "labels")):
        link = folder / name
        link.unlink(missing_ok=True)
        link.symlink_to((frames / target).resolve(), target_is_directory=True)
    pictures = sorted((frames / "frames").glob("*.jpg"))
    listing = folder.with_suffix(".txt")
    listing.write_text("".join(f"{folder.absolute() / 'images' / p.name}\n" for p in pictures))
    return listing


def _trainer(out: Path, data: dict[str, Any], plan: DetectorPlan, checkpoint: Path | None) -> Any:
    from ultralytics.models.yolo.detect import DetectionTrainer

    class StreetTrainer(DetectionTrainer):  # type: ignore[misc]  # ultralytics carries no types
        """Ultralytics' trainer with our data and our further augmentation."""

        def get_dataset(self) -> dict[str, Any]:
            """Without the look-ups of its own that ask the network for fonts."""
            return data

        def _setup_train(self) -> None:
            super()._setup_train()
            if halves_are_fast(self.device):
                learn_in_halves(self.model, self.device)

        def preprocess_batch(self, batch: dict[str, Any]) -> dict[str, Any]:
            """Grey, blurred and noisy frames, as cameras give them at night."""
            prepared: dict[str, Any] = super().preprocess_batch(batch)
            prepared["img"] = degraded(prepared["img"])
            return prepared

        def save_model(self) -> bool:
            """Whole, or not at all."""
            with kept_whole(self):
                return bool(super().save_model())

        def final_eval(self) -> None:
            """Measure nothing more, and leave in the checkpoints what a run needs to go on."""

    return StreetTrainer(
        overrides={
            "model": str(checkpoint or out / "model.yaml"),
            "resume": str(checkpoint) if checkpoint else False,
            "data": "street", "project": str(out), "name": "run", "exist_ok": True,
            "save_dir": str(out / "run"),  # a checkpoint says another where the folder was moved
            "epochs": plan.epochs, "batch": plan.batch, "nbs": plan.batch,
            "imgsz": plan.image_size_px, "optimizer": "AdamW", "lr0": plan.learning_rate,
            "lrf": 0.02, "cos_lr": True, "warmup_epochs": 1.0, "warmup_bias_lr": 0.0,
            "close_mosaic": max(plan.epochs // 5, 1), "workers": plan.workers,
            "seed": plan.seed, "amp": False, "plots": False, "verbose": False, "patience": 0,
            "device": plan.device or "", "pretrained": False, "single_cls": True, **AUGMENTATION,
        }
    )  # fmt: skip


def _follow(trainer: Any, report: Report, should_stop: Callable[[], bool]) -> None:
    """Have a trainer tell how far it is, and end where it is asked to."""

    def on_batch(running: Any) -> None:
        batches = len(running.train_loader)
        running.seen = getattr(running, "seen", running.epoch * batches) + 1
        report(running.seen, running.epochs * batches)
        if running.seen % batches and should_stop():  # a whole epoch is kept first
            raise _Stopped

    def on_epoch(running: Any) -> None:
        if running.epoch + 1 < running.epochs and should_stop():
            raise _Stopped

    trainer.add_callback("on_train_batch_end", on_batch)
    trainer.add_callback("on_fit_epoch_end", on_epoch)


def degraded(pictures: Any) -> Any:
    """The (B, 3, h, w) pictures, 0 to 1, changed in place: some greyed, some blurred, some noisy.

    Chances come from Python's generator, noise from torch's; the trainer seeds both.
    """
    for number in range(len(pictures)):
        picture = pictures[number]
        if random.random() < GREY_CHANCE:
            picture = picture.mean(0, keepdim=True).expand(3, -1, -1)
        if random.random() < BLUR_CHANCE:
            for _ in range(random.randint(1, MOST_BLURS)):
                picture = (picture + picture.roll(1, -1)) / 2
                picture = (picture + picture.roll(1, -2)) / 2
        if random.random() < NOISE_CHANCE:
            noise = picture.new_empty(picture.shape).normal_(0, NOISE * random.random())
            picture = (picture + noise).clamp(0, 1)
        pictures[number] = picture
    return pictures
