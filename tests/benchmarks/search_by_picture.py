r"""Search by picture, with words besides, and after judgements: against the truth of the street.

    python tests/benchmarks/search_by_picture.py --folder drawn --split test --seeds 41 42 43 --json

Draws what is not in the folder yet (that needs what `descry street` needs). Everybody is there
twice, once in something else (`changed_people.py`); all are tracks of three crops at most, and one
crop of each is kept out of them to ask with.

`same` asks with the picture for its person; `picture`, `words` and `both` for the same person in
something else, by the picture they are not in yet, by the words for what is different ("a red cap",
in four wordings), and by both. `feedback` asks a sentence for each person, has a user judge the
first 1, 2 or 3 hits by the truth, and looks at the rest: `none` as the sentence ranks it, `yes` as
shipped, `yes_no` with a slight push away from those who do not fit.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

if not __package__:  # started as a script: the checkout is not on the path yet
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import retrieval
from pipeline.street.footage.still_plan import Stills, usual_frames
from pipeline.street.words.fits import Relevance
from pipeline.street.words.queries import query_for
from retrieval.encoder import load_encoder
from retrieval.ports import Encoder
from retrieval.search.feedback import moved_towards
from retrieval.search.likeness import WORDS_WEIGHT, compose, query_of_shots, unit
from retrieval.track_scores import scores_of_tracks
from retrieval.training.metrics import average_precision
from tests.benchmarks.changed_people import Drawn, draw_changed

WEIGHTS = Path(retrieval.__file__).parent / "weights" / "bundled" / "street-gadms.safetensors"
WORDINGS = ("{}", "with {}", "a person with {}", "this person, but with {}")
SHOTS, MIDDLE_OF, PUSH = 3, 50, 0.1
Rank = tuple[float, bool]


class Gallery:
    """The people as tracks, and what asks for them.

    Attributes:
        asking: the crop of each person that is in no track, by person.
        whose: (T,) the person of each track.
        directions: (T, D) of each track.
    """

    def __init__(self, drawn: Drawn) -> None:
        shots: list[int] = []
        owner: list[int] = []
        whose: list[int] = []
        self.asking = {}
        for person in range(len(drawn.looks)):
            first, *others = np.flatnonzero(drawn.person == person).tolist() or [None]
            if not others:
                continue
            self.asking[person] = drawn.shots[first]
            for at in range(0, len(others), SHOTS):
                some = others[at : at + SHOTS]
                shots += some
                owner += [len(whose)] * len(some)
                whose.append(person)
        self._shots, self._owner = drawn.shots[shots], np.array(owner)
        self.whose = np.array(whose)
        self.directions = np.stack(
            [query_of_shots(self._shots[self._owner == t]) for t in range(len(whose))]
        )

    def order(self, query: np.ndarray) -> np.ndarray:
        """(T,) tracks, best first."""
        scores = scores_of_tracks(query[None], self._shots, self._owner)[0]
        return np.argsort(-scores, kind="stable")

    def rank(self, query: np.ndarray, person: int, out: Sequence[int] = ()) -> Rank | None:
        """Average precision, and whether the first is right; None if nobody is left to find."""
        left = [track for track in self.order(query).tolist() if track not in out]
        ranks = (np.flatnonzero(self.whose[left] == person) + 1).tolist()
        return (average_precision(ranks, len(ranks)), ranks[0] == 1) if ranks else None


def told(ranks: Sequence[Rank | None]) -> dict[str, float | int]:
    known = np.array([rank for rank in ranks if rank is not None], float)  # (N, 2)
    precision, first = known.mean(axis=0)
    return {
        "queries": len(known), "rank1": round(float(first), 4), "map": round(float(precision), 4)
    }  # fmt: skip


def composed(drawn: Drawn, gallery: Gallery, encoder: Encoder, weights: Sequence[float]):
    """By picture, by words, and by both with each weight; for somebody in something else."""
    pairs = [p for p in range(0, len(drawn.looks), 2) if {p, p + 1} <= gallery.asking.keys()]
    found: dict[str, list[Rank | None]] = {"picture": [], "words": []}
    for wording in WORDINGS:
        texts = encoder.encode_texts([wording.format(drawn.changes[p // 2].text) for p in pairs])
        for person, words in zip(pairs, texts, strict=True):
            picture = gallery.asking[person]
            found["picture"].append(gallery.rank(picture, person + 1))
            found["words"].append(gallery.rank(words, person + 1))
            for weight in weights:
                query = compose(picture, words, weight=weight)
                found.setdefault(f"both {weight:g}", []).append(gallery.rank(query, person + 1))
    return found


def judged(drawn: Drawn, gallery: Gallery, encoder: Encoder, seed: int):
    """Sentences before and after the first hits were judged."""
    crowd, rng = Relevance(drawn.looks), np.random.default_rng(seed)
    people = list(gallery.asking)
    queries = encoder.encode_texts([query_for(rng, drawn.looks[p], crowd).text for p in people])
    found: dict[str, list[Rank | None]] = {}
    for person, query in zip(people, queries, strict=True):
        order = gallery.order(query)
        middle = gallery.directions[order[:MIDDLE_OF]].mean(axis=0)
        for count in (1, 2, 3):
            seen = order[:count].tolist()
            yes = [track for track in seen if gallery.whose[track] == person]
            no = [track for track in seen if gallery.whose[track] != person]
            moved = moved_towards(query, gallery.directions[yes])
            away = gallery.directions[no].mean(axis=0) - middle if no else 0 * middle
            ways = {
                "none": query,
                "yes": moved,
                "yes_no": unit(moved - PUSH * away, otherwise=moved),
            }
            for way, vector in ways.items():
                found.setdefault(f"feedback {count} {way}", []).append(
                    gallery.rank(vector, person, seen)
                )
                if yes:
                    found.setdefault(f"feedback {count} {way}, some yes", []).append(
                        gallery.rank(vector, person, seen)
                    )
    return found


def measure(options: argparse.Namespace) -> dict[str, object]:
    encoder = load_encoder(WEIGHTS, name="street-gadms", precision="fp32")
    found: dict[str, list[Rank | None]] = {}
    tracks = 0
    for seed in options.seeds:
        stills = Stills(seed, options.people, options.split, usual_frames(options.people))
        drawn = draw_changed(options.folder / f"{options.split}{seed}", stills, encoder)
        gallery = Gallery(drawn)
        tracks += len(gallery.whose)
        same = {"same": [gallery.rank(v, person) for person, v in gallery.asking.items()]}
        for part in (
            same,
            composed(drawn, gallery, encoder, options.weights),
            judged(drawn, gallery, encoder, seed),
        ):
            for name, ranks in part.items():
                found.setdefault(name, []).extend(ranks)
    return {
        "split": options.split, "seeds": options.seeds, "tracks": tracks,
        "model": encoder.model_id, **{name: told(ranks) for name, ranks in found.items()},
    }  # fmt: skip


def main() -> None:
    """Print a line a figure, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True, help="where drawn people are kept")
    parser.add_argument("--split", choices=("val", "test"), default="test")
    parser.add_argument("--seeds", type=int, nargs="+", default=[41, 42, 43])
    parser.add_argument("--people", type=int, default=120, help="half of them in something else")
    parser.add_argument("--weights", type=float, nargs="+", default=[WORDS_WEIGHT])
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    options = parser.parse_args()
    figures = measure(options)
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:32} {value}")


if __name__ == "__main__":
    main()
