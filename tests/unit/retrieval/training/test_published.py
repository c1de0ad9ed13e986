"""What the authors print, and that it is never taken for ours."""

import pytest

from retrieval.training.published import published_for

BENCHMARKS = ("cuhk-pedes", "icfg-pedes", "rstpreid")


@pytest.mark.parametrize(
    ("dataset", "tuned", "transferred"),
    [
        ("cuhk-pedes", (77.60, 91.40, 94.78, 69.82), (68.34, 60.22)),
        ("icfg-pedes", (69.51, 83.47, 87.67, 42.30), (54.64, 30.68)),
        ("rstpreid", (71.25, 87.25, 92.90, 55.43), (57.60, 42.00)),
    ],
)
def test_the_largest_model_has_the_figures_of_the_paper(dataset, tuned, transferred):
    of_largest = [f for f in published_for(dataset) if f.model == "GA-DMS, WebPerson 5.0M"]
    first, second = of_largest
    assert first.training == "fine-tuned on it"
    assert (first.r1, first.r5, first.r10, first.map) == tuned
    assert second.training == "pretrained only (direct transfer)"
    assert (second.r1, second.map) == transferred
    assert second.r5 is second.r10 is None


@pytest.mark.parametrize("dataset", BENCHMARKS)
def test_every_figure_says_what_its_model_had_seen_and_where_it_is_printed(dataset):
    tables = {"fine-tuned on it": "Table 1", "pretrained only (direct transfer)": "Table 2"}
    for figure in published_for(dataset):
        assert figure.source == f"arXiv 2509.09118, {tables[figure.training]}"
        assert figure.dataset == dataset
        assert 0 < figure.map < figure.r1 < 100


@pytest.mark.parametrize("dataset", BENCHMARKS)
def test_plain_values_hold_the_label(dataset):
    for figure in published_for(dataset):
        assert figure.to_mapping()["training"] == figure.training


def test_a_data_set_of_ones_own_has_no_published_figures():
    assert published_for("people.json") == published_for("webperson") == ()
