"""What it is worth to hold scores against tracks of the same camera and light.

    for seed in 81 82 83; do
        descry street render --seed $seed --people 48 --cameras 4 --seconds 100 --fps 1 --visits 3 \
            --places street,lobby,platform,car_park --kinds day,infrared,dusk,night --out lit$seed
    done
    python tests/benchmarks/scenes.py lit81 lit82 lit83 --json

Each camera has a light of its own. Three sentences about each person are asked of all tracks of a
street, once with those whom they fit and once without. `plain` holds scores against all tracks,
`scenes` against those of their camera and light as well; both by the sentence alone. Rank-1 and
mAP in per cent are of the order by log-odds, `ece` of the ten tracks that are shown, and
`false_alarms_at_90_recall` of the best track: told of the absent, where nine in ten present are.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

if not __package__:  # started as a script: the checkout is not on the path yet
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from detectors.types import Box, ShotId
from pipeline.street.recipe.passers import see_passers
from pipeline.street.words.captions import caption
from pipeline.street.words.fits import Relevance
from pipeline.street.words.views import View
from retrieval.ports import Encoder
from retrieval.search.calibration import Calibration
from retrieval.search.calibration_fit import SHOWN
from retrieval.search.reliability import expected_calibration_error, false_alarms_at_recall
from retrieval.search.scenes import SceneTracks, scene_of
from retrieval.track_scores import BEST_OF, means_of_best
from retrieval.training.metrics import average_precision
from retrieval.types import Sighting, TrackSample
from tests.benchmarks.bundled import bundled_encoder

ASKED_EACH = 3


class Street:
    """The tracks of one street and sentences about its people.

    Attributes:
        tracks: sightings of each.
        queries: (Q, D) sentences.
        fits: (Q, T) whether each is true of each track.
    """

    def __init__(self, folder: Path, encoder: Encoder, seed: int) -> None:
        passers = see_passers(folder, encoder)
        self.tracks = [
            [_sighting(glimpse.track, at, shot) for at, shot in enumerate(glimpse.shots, start=1)]
            for glimpse in passers.glimpses
        ]
        rng, crowd = np.random.default_rng(seed), Relevance(passers.looks)
        told = [caption(rng, look, View()) for look in passers.looks for _ in range(ASKED_EACH)]
        self.queries = encoder.encode_texts([one.text for one in told])
        self.fits = np.stack([crowd.mask(one.claims) for one in told])[:, passers.people]
        shots = np.stack([one.vector for track in self.tracks for one in track])
        owner = np.repeat(np.arange(len(self.tracks)), [len(track) for track in self.tracks])
        each = (self.queries @ shots.T).astype(np.float64)
        self.scores = np.stack([means_of_best(row, owner) for row in each])


def _sighting(track, number, vector):
    return Sighting(
        shot=ShotId(track, number), collection="street", captured_at=0.0, vector=vector,
        model_id="m", box=Box(0, 0, 60, 160), quality=1.0, picture="",
    )  # fmt: skip


def measure(street: Street, calibration: Calibration, *, by_scene: bool) -> dict[str, float]:
    """The figures of one street."""
    ranks, said, true = [], [], []
    best: dict[bool, list[float]] = {True: [], False: []}
    scenes = [scene_of(track) for track in street.tracks]
    for query, scores, fits in zip(street.queries, street.scores, street.fits, strict=True):
        for present in (True, False) if fits.any() else (False,):
            there = np.flatnonzero(~fits | present)
            sample = TrackSample(scores[there], len(there))
            shifts = {}
            if by_scene:
                tracks = SceneTracks.of([street.tracks[at] for at in there], best_of=BEST_OF)
                shifts = tracks.shifts(query, sample)
            own = scores[there] - [shifts.get(scenes[at], 0.0) for at in there.tolist()]
            order = np.argsort(-own, kind="stable")
            judged = calibration.judge(query, own[order].tolist(), sample)
            spread = calibration.spread(query, sample)
            if judged is None or spread is None:
                raise SystemExit("this calibration judges nothing")
            chances = judged.probabilities[:SHOWN]
            anybody = calibration.presence.probabilities(own[order[:1]], spread, len(own))[0]
            said += chances
            true += fits[there[order[:SHOWN]]].tolist()
            best[present].append(max(chances[0], float(anybody)))
            if present:
                found = 1 + np.flatnonzero(fits[there[order]])
                ranks.append((found[0] == 1, average_precision(found, len(found))))
    rank1, precision = (100 * np.mean(ranks, axis=0)).tolist()
    return {
        "rank1": rank1,
        "map": precision,
        "ece": expected_calibration_error(np.array(said), np.array(true, np.bool_)),
        "false_alarms_at_90_recall": false_alarms_at_recall(best[True], best[False], 0.9),
    }


def told(figures: Sequence[dict[str, float]]) -> dict[str, object]:
    """Means, and each figure by street."""
    return {
        name: {
            "mean": round(float(np.mean([one[name] for one in figures])), 4),
            "by_street": [round(float(one[name]), 4) for one in figures],
        }
        for name in figures[0]
    }


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("streets", type=Path, nargs="+", help="folders of `descry street render`")
    parser.add_argument("--seed", type=int, default=9, help="of the sentences")
    parser.add_argument("--json", action="store_true", help="as is, for the other benchmarks' sake")
    options = parser.parse_args()
    encoder, calibration = bundled_encoder()
    streets = [Street(folder, encoder, options.seed) for folder in options.streets]
    print(
        json.dumps(
            {
                "tracks": [len(street.tracks) for street in streets],
                "sentences": [len(street.queries) for street in streets],
                **{
                    name: told([measure(one, calibration, by_scene=by) for one in streets])
                    for name, by in (("plain", False), ("scenes", True))
                },
            }
        )
    )


if __name__ == "__main__":
    main()
