"""The masked views and their probabilities against the recording, number by drawn number."""

import random

import numpy as np

from retrieval.gadms.masking import (
    MaskingCurves,
    draw_dual_views,
    mask_caption,
    uniform,
)
from retrieval.training.scores import ScoreTable
from tests.recording import Recording

CURVES = MaskingCurves()


def stacked(views, field: str) -> np.ndarray:
    return np.stack([getattr(view, field) for view in views])


def test_the_probabilities_match(recorded_units: Recording):
    scores = np.linspace(0, 1, 101)
    recorded_units.compare("prob_s", scores, within=1e-12)
    recorded_units.compare(
        "prob_informative", CURVES.informative(recorded_units["prob_s"]), within=1e-12
    )
    recorded_units.compare("prob_noise", CURVES.noise(recorded_units["prob_s"]), within=1e-12)


def test_the_two_views_match(recorded_units: Recording):
    rng = random.Random(123)
    rows = zip(recorded_units["caption_ids_ori"], recorded_units["mask_sim_in"], strict=True)
    views = [draw_dual_views(ids, scores, CURVES, rng) for ids, scores in rows]
    recorded_units.compare_exactly("mlm_ids", stacked([v.masked_words for v in views], "ids"))
    recorded_units.compare_exactly("mlm_labels", stacked([v.masked_words for v in views], "labels"))
    recorded_units.compare_exactly("noise_text", stacked([v.noise for v in views], "ids"))


def test_sixty_four_more_draws_match(recorded_units: Recording):
    rng = random.Random(77)
    captions = recorded_units["caption_ids_ori"]
    views = [
        draw_dual_views(captions[row % 4], scores, CURVES, rng)
        for row, scores in enumerate(recorded_units["mask_many_sim_in"])
    ]
    words, noise = [v.masked_words for v in views], [v.noise for v in views]
    recorded_units.compare_exactly("mask_many_mlm_ids", stacked(words, "ids"))
    recorded_units.compare_exactly("mask_many_mlm_labels", stacked(words, "labels"))
    recorded_units.compare_exactly("mask_many_noise_text", stacked(noise, "ids"))
    recorded_units.compare_exactly("mask_many_noise_labels", stacked(noise, "labels"))


def test_the_masking_of_fine_tuning_matches(recorded_units: Recording):
    rng = random.Random(321)
    views = [
        mask_caption(ids, uniform(ids, 0.15), rng) for ids in recorded_units["caption_ids_ori"]
    ]
    recorded_units.compare_exactly("ft_mlm_ids", stacked(views, "ids"))
    recorded_units.compare_exactly("ft_mlm_labels", stacked(views, "labels"))


def test_scores_survive_the_table_that_carries_them(recorded_units: Recording):
    """Stored as the reference stores them, in half precision; never drawn reads 0.85 exactly."""
    many = recorded_units["mask_many_sim_in"]
    table = ScoreTable(len(many))
    table.update(np.arange(len(many)), many)
    recorded_units.compare("mask_many_sim_in", table.rows(np.arange(len(many))), within=2**-11)
    four = ScoreTable(4)
    four.update(np.arange(3), recorded_units["mask_sim_in"][:3])
    carried = four.rows(np.arange(4))
    recorded_units.compare("mask_sim_in", carried, within=2**-11)
    assert (carried[3] == recorded_units["mask_sim_in"][3]).all()
