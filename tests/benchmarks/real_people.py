"""How far an encoder carries over to real people: sentences against the footage in shared/.

    python tests/benchmarks/real_people.py --encoder NAME_OR_FILE [--media ../shared] [--json]

Shots come from a real detector (`one_by_one.mp4`) and from ground truth (`pets09_s2l1.mp4`); a
person is scored by the mean of their three best shots. Chance is what random orders score.
"""

import argparse
import json
import os
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
import PIL.Image

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from detectors.types import Frame
from detectors.yolo import YoloDetector
from pipeline.wiring.settings import read_settings
from pipeline.wiring.weights import open_library
from retrieval.encoder import GadmsEncoder, load_encoder, load_encoder_named
from retrieval.track_scores import scores_of_tracks
from retrieval.training.metrics import average_precision
from tests.benchmarks.mot_scores import read_scaled
from tests.benchmarks.real_sentences import ROOM_SECONDS, SENTENCES

SHOTS_EACH = 8
FILMS = ("room", "pets")
PETS_SCALE = 0.625  # ground truth is for 768×576, the file has 480×360

Shots = dict[str, list[PIL.Image.Image]]


def room_shots(media: Path) -> Shots:
    """The largest person of each sampled frame of `one_by_one.mp4`, by who was in then."""
    with tempfile.TemporaryDirectory() as folder:
        detector = YoloDetector(
            media / "weights" / "yolo11n.pt", confidence=0.5, config_dir=Path(folder)
        )
        shots: Shots = {}
        capture = cv2.VideoCapture(str(media / "footage" / "one_by_one.mp4"))
        fps = capture.get(cv2.CAP_PROP_FPS)
        wanted = {
            round(at * fps): person
            for person, (first, last) in ROOM_SECONDS.items()
            for at in np.linspace(first, last, SHOTS_EACH)
        }
        for number in range(max(wanted) + 1):
            _, image = capture.read()
            if number not in wanted:
                continue
            frame = Frame("room", "1", number, number / fps, image[..., ::-1].copy())
            if found := detector.detect([frame])[0]:
                box = max((one.box for one in found), key=lambda box: box.area)
                cut = (round(box.x1), round(box.y1), round(box.x2), round(box.y2))
                picture = PIL.Image.fromarray(frame.image).crop(cut)
                shots.setdefault(wanted[number], []).append(picture)
    return shots


def pets_shots(media: Path) -> Shots:
    """The largest uncrowded boxes of everybody in `pets09_s2l1.mp4`, spread over time."""
    rows = read_scaled(
        media / "footage" / "pets09_s2l1.gt.txt", scale_x=PETS_SCALE, scale_y=PETS_SCALE
    )
    by_person, by_frame = defaultdict(list), defaultdict(list)
    for row in rows:
        by_person[row.number].append(row)
        by_frame[row.frame].append(row)
    wanted = defaultdict(list)
    for number, own in by_person.items():
        alone = [row for row in own if not _crowded(row, by_frame[row.frame])]
        alone.sort(key=lambda row: row.box.y1 - row.box.y2)
        picked: list[int] = []
        for row in alone:
            if len(picked) < SHOTS_EACH and all(abs(row.frame - other) > 15 for other in picked):
                picked.append(row.frame)
                wanted[row.frame].append((f"pets {number}", row.box))
    shots: Shots = {}
    capture = cv2.VideoCapture(str(media / "footage" / "pets09_s2l1.mp4"))
    for frame in range(1, max(wanted) + 1):
        _, image = capture.read()
        for person, box in wanted.get(frame, ()):
            cut = (round(box.x1), round(box.y1), round(box.x2), round(box.y2))
            picture = PIL.Image.fromarray(image[..., ::-1]).crop(cut)
            shots.setdefault(person, []).append(picture)
    return shots


def _crowded(row, others) -> bool:
    box = row.box
    if box.x1 < 2 or box.y1 < 2 or box.x2 > 478 or box.y2 > 358:
        return True
    for other in others:
        wide = min(box.x2, other.box.x2) - max(box.x1, other.box.x1)
        high = min(box.y2, other.box.y2) - max(box.y1, other.box.y1)
        if other is not row and wide > 0 and high > 0 and wide * high > 0.1 * box.area:
            return True
    return False


def precision_of(scores: np.ndarray, fits: np.ndarray) -> float:
    """Average precision of (N,) scores and (N,) whether each fits."""
    ranked = fits[np.argsort(-scores, kind="stable")]
    return average_precision(1 + np.flatnonzero(ranked), int(fits.sum()))


def measure(encoder: GadmsEncoder, shots: Shots) -> dict[str, dict]:
    """Figures over the people of both films together, and of each film by itself."""
    people = sorted(shots)
    texts = encoder.encode_texts([sentence.text for sentence in SENTENCES])
    pictures = [[np.asarray(p) for p in shots[person]] for person in people]
    vectors = np.concatenate([encoder.encode_images(own) for own in pictures])
    owner = np.repeat(np.arange(len(people)), [len(own) for own in pictures])
    scores = scores_of_tracks(texts, vectors, owner)  # (sentences, people)
    fits = np.array([[person in s.fits for person in people] for s in SENTENCES])
    film = np.array([person.split()[0] for person in people])
    return {
        "together": figures(scores, fits),
        **{name: figures(scores[:, film == name], fits[:, film == name]) for name in FILMS},
    }


def figures(scores: np.ndarray, fits: np.ndarray) -> dict[str, object]:
    """Rank 1 and mean average precision of the sentences that fit anybody, and by chance.

    Args:
        scores: (S, P) of each person for each sentence.
        fits: (S, P) whether each sentence fits each person.
    """
    asked = np.flatnonzero(fits.any(axis=1))
    scores, fits = scores[asked], fits[asked]
    rng = np.random.default_rng(0)
    people = scores.shape[1]
    chance = [precision_of(rng.random(people), row) for row in fits for _ in range(200)]
    precision = [precision_of(row, fit) for row, fit in zip(scores, fits, strict=True)]
    first = fits[np.arange(len(fits)), scores.argmax(axis=1)]
    return {
        "people": people,
        "sentences": len(asked),
        "rank1": round(float(first.mean()), 3),
        "rank1_chance": round(float(fits.mean()), 3),
        "map": round(float(np.mean(precision)), 3),
        "map_chance": round(float(np.mean(chance)), 3),
        "each": {SENTENCES[n].text: round(p, 3) for n, p in zip(asked, precision, strict=True)},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--encoder", required=True, help="a name of `descry models list`, or a file"
    )
    media = os.environ.get("DESCRY_TEST_MEDIA", "../shared")
    parser.add_argument("--media", type=Path, default=Path(media))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if Path(options.encoder).is_file():
        encoder = load_encoder(Path(options.encoder), name="file", device="cpu")
    else:
        encoder = load_encoder_named(open_library(read_settings(None)), options.encoder)
    measured = measure(encoder, room_shots(options.media) | pets_shots(options.media))
    if options.json:
        print(json.dumps(measured))
        return
    for name, group in measured.items():
        for figure, value in {**group, **group.pop("each")}.items():
            print(f"{name}, {figure}: {value}")


if __name__ == "__main__":
    main()
