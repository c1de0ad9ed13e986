"""Ranking figures, judged by one that sorts everything and counts by hand."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from retrieval.errors import DatasetUnusable
from retrieval.training.metrics import (
    SCORE_EDGES,
    average_precision,
    metrics_of_similarity,
    rank_metrics,
)
from tests.conftest import missing

FIGURES = ("r1", "r5", "r10", "map", "minp")
#: Few scores and few people, so that ties and strangers are common.
coarse = st.integers(-4, 4).map(lambda quarter: quarter / 4)
sides = st.integers(1, 12)


@st.composite
def comparisons(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores (Q, G), identities (Q,) and (G,); some query has a match."""
    count, size = draw(sides), draw(sides)
    scores = draw(arrays.arrays(np.float32, (count, size), elements=coarse))
    people = st.integers(0, 3)
    asked = draw(arrays.arrays(np.int64, count, elements=people))
    held = draw(arrays.arrays(np.int64, size, elements=people))
    assume(np.isin(asked, held).any())
    return scores, asked, held


@st.composite
def galleries(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Queries (Q, 3) and gallery (G, 3) of length 1 with identities; vectors repeat."""
    scores, asked, held = draw(comparisons())
    numbers = arrays.arrays(np.float32, 3, elements=st.integers(-2, 2).map(float)).filter(np.any)
    vectors = np.stack(draw(st.lists(numbers, min_size=sum(scores.shape), max_size=24)))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors[: len(asked)], vectors[len(asked) :][: len(held)], asked, held


def counted_by_hand(scores, asked, held) -> dict[str, float]:
    """The figures by a full sort; of equal scores, those of other people stand first."""
    first, precisions, penalties = [], [], []
    for row, person in zip(scores.tolist(), asked.tolist(), strict=True):
        is_match = [other == person for other in held.tolist()]
        order = sorted(range(len(row)), key=lambda place: (-row[place], is_match[place]))
        ranks = [rank for rank, place in enumerate(order, 1) if is_match[place]]
        if not ranks:
            continue
        first.append(ranks[0])
        precisions.append(sum(n / rank for n, rank in enumerate(ranks, 1)) / len(ranks))
        penalties.append(len(ranks) / ranks[-1])
    figures = {f"r{k}": 100 * sum(rank <= k for rank in first) / len(first) for k in (1, 5, 10)}
    figures["map"] = 100 * sum(precisions) / len(precisions)
    figures["minp"] = 100 * sum(penalties) / len(penalties)
    return figures


def one_query(scores, is_match):
    """The figures of a single query whose person is 1."""
    return metrics_of_similarity(
        np.array([scores], np.float32), np.array([1]), np.array(is_match, np.int64)
    )


@given(comparisons())
def test_the_figures_are_those_counted_by_hand(comparison):
    measured = metrics_of_similarity(*comparison)
    assert measured.to_mapping() == pytest.approx(counted_by_hand(*comparison))


@given(comparisons())
def test_queries_without_a_match_are_counted_and_in_no_figure(comparison):
    _, asked, held = comparison
    measured = metrics_of_similarity(*comparison)
    assert measured.queries == np.isin(asked, held).sum()
    assert measured.queries + measured.queries_without_match == len(asked)
    assert len(measured.best_own) == len(measured.best_other) == measured.queries


@given(comparisons())
def test_the_best_scores_are_those_of_the_own_and_of_other_people(comparison):
    scores, asked, held = comparison
    measured = metrics_of_similarity(*comparison)
    is_match = asked[:, None] == held
    rows = is_match.any(axis=1)
    own, other = np.where(is_match, scores, -np.inf), np.where(is_match, -np.inf, scores)
    np.testing.assert_array_equal(measured.best_own, own[rows].max(axis=1))
    np.testing.assert_array_equal(measured.best_other, other[rows].max(axis=1))


@given(comparisons())
def test_the_histograms_hold_every_pair_of_a_query_that_was_asked(comparison):
    scores, asked, held = comparison
    measured = metrics_of_similarity(*comparison)
    is_match = asked[:, None] == held
    rows = is_match.any(axis=1)
    # Quarters lie on edges: a hundredth of a bin higher, no rounding moves them.
    matches, _ = np.histogram(np.minimum(scores[rows][is_match[rows]] + 1e-4, 1), SCORE_EDGES)
    others, _ = np.histogram(np.minimum(scores[rows][~is_match[rows]] + 1e-4, 1), SCORE_EDGES)
    np.testing.assert_array_equal(measured.match_counts, matches)
    np.testing.assert_array_equal(measured.other_counts, others)


@given(galleries(), st.integers(1, 13))
def test_vectors_give_the_figures_of_their_cosines_in_chunks_of_any_size(gallery, chunk):
    queries, pictures, asked, held = gallery
    told = []
    measured = rank_metrics(*gallery, chunk=chunk, report=lambda *done: told.append(done))
    scores = (queries.astype(np.float64) @ pictures.T.astype(np.float64)).astype(np.float32)
    assert measured.to_mapping() == metrics_of_similarity(scores, asked, held).to_mapping()
    assert told[-1] == (len(queries), len(queries))


@given(galleries(), st.randoms(use_true_random=False))
def test_the_order_of_the_gallery_changes_nothing(gallery, random):
    queries, pictures, asked, held = gallery
    order = list(range(len(held)))
    random.shuffle(order)
    shuffled = rank_metrics(queries, pictures[order], asked, held[order])
    assert shuffled.to_mapping() == rank_metrics(*gallery).to_mapping()


def test_a_ranking_of_three_matches_is_measured_as_the_books_say():
    measured = one_query([0.9, 0.8, 0.7, 0.6, 0.5, 0.4], [1, 0, 1, 0, 0, 1])
    assert measured.map == pytest.approx(100 * (1 / 1 + 2 / 3 + 3 / 6) / 3)
    assert measured.minp == pytest.approx(50)
    assert (measured.r1, measured.r5) == (100, 100)


@given(st.sets(st.integers(1, 40)), st.integers(0, 40))
def test_average_precision_is_a_share_and_one_only_for_a_perfect_order(ranks, missed):
    expected = len(ranks) + missed
    found = average_precision(sorted(ranks), expected)
    assert 0 <= found <= 1
    is_perfect = bool(ranks) and not missed and ranks == set(range(1, len(ranks) + 1))
    assert (found > 1 - 1e-9) == is_perfect


def test_of_equal_scores_other_people_stand_ahead():
    assert one_query([0.5, 0.5], [1, 0]).r1 == 0
    assert one_query([0.5, 0.5], [1, 0]).cmc.tolist() == [0, 100]


def test_the_same_vector_for_everybody_finds_nobody_first():
    rng = np.random.default_rng(3)
    vector = rng.standard_normal(512).astype(np.float32)
    vectors = np.tile(vector / np.linalg.norm(vector), (700, 1))
    people = np.arange(700)
    assert rank_metrics(vectors, vectors, people, people).cmc.max() == 0


def test_the_curve_ends_at_rank_100_or_with_the_gallery():
    assert len(one_query([0.1] * 3, [1, 0, 0]).cmc) == 3
    assert len(one_query([0.1] * 130, [1] * 130).cmc) == 100
    assert one_query([0.9, 0.1], [1, 0]).r10 == 100


def test_a_query_alone_with_its_person_meets_no_other():
    assert one_query([0.3, 0.2], [1, 1]).best_other.tolist() == [-np.inf]


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0, 1.1])
def test_vectors_that_have_not_length_1_are_refused(value):
    units, people = np.eye(2, dtype=np.float32), np.arange(2)
    odd = units.copy()
    odd[1, 1] = value
    with pytest.raises(ValueError, match="vector 1 of the queries has length"):
        rank_metrics(odd, units, people, people)
    with pytest.raises(ValueError, match="vector 1 of the gallery has length"):
        rank_metrics(units, odd, people, people)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_score_that_is_no_number_is_refused(value):
    with pytest.raises(ValueError, match="numbers"):
        one_query([0.9, value], [1, 0])


def test_identities_that_do_not_fit_are_refused():
    units = np.eye(2, dtype=np.float32)
    with pytest.raises(ValueError, match=r"\(3,\) identities for 2"):
        rank_metrics(units, units, np.arange(3), np.arange(2))
    with pytest.raises(ValueError, match="chunk is 0"):
        rank_metrics(units, units, np.arange(2), np.arange(2), chunk=0)
    with pytest.raises(ValueError, match=r"not \(N, D\)"):
        rank_metrics(units[0], units, np.arange(2), np.arange(2))


def test_a_gallery_without_anybody_who_is_asked_for_is_refused():
    with pytest.raises(DatasetUnusable, match="none of 1 queries has a match among 2"):
        one_query([0.1, 0.2], [0, 2])
    nobody = np.empty((0, 2), np.float32)
    with pytest.raises(DatasetUnusable):
        rank_metrics(nobody, nobody, np.arange(0), np.arange(0))


@pytest.mark.media
def test_the_figures_are_those_of_the_reference(media_dir: Path):
    file = media_dir / "parity" / "outputs.npz"
    if not file.is_file():
        missing(f"no recorded reference run in {file.parent}", "media")
    with np.load(file, allow_pickle=False) as recorded:
        measured = metrics_of_similarity(
            recorded["rank_similarity"], recorded["rank_q_pids"], recorded["rank_g_pids"]
        )
        np.testing.assert_allclose(measured.cmc[:10], recorded["rank_cmc"], atol=1e-4)
        assert measured.map == pytest.approx(float(recorded["rank_mAP"]), abs=1e-4)
        assert measured.minp == pytest.approx(float(recorded["rank_mINP"]), abs=1e-4)


@pytest.mark.slow
def test_twenty_thousand_captions_and_pictures_fit_in_4_gib():
    program = """
import resource
import numpy as np
from retrieval.training.metrics import rank_metrics
from retrieval.training.open_set import open_set_of

rng = np.random.default_rng(0)
kinds = [rng.standard_normal((20_000, 512), dtype=np.float32) for _ in "ab"]
for vectors in kinds:
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
people = np.arange(20_000) // 20
for queries, gallery in (kinds, kinds[::-1]):
    open_set_of(rank_metrics(queries, gallery, people, people))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""
    root = Path(__file__).resolve().parents[4]
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=280,
        check=True,
    )
    assert int(done.stdout) < 4 * 2**30
