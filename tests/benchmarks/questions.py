r"""What one question back is worth: the person before and after it was answered.

    for seed in 61 62 63; do
        descry street stills --seed $seed --split test --people 70 --frames 53 --out test$seed
    done
    python tests/benchmarks/questions.py test61 test62 test63 --json

Each person is searched by sentences about them, and only their own tracks are right. Where a
search asks back (`asked`), the figures are of those searches: `before`; `chosen`, answered by the
truth; `random`, a question that the sentence leaves open, drawn by chance and answered by the
truth; `yes` and `no`, the chosen one answered so whatever is true; `wrong`, always untruly. `then`
asks on until nothing is asked or three were. `ece` is of the probabilities of the ten best, before
and after a true answer.
"""

import argparse
import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

if not __package__:  # started as a script: the checkout is not on the path yet
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from pipeline.street.recipe.ladder import ASKED, questions
from pipeline.street.recipe.shots import SeenPeople, see_people
from pipeline.street.recipe.watching import NOBODY
from pipeline.street.words.claims import Claim
from pipeline.street.words.fits import Relevance
from pipeline.workers.cautions import Trust
from pipeline.workers.weighing import Found, Scales
from retrieval.index.flat import FlatIndex
from retrieval.search.inquiries import Inquiry, open_inquiries
from retrieval.search.question_choice import Answer, is_clear
from retrieval.search.reliability import expected_calibration_error
from retrieval.training.metrics import average_precision
from retrieval.types import Where
from tests.benchmarks.bundled import bundled_encoder

PLAIN = {
    "hat": Claim("hat", "hat"),
    "woman": Claim("gender", "female"),
    "jeans": Claim("lower", "jeans"),
    "shorts": Claim("lower", "shorts"),
    "skirt": Claim("lower", "skirt"),
}
ROUNDS, SHOWN = 3, 10


def claim_of(inquiry: Inquiry) -> Claim:
    """What a yes claims, in the words of the street."""
    if inquiry.name in PLAIN:
        return PLAIN[inquiry.name]
    place, _, colour = inquiry.name.partition("-")
    return Claim(place, None, colour)


class Remembering:
    """An encoder that reads no sentence twice: each is searched again with every answer."""

    is_trained = True

    def __init__(self, encoder) -> None:
        self._encoder, self._known = encoder, {}
        self.model_id, self.dimension = encoder.model_id, encoder.dimension
        self.encode_images = encoder.encode_images

    def encode_texts(self, texts):
        """As the encoder does."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._known]
        if missing:
            self._known |= zip(missing, self._encoder.encode_texts(missing), strict=True)
        return np.stack([self._known[text] for text in texts])


class Street:
    """One folder of people, searched."""

    def __init__(self, seen: SeenPeople, encoder, trust: Trust) -> None:
        self.seen, self._encoder, self._trust = seen, encoder, trust
        self.crowd = Relevance(seen.looks)
        self._index = FlatIndex(encoder.model_id, encoder.dimension)
        self._index.add([sighting for track in seen.tracks for sighting in track])
        self._scales = Scales(best_of=3)

    def find(self, text: str, answers=()) -> Found:
        """Every track, best first."""
        return self._scales.find(
            self._encoder, self._index, self._trust, text, limit=len(self.seen.tracks),
            where=Where(now=0.0), answers=answers,
        )  # fmt: skip

    def rank(self, found: Found, person: int) -> tuple[float, float]:
        """Whether the first is the person, and the average precision."""
        order = [hit.track.number - 1 for hit in found.hits]
        ranks = 1 + np.flatnonzero(self.seen.people[order] == person)
        return float(ranks[0] == 1), average_precision(ranks, len(ranks))

    def true_of(self, inquiry: Inquiry, person: int) -> bool:
        """What an honest answer is."""
        return bool(self.crowd.mask([claim_of(inquiry)])[person])


def asked_back(found: Found):
    """As a search does it, every track being somebody else."""
    alone = [[at] for at in range(len(found.hits))]
    if found.judgement is None or is_clear(found.judgement.probabilities, alone):
        return None
    return found.undecided.choose() if found.undecided else None


def measured(streets, seed: int) -> dict[str, object]:
    """All figures."""
    ranks, trusted = defaultdict(list), defaultdict(list)
    names, searches, gains = Counter(), 0, []
    for number, street in enumerate(streets):
        rng = np.random.default_rng([seed, number])
        for asking in ASKED:
            for one in questions(street.seen, asking, seed):
                person = one.about
                searches += 1
                before = street.find(one.text)
                ranks["all before"].append(street.rank(before, person))
                chosen = asked_back(before)
                if chosen is None:
                    ranks["all chosen"].append(ranks["all before"][-1])
                    ranks["not asked"].append(ranks["all before"][-1])
                    continue
                names[chosen.inquiry.name.partition("-")[0]] += 1
                gains.append(chosen.gain)
                open_to_it = open_inquiries(before.undecided.known, before.undecided.reader.laws)
                drawn = open_to_it[rng.integers(len(open_to_it))]
                true = street.true_of(chosen.inquiry, person)
                ways = {
                    "before": [], "chosen": [Answer(chosen.inquiry, true)],
                    "random": [Answer(drawn, street.true_of(drawn, person))],
                    "yes": [Answer(chosen.inquiry, True)], "no": [Answer(chosen.inquiry, False)],
                    "wrong": [Answer(chosen.inquiry, not true)],
                }  # fmt: skip
                for way, answers in ways.items():
                    found = street.find(one.text, answers)
                    ranks[way].append(street.rank(found, person))
                    if way in ("before", "chosen"):
                        _trust(trusted[way], street, found, one.fits, answers)
                ranks["all chosen"].append(ranks["chosen"][-1])
                ranks["then"].append(street.rank(_on(street, one.text, person), person))
    return {
        "searches": searches, "asked": len(ranks["before"]), "about": dict(names.most_common()),
        "mean_gain_bits": round(float(np.mean(gains)), 3),
        **{
            way: {"rank1": round(float(np.mean(some, axis=0)[0]), 4),
                  "map": round(float(np.mean(some, axis=0)[1]), 4)}
            for way, some in ranks.items()
        },
        "ece": {
            way: round(expected_calibration_error(*map(np.array, zip(*some, strict=True))), 4)
            for way, some in trusted.items()
        },
    }  # fmt: skip


def _trust(into, street: Street, found: Found, fits, answers) -> None:
    """Probabilities of the ten best, and whether sentence and answers fit each."""
    right = fits.copy()
    for answer in answers:
        is_so = street.crowd.mask([claim_of(answer.inquiry)])[street.seen.people]
        right &= is_so if answer.yes else ~is_so
    shown = zip(found.hits[:SHOWN], found.judgement.probabilities[:SHOWN], strict=True)
    into += [(chance, bool(right[hit.track.number - 1])) for hit, chance in shown]


def _on(street: Street, text: str, person: int) -> Found:
    answers: list[Answer] = []
    found = street.find(text)
    while len(answers) < ROUNDS and (chosen := asked_back(found)) is not None:
        answers.append(Answer(chosen.inquiry, street.true_of(chosen.inquiry, person)))
        found = street.find(text, answers)
    return found


def main() -> None:
    """Print a line a figure, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stills", type=Path, nargs="+")
    parser.add_argument("--seed", type=int, default=9, help="of the sentences")
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    options = parser.parse_args()
    encoder, calibration = bundled_encoder()
    remembering = Remembering(encoder)
    streets = [
        Street(see_people(folder, encoder, NOBODY, most=2), remembering, Trust(calibration))
        for folder in options.stills
    ]
    figures = measured(streets, options.seed)
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:16} {value}")


if __name__ == "__main__":
    main()
