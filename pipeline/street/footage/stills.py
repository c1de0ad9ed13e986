"""Single frames for training: pictures, labels, crops and captions, each by the seed alone.

`OUT/stills.json` says what was asked for; `frames/`, `labels/` and `crops/` hold the pictures and
YOLO labels, `parts/` the record of every finished frame. When all are there, the records become
`captions.jsonl`, `captions-noisy.jsonl`, `claims.jsonl` (of `val` and `test`), `crops.jsonl`,
`frames.jsonl` and `looks.json`.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2

from detectors.types import Box, Image
from pipeline.files import write_whole
from pipeline.street.footage.crew import draw_all, is_stopped, note_frame
from pipeline.street.footage.crops import cut_of
from pipeline.street.footage.folder import checked_seed, filling, need_room, open_folder, owned
from pipeline.street.footage.still_plan import Stills, groups_of
from pipeline.street.footage.still_shots import StillShot, Witness, looks_of, take_still
from pipeline.street.rendering.sighting import Seen
from pipeline.street.words.claims import Claim
from pipeline.street.words.noise import noisy
from retrieval.training.drawn import KIND, NOTE

#: People smaller or more hidden than this are no detector's fault: they are listed as `ignore`.
LEAST_LABEL_PX, LEAST_LABEL_VISIBLE = 12.0, 0.25
_BYTES_A_FRAME = 220_000
_CROP_QUALITY = 88
#: The chance of each thing said in the noisy captions to be wrong.
NOISE_RATE = 0.25
CAPTIONS, NOISY, CLAIMS, CROPS, FRAMES, LOOKS = (
    "captions.jsonl",
    "captions-noisy.jsonl",
    "claims.jsonl",
    "crops.jsonl",
    "frames.jsonl",
    "looks.json",
)


@dataclass(frozen=True, slots=True)
class StillTask:
    """Frames to draw into a folder, in a row: they show the same people."""

    out: Path
    stills: Stills
    frames: tuple[int, ...]


def draw_stills(
    out: Path,
    stills: Stills,
    *,
    jobs: int,
    report: Callable[[float, float | None], None],
    stopped: Callable[[], bool],
) -> bool:
    """Draw what of `stills` is not in `out` yet.

    Args:
        out: the folder; one that was begun with the same options is gone on with.
        stills: which.
        jobs: processes.
        report: told frames done and frames in all.
        stopped: asked between frames; those under way are finished.

    Returns:
        Whether everything is there.

    Raises:
        ConfigError: the folder is another's or may not be written, or the seed is out of range.
        FolderInUse: another process draws into it.
        StoreFull: the disk is too small, or full on the way.
        DescryError: a drawing process died.
    """
    checked_seed(stills.seed)
    asked = {"kind": KIND, **asdict(stills)}
    open_folder(out, NOTE, asked, needed_bytes=stills.frames * _BYTES_A_FRAME)
    with filling(out), owned(out):
        left = [frame for frame in range(stills.frames) if not is_whole(_part(out, frame))]
        need_room(out, len(left) * _BYTES_A_FRAME)
        for name in ("frames", "labels", "crops", "parts"):
            (out / name).mkdir(exist_ok=True)
        done = stills.frames - len(left)
        report(done, stills.frames)
        draw_all(
            draw_batch,
            [StillTask(out, stills, frames) for frames in batched(stills, left)],
            jobs=jobs,
            report=lambda drawn: report(done + drawn, stills.frames),
            stopped=stopped,
        )
        if any(not _part(out, frame).exists() for frame in left):
            return False
        gather(out, stills)
        return True


def is_whole(part: Path) -> bool:
    """Whether a frame's record can be read and its files are there; else the record is removed."""
    if not part.exists():
        return False
    try:
        record = json.loads(part.read_bytes())
        for crop in record["crops"]:
            for which in ("captions", "noisy"):
                _entry(crop, which, "train")
            _ = crop["claims"], _without_text(crop)
        _ = {one["identity"] for one in record["frame"]["people"]}
        is_drawn = _is_drawn(part, [crop["image"] for crop in record["crops"]])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        is_drawn = False
    if not is_drawn:
        part.unlink()
    return is_drawn


def _is_drawn(part: Path, crops: Iterable[str]) -> bool:
    """Whether a frame's picture, labels and crops are there; labels alone may be empty."""
    out = part.parent.parent
    pictures = [out / "frames" / f"{part.stem}.jpg", *(out / "crops" / name for name in crops)]
    has_labels = (out / "labels" / f"{part.stem}.txt").is_file()
    return has_labels and all(one.is_file() and one.stat().st_size for one in pictures)


def batched(stills: Stills, frames: Sequence[int]) -> list[tuple[int, ...]]:
    """Frames that show the same people, for one process to draw."""
    groups: dict[int, list[int]] = {}
    for frame, group in zip(frames, groups_of(stills, frames), strict=True):
        groups.setdefault(group, []).append(frame)
    return [tuple(some) for some in groups.values()]


def draw_batch(task: StillTask) -> None:
    """Draw frames, until told to stop."""
    for frame in task.frames:
        if is_stopped():
            return
        with filling(task.out):
            draw_still(task.out, task.stills, frame)
        note_frame()


def draw_still(folder: Path, stills: Stills, frame: int) -> None:
    """Draw one frame with its labels, crops and record; the record comes last."""
    shot = take_still(stills, frame)
    camera, name = shot.plan.camera, f"{frame:06d}"
    _write_jpeg(folder / "frames" / f"{name}.jpg", shot.picture, shot.plan.jpeg_quality)
    labels = labels_of(shot.seen, camera.width, camera.height)
    write_whole(folder / "labels" / f"{name}.txt", labels)
    cut = (cut_crop(stills, frame, shot, witness, folder) for witness in shot.witnesses)
    crops = [crop for crop in cut if crop is not None]
    record = {"frame": _frame_record(frame, shot), "crops": crops}
    write_whole(_part(folder, frame), json.dumps(record))


def labels_of(seen: Iterable[Seen], width: int, height: int) -> str:
    """YOLO label lines: class 0 and the box of what shows: centre and size as shares of the frame.

    People too small or too hidden to ask for are left out.
    """
    lines = []
    for one in seen:
        if (box := one.visible_box) is not None and is_fair(one):
            x, y = (box.x1 + box.x2) / 2 / width, (box.y1 + box.y2) / 2 / height
            lines.append(f"0 {x:.6f} {y:.6f} {box.width / width:.6f} {box.height / height:.6f}\n")
    return "".join(lines)


def is_fair(seen: Seen) -> bool:
    """Whether a detector can be asked to find somebody."""
    return seen.height_px >= LEAST_LABEL_PX and seen.visible >= LEAST_LABEL_VISIBLE


def cut_crop(
    stills: Stills, frame: int, shot: StillShot, witness: Witness, folder: Path
) -> dict[str, Any] | None:
    """Write somebody's crop; its record with captions, or None where there is nothing to cut."""
    rng = stills.rng(100 + witness.seen.owner, frame)
    cut = cut_of(rng, witness.seen, shot.plan.camera)
    if cut is None:
        return None
    name = f"{frame:06d}-{witness.seen.owner:02d}.jpg"
    left, top, right, bottom = (int(edge) for edge in cut.box)
    _write_jpeg(folder / "crops" / name, shot.picture[top:bottom, left:right], _CROP_QUALITY)
    told = witness.told(rng, cut)
    careless = [noisy(rng, one, witness.look, NOISE_RATE) for one in told]
    return {
        "image": name, "identity": witness.look.person, "frame": frame,
        "captions": [one.text for one in told],
        "noisy": [one.text for one in careless],
        "mistakes": [one.mistakes for one in careless],
        "could_be_wrong": [one.could_be_wrong for one in careless],
        "claims": [[_claim(one) for one in caption.claims] for caption in told],
        "box": list(cut.box), "above": cut.above, "below": cut.below,
        "visible": witness.seen.visible, "height_px": round(witness.seen.height_px, 1),
        "side": witness.side, "activity": witness.activity, "light": shot.light,
    }  # fmt: skip


def _frame_record(frame: int, shot: StillShot) -> dict[str, Any]:
    camera = shot.plan.camera
    return {
        "frame": frame, "place": shot.plan.place, "place_seed": shot.plan.place_seed,
        "light": shot.light, "weather": shot.weather,
        "width": camera.width, "height": camera.height, "jpeg_quality": shot.plan.jpeg_quality,
        "people": [
            {
                "identity": witness.look.person,
                "box": _rounded(witness.seen.outline.box),
                "visible_box": _rounded(witness.seen.visible_box),
                "visible": witness.seen.visible,
                "height_px": round(witness.seen.height_px, 1),
                "ignore": not is_fair(witness.seen),
            }
            for witness in shot.witnesses
        ],
    }  # fmt: skip


def gather(out: Path, stills: Stills) -> None:
    """Put the records of all frames together into the files that training reads."""
    parts = [json.loads(_part(out, frame).read_bytes()) for frame in range(stills.frames)]
    crops = [crop for part in parts for crop in part["crops"]]
    _write_lines(out / FRAMES, (part["frame"] for part in parts))
    for name, which in ((CAPTIONS, "captions"), (NOISY, "noisy")):
        _write_lines(out / name, (_entry(crop, which, stills.split) for crop in crops))
    _write_lines(out / CROPS, (_without_text(crop) for crop in crops))
    if stills.split != "train":  # whoever trains does not ask whom a sentence fits
        _write_lines(
            out / CLAIMS, ({"image": crop["image"], "claims": crop["claims"]} for crop in crops)
        )
    seen = sorted({one["identity"] for part in parts for one in part["frame"]["people"]})
    write_whole(out / LOOKS, json.dumps(looks_of(stills, seen), indent=1))


def _entry(crop: Mapping[str, Any], which: str, split: str) -> dict[str, Any]:
    return {
        "image": f"crops/{crop['image']}",
        "captions": crop[which],
        "identity": crop["identity"],
        "split": split,
    }


def _claim(claim: Claim) -> dict[str, Any]:
    """What a claim says, without what it leaves open; `Claim(**it)` reads it back."""
    return {name: value for name, value in asdict(claim).items() if value}


def _without_text(crop: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in crop.items() if k not in ("captions", "noisy", "claims")}


def _part(out: Path, frame: int) -> Path:
    return out / "parts" / f"{frame:06d}.json"


def _rounded(box: Box | None) -> list[float] | None:
    return None if box is None else [round(edge, 1) for edge in box]


def _write_lines(path: Path, entries: Iterable[Mapping[str, Any]]) -> None:
    write_whole(path, "".join(json.dumps(entry) + "\n" for entry in entries))


def _write_jpeg(path: Path, picture: Image, quality: int) -> None:
    data = cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    write_whole(path, data.tobytes())
