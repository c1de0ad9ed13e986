"""Whether hits are put together as people truly went, beside what is simpler.

    for seed in 71 72 73; do
        descry street render --seed $seed --people 62 --cameras 3 --seconds 150 --fps 1 --visits 3 \
            --places street,lobby,platform --out street$seed
    done
    python tests/benchmarks/persons.py street71 street72 street73 --json

A sentence about each person finds 10 or 20 tracks among a quarter, a half or all of a street's,
and each hit list is grouped; `bcubed_f` is the mean over the streets of the B-cubed F of their
lists. `methods` has it beside every track alone, all tracks of a list in one, and one threshold on
the cosine of two tracks: joined as the law joins (`average`), or wherever any two reach it
(`linked`). Both thresholds are chosen on these very streets, to their advantage. `all_tracks` is
the same where all tracks of a street are one list. `ece` is of the chances that are stated with
tracks that were put together; `stated` and `true` are their means.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

if not __package__:  # started as a script: the checkout is not on the path yet
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from pipeline.street.recipe.linking import HitList, cosines_of, everybody, hit_lists, worth_of
from pipeline.street.recipe.passers import Passers, see_passers
from retrieval.ports import Encoder
from retrieval.search.calibration import Calibration
from retrieval.search.person_links import LinkLaw
from retrieval.search.persons import group, join
from retrieval.search.reliability import expected_calibration_error
from tests.benchmarks.bundled import bundled_encoder, tell

THRESHOLDS = np.arange(0.6, 1.0, 0.01)

Groups = Sequence[Sequence[int]]
Method = Callable[[HitList], Groups]


def main() -> None:
    """Print a line a figure, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("streets", type=Path, nargs="+", help="folders of `descry street render`")
    parser.add_argument("--seed", type=int, default=9, help="of the sentences")
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    options = parser.parse_args()
    encoder, calibration = bundled_encoder()
    figures = measure(options.streets, encoder, calibration, options.seed)
    tell(figures, as_json=options.json)


def measure(
    folders: Sequence[Path], encoder: Encoder, calibration: Calibration, seed: int
) -> dict[str, object]:
    """What grouping is worth on some streets."""
    streets = [see_passers(folder, encoder) for folder in folders]
    lists = [
        list(hit_lists(street, encoder, calibration.background, seed=seed)) for street in streets
    ]
    whole = [[everybody(street, calibration.background)] for street in streets]
    methods = compared(lists, calibration.links)
    stated, true = kept_word([one for some in lists for one in some], calibration.links)
    return {
        "bcubed_f": methods[0]["f"],
        "methods": methods,
        "all_tracks": compared(whole, calibration.links),
        "ece": round(expected_calibration_error(stated, true), 4),
        "stated": round(float(stated.mean()), 3),
        "true": round(float(true.mean()), 3),
        "tracks": [len(street.glimpses) for street in streets],
        "people": [people_of(street) for street in streets],
    }


def people_of(street: Passers) -> int:
    """How many people were seen well enough."""
    return len(set(street.people))


def compared(streets: Sequence[Sequence[HitList]], law: LinkLaw) -> list[dict[str, object]]:
    """B-cubed purity, completeness and F of each method; means and spread over streets."""
    return [
        _row("law", streets, by_law(law)),
        _row("alone", streets, lambda one: [[at] for at in range(len(one.glimpses))]),
        _row("all in one", streets, lambda one: [list(range(len(one.glimpses)))]),
        *(
            _row(f"cosine, {name}", streets, best_of(streets, joined))
            for name, joined in (("average", joined_on_average), ("linked", joined_by_any))
        ),
    ]


def by_law(law: LinkLaw) -> Method:
    """Groups as a search makes them."""
    return lambda one: [
        person.members for person in group(len(one.glimpses), one.grouped.pairs, law)
    ]


def joined_on_average(threshold: float) -> Method:
    """Groups whose tracks have on average such a cosine."""
    return lambda one: join(cosines_of(one), threshold)


def joined_by_any(threshold: float) -> Method:
    """Groups in which each track has such a cosine with some other."""

    def groups(one: HitList) -> Groups:
        near = cosines_of(one) >= threshold
        left, found = set(range(len(near))), []
        while left:
            reached = {min(left)}
            while more := {at for at in left - reached if near[at, sorted(reached)].any()}:
                reached |= more
            left -= reached
            found.append(sorted(reached))
        return found

    return groups


def best_of(streets: Sequence[Sequence[HitList]], method: Callable[[float], Method]) -> Method:
    """The method at the threshold that is best on these streets."""
    worth = [np.mean([worth_of(some, method(t)).f for some in streets]) for t in THRESHOLDS]
    return method(float(THRESHOLDS[int(np.argmax(worth))]))


def _row(name: str, streets: Sequence[Sequence[HitList]], method: Method) -> dict[str, object]:
    worth = [worth_of(some, method) for some in streets]
    return {
        "method": name,
        "purity": round(float(np.mean([one.purity for one in worth])), 3),
        "completeness": round(float(np.mean([one.completeness for one in worth])), 3),
        "f": round(float(np.mean([one.f for one in worth])), 3),
        "by_street": [round(one.f, 3) for one in worth],
    }


def kept_word(lists: Sequence[HitList], law: LinkLaw) -> tuple[np.ndarray, np.ndarray]:
    """(N,) chances stated of pairs that were put together, and whether each is of one person."""
    stated: list[float] = []
    true: list[bool] = []
    for one in lists:
        people = one.grouped.people
        for person in group(len(people), one.grouped.pairs, law):
            for at, chance in zip(person.members, person.chances, strict=True):
                others = [other for other in person.members if other != at]
                stated += [chance or 0.0] * len(others)
                true += [people[at] == people[other] for other in others]
    return np.array(stated), np.array(true, np.bool_)


if __name__ == "__main__":
    main()
