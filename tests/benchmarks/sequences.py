"""Whether people are followed from camera to camera as they truly went.

    for seed in 71 72; do
        descry street render --seed $seed --people 62 --cameras 3 --seconds 150 --fps 1 --visits 3 \
            --places street,lobby,platform --out street$seed
    done
    python tests/benchmarks/sequences.py street71 street72 --json

Each track of a street is followed to each other camera within `--within` seconds, among all tracks
that began there in that time. Those who truly came, within that time, are asked whether their track
is rank 1 (`found`); those who did not, whether a path is stated all the same. A path is stated
where its chance is one half or more (`stated`), and `wrong` is the share of stated paths that lead
to somebody else. Travel times are learnt on the other streets, as on other days, from links that
are sure, and with no look at the truth. `methods` has it by the law with what was learnt and
pruned, by the law with what was learnt and nothing pruned, by the general law, with two places
allowed, and by cosine alone, for which a threshold is chosen that states as many paths as the
first. `pruned_true` counts true pairs that were pruned as too fast, and `ece` is of the chances.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

if not __package__:  # started as a script: the checkout is not on the path yet
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from pipeline.street.recipe.passers import Passers, see_passers
from retrieval.search.background import Spread
from retrieval.search.calibration import Calibration
from retrieval.search.journeys import onward
from retrieval.search.person_links import Glimpse, LinkLaw
from retrieval.search.reliability import expected_calibration_error
from retrieval.search.travel import TravelPrior, TravelTimes
from retrieval.search.travel_learning import sure_link, times_of
from retrieval.search.usual_likeness import usual_likeness
from retrieval.track_scores import scores_of_tracks
from retrieval.types import TrackSample
from tests.benchmarks.bundled import bundled_encoder, tell

LIKELY = 0.5
Pair = tuple[str, str]


@dataclass(frozen=True)
class Asked:
    """A track that is followed to a camera: what began there, and who of it is the same person."""

    before: Glimpse
    pair: Pair
    there: Sequence[Glimpse]
    is_same: np.ndarray
    usual: Spread


@dataclass(frozen=True)
class Told:
    """What a method says: the chance of the likeliest, whether that is true, and all chances."""

    chance: float
    is_right: bool
    chances: np.ndarray
    pruned_true: int = 0


def main() -> None:
    """Print a line a figure, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("streets", type=Path, nargs="+", help="folders of `descry street render`")
    parser.add_argument("--within", type=float, default=120.0, help="seconds")
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    options = parser.parse_args()
    encoder, calibration = bundled_encoder()
    streets = [see_passers(folder, encoder) for folder in options.streets]
    figures = measure(streets, calibration, options.within)
    tell(figures, as_json=options.json)


def measure(
    streets: Sequence[Passers], calibration: Calibration, within_s: float
) -> dict[str, object]:
    """What following is worth on some streets, each with what the others taught."""
    asked = [questions(street, calibration, within_s) for street in streets]
    learnt = [learn(some, calibration.links) for some in asked]
    of_others = [
        joined([one for other, one in enumerate(learnt) if other != at]) for at in range(len(asked))
    ]
    said = {
        name: [
            method(one, calibration.links, times.get(one.pair))
            for some, times in zip(asked, of_others, strict=True)
            for one in some
        ]
        for name, method in (
            ("learnt and pruned", by_travel),
            ("learnt, none pruned", by_prior),
            ("general law", by_law),
            ("law, two places", by_looks),
            ("cosine", by_cosine),
        )
    }
    flat = [one for some in asked for one in some]
    first = said["learnt and pruned"]
    stated = sum(one.chance >= LIKELY for one in first)
    truth = np.concatenate([one.is_same for one in flat])
    chances = np.concatenate([one.chances for one in first])
    return {
        "asked": len(flat),
        "came": sum(bool(one.is_same.any()) for one in flat),
        "methods": [row(name, some, flat, stated) for name, some in said.items()],
        "ece": round(expected_calibration_error(chances, truth), 4),
        "pruned_true": sum(one.pruned_true for one in first),
        "pairs": len(truth),
        "learnt": [
            {
                "pair": " ".join(pair),
                "links": times.links,
                "p5_median_p95_s": [round(times.quantile(q), 1) for q in (0.05, 0.5, 0.95)],
            }
            for pair, times in sorted(joined(learnt).items())
            if times.links
        ],
    }


def questions(street: Passers, calibration: Calibration, within_s: float) -> list[Asked]:
    """Every track of a street, to every other camera where anybody began in time."""
    tracks = street.glimpses
    cameras = sorted({one.track.camera_id for one in tracks})
    usual = usual_of(street, calibration)
    found = []
    for at, before in enumerate(tracks):
        for camera in cameras:
            there = [
                other
                for other, one in enumerate(tracks)
                if one.track.camera_id == camera != before.track.camera_id
                and before.first_at <= one.first_at <= before.last_at + within_s
            ]
            if there:
                is_same = np.array([street.people[one] == street.people[at] for one in there])
                pair = before.track.camera_id, camera
                found.append(Asked(before, pair, [tracks[one] for one in there], is_same, usual))
    return found


def usual_of(street: Passers, calibration: Calibration) -> Spread:
    """Where unrelated tracks lie, as a query worker asks it of its index."""
    shots = np.concatenate([one.shots for one in street.glimpses])
    owner = np.repeat(np.arange(len(street.glimpses)), [len(g.shots) for g in street.glimpses])
    directions = [one.direction for one in street.glimpses[:10]]
    scores = scores_of_tracks(directions[0][None], shots, owner)[0]
    usual = usual_likeness(
        directions, TrackSample(scores, len(street.glimpses)), calibration.background
    )
    assert usual is not None
    return usual


def learn(asked: Sequence[Asked], law: LinkLaw) -> dict[Pair, TravelTimes]:
    """Travel times of one street, from links that are sure."""
    links: dict[Pair, list] = {}
    for one in asked:
        if link := sure_link(one.before, one.there, one.usual, law):
            links.setdefault(one.pair, []).append(link)
    return {pair: TravelTimes.of(times_of(some)) for pair, some in links.items()}


def joined(days: Sequence[dict[Pair, TravelTimes]]) -> dict[Pair, TravelTimes]:
    """What several streets taught together."""
    pairs = {pair for day in days for pair in day}
    return {pair: TravelTimes.summed([day[pair] for day in days if pair in day]) for pair in pairs}


def by_travel(one: Asked, law: LinkLaw, times: TravelTimes | None) -> Told:
    prior = TravelPrior(times, law) if times is not None and times.is_enough else None
    onto = onward(one.before, one.there, one.usual, law, prior=prior)
    plain = onward(one.before, one.there, one.usual, law)
    pruned = ~np.isfinite(onto.log_odds) & np.isfinite(plain.log_odds) & one.is_same
    return replace(told(onto.chances, one), pruned_true=int(pruned.sum()))


def by_prior(one: Asked, law: LinkLaw, times: TravelTimes | None) -> Told:
    """What was learnt says which time is likely, and prunes nobody as too fast."""
    if times is None or not times.is_enough:
        return by_law(one, law, None)
    plain = onward(one.before, one.there, one.usual, law)
    timeless = onward(one.before, one.there, one.usual, replace(law, gap=0.0))
    gaps = np.maximum([g.first_at - one.before.last_at for g in one.there], 0.0)
    odds = np.where(
        np.isfinite(plain.log_odds),
        np.exp(timeless.log_odds + TravelPrior(times, law).log_odds(gaps)),
        0.0,
    )
    return told(odds / (1 + odds.sum()), one)


def by_law(one: Asked, law: LinkLaw, times: TravelTimes | None) -> Told:
    return told(onward(one.before, one.there, one.usual, law).chances, one)


def by_looks(one: Asked, law: LinkLaw, times: TravelTimes | None) -> Told:
    onto = onward(one.before, one.there, one.usual, law, shares_ground=True)
    return told(onto.chances, one)


def by_cosine(one: Asked, law: LinkLaw, times: TravelTimes | None) -> Told:
    return told(np.array([float(g.direction @ one.before.direction) for g in one.there]), one)


def told(chances: np.ndarray, one: Asked) -> Told:
    """The likeliest, and whether it is true."""
    at = int(chances.argmax())
    return Told(float(chances[at]), bool(one.is_same[at]), chances)


def row(name: str, said: Sequence[Told], asked: Sequence[Asked], as_many: int) -> dict[str, object]:
    """What a method is worth."""
    came = np.array([bool(one.is_same.any()) for one in asked])
    right = np.array([one.is_right for one in said])
    best = np.array([one.chance for one in said])
    least = LIKELY if name != "cosine" else float(np.sort(best)[::-1][max(as_many - 1, 0)])
    stated = best >= least
    return {
        "method": name,
        "found": round(float(right[came].mean()), 3),
        "stated": int(stated.sum()),
        "wrong": round(float((~right[stated]).mean()), 3) if stated.any() else None,
        "stated_of_came": round(float((right & stated)[came].mean()), 3),
    }


if __name__ == "__main__":
    main()
