"""What is hidden of a caption hangs on seed, epoch, caption and score, and on nothing else."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.gadms.gradient_attention import is_word
from retrieval.tokenizer import MASK_ID, tokenize
from retrieval.training.loading import Batch
from retrieval.training.plan import TrainingPlan
from retrieval.training.samples import SampleTable, TextColumn
from retrieval.training.scores import ScoreTable
from retrieval.training.steps import Views
from retrieval.training.tags import Tags
from retrieval.training.views import ViewMaker

COUNT = 12
TEXTS = [f"person number {row} in a red coat with a blue bag and {'very ' * row} old shoes"
         for row in range(COUNT)]  # fmt: skip
TEXTS[5] = ""
IDS = torch.from_numpy(tokenize(TEXTS))
CPU = torch.device("cpu")


def plan(**changes) -> TrainingPlan:
    least = {"dataset": {"name": "jsonl", "root": "data"}, "out": "run", "configuration": "tiny"}
    return TrainingPlan.model_validate({**least, **changes})


def batch_of(rows: list[int]) -> Batch:
    chosen = torch.tensor(rows)
    images = chosen.float().reshape(-1, 1, 1, 1).expand(-1, 3, 2, 2)
    return Batch(chosen, images, IDS[chosen], chosen % 3)


def drawn(rows: list[int], *, epoch: int = 1, score: float | None = None, **changes) -> Views:
    """Views of pretraining where there is a score, else of fine-tuning."""
    table = None if score is None else ScoreTable(COUNT, initial=score)
    return ViewMaker(plan(**changes), table, CPU).views(batch_of(rows), epoch)


def test_tags_are_those_of_the_pictures_that_the_captions_describe():
    pictures = np.arange(COUNT) // 2  # two captions each
    held = np.arange(COUNT // 2)[:, None] % 3 == np.arange(3)
    table = SampleTable(
        Path("r"),
        image_paths=TextColumn(f"{number}.png" for number in range(COUNT // 2)),
        image_identities=np.arange(COUNT // 2),
        captions=TextColumn(TEXTS),
        caption_images=pictures,
        caption_identities=pictures,
        tags=Tags(("a", "b", "c"), held),
    )
    rows = [7, 0, 11, 4]
    for losses, is_told in (({"sdm": 1, "tags": 1}, True), ({"sdm": 1}, False)):
        views = ViewMaker(plan(losses=losses), None, CPU, table).views(batch_of(rows), 1)
        assert (views.tags is not None) is is_told
        if views.tags is not None:
            assert views.tags.tolist() == held[[3, 0, 5, 2]].astype(float).tolist()


batches = st.lists(st.integers(0, COUNT - 1), min_size=1, max_size=6, unique=True)


@settings(deadline=None)
@given(batches, st.integers(1, 9), st.integers(0, 9), st.sampled_from([None, 0.0, 0.3]))
def test_a_caption_is_hidden_alike_in_any_company(rows, epoch, seed, score):
    together = drawn(rows, epoch=epoch, seed=seed, score=score)
    for place, row in enumerate(rows):
        alone = drawn([row], epoch=epoch, seed=seed, score=score)
        for name in ("matched_ids", "masked_ids", "labels"):
            assert torch.equal(getattr(together, name)[place], getattr(alone, name)[0])


@pytest.mark.parametrize("score", [None, 0.0])
def test_seed_epoch_and_caption_each_change_what_is_hidden(score):
    rows = list(range(COUNT))
    base = drawn(rows, score=score)
    for other in (drawn(rows, score=score, epoch=2), drawn(rows, score=score, seed=1)):
        assert not torch.equal(other.labels > 0, base.labels > 0)
    # The same caption twice in a table is hidden twice over.
    twice = batch_of([0, 1, 2])
    same = Batch(twice.rows, twice.images, IDS[[8, 8, 8]], twice.identities)
    table = None if score is None else ScoreTable(COUNT, initial=score)
    labels = ViewMaker(plan(), table, CPU).views(same, 1).labels > 0
    assert len({tuple(row.tolist()) for row in labels}) > 1


@settings(deadline=None)
@given(batches, st.integers(1, 9), st.sampled_from([None, 0.0, 0.85]))
def test_pictures_people_and_captions_pass_unchanged(rows, epoch, score):
    batch = batch_of(rows)
    views = drawn(rows, epoch=epoch, score=score)
    for name in ("images", "identities", "ids"):
        assert torch.equal(getattr(views, name), getattr(batch, name))
    assert torch.equal(batch.ids, IDS[rows])
    chosen = views.labels > 0
    assert torch.equal(views.labels[chosen], views.ids[chosen])
    assert torch.equal(views.masked_ids[~chosen], views.ids[~chosen])
    assert not chosen[~is_word(views.ids)].any()
    assert torch.equal(views.matched_ids.argmax(dim=-1), views.ids.argmax(dim=-1))


@pytest.mark.parametrize(("view", "is_masked"), [("masked", True), ("plain", False)])
def test_fine_tuning_matches_the_masked_or_the_plain_caption(view, is_masked):
    views = drawn(list(range(COUNT)), fine_tuning_view=view)
    expected = views.masked_ids if is_masked else views.ids
    assert torch.equal(views.matched_ids, expected)
    assert not torch.equal(views.masked_ids, views.ids)


def test_fine_tuning_hides_each_word_with_the_chance_of_the_plan():
    rows = list(range(COUNT))
    everything = drawn(rows, masking={"uniform": 1.0})
    assert torch.equal(everything.labels > 0, is_word(IDS))
    nothing = drawn(rows, masking={"uniform": 0.0})
    assert (nothing.labels > 0).sum(dim=1).tolist() == [0 if row == 5 else 1 for row in rows]
    assert (nothing.masked_ids[:, 1] == MASK_ID).sum() == COUNT - 1


def test_pretraining_hides_by_the_scores_that_are_remembered():
    """A word with less than half is dropped from matching; one that fits is to be guessed."""
    rows, sure = list(range(COUNT)), {"alpha_noise": 1.0, "alpha_informative": 1.0}
    table = ScoreTable(COUNT)
    scores = np.full((COUNT, 77), 0.3)
    scores[:, 1:4] = 1
    table.update(np.arange(COUNT), scores)
    sharp = plan(masking={**sure, "steepness": 1000, "gamma_noise": 0.5, "gamma_informative": 0.5})
    views = ViewMaker(sharp, table, CPU).views(batch_of(rows), 1)
    place, words = torch.arange(77), is_word(IDS)
    fits = (place < 4) & words
    assert torch.equal(views.labels > 0, fits)
    assert torch.equal(views.matched_ids[fits], IDS[fits])
    # A tenth of what is chosen stays as it is.
    assert (views.matched_ids != IDS)[words & ~fits].float().mean() > 0.8


def test_in_the_first_epoch_matching_loses_the_first_word_alone():
    views = drawn(list(range(COUNT)), score=0.85)
    changed = (views.matched_ids != views.ids).nonzero().tolist()
    assert changed == [[row, 1] for row in range(COUNT) if row != 5]
    assert (views.labels > 0).sum() > COUNT


@settings(deadline=None)
@given(batches, st.integers(1, 9), st.sampled_from([None, 0.0, 0.3]))
def test_without_padding_the_same_words_are_hidden_in_shorter_captions(rows, epoch, score):
    whole = drawn(rows, epoch=epoch, score=score)
    short = drawn(rows, epoch=epoch, score=score, caption_padding="batch")
    longest = max(int(IDS[row].argmax()) for row in rows) + 1
    for name in ("ids", "matched_ids", "masked_ids", "labels"):
        assert torch.equal(getattr(short, name), getattr(whole, name)[:, :longest])
        assert not getattr(whole, name)[:, longest:].any()


def test_as_a_control_as_many_words_are_hidden_by_scores_that_are_not_theirs():
    """By the scores of other words of the caption, dealt anew each epoch."""
    rows, sure = list(range(COUNT)), {"alpha_noise": 1.0, "alpha_informative": 1.0}
    table, scores = ScoreTable(COUNT), np.full((COUNT, 77), 0.3)
    scores[:, 1:4] = 1
    table.update(np.arange(COUNT), scores)
    before = table.rows(np.arange(COUNT))
    sharp = {**sure, "steepness": 1000, "gamma_noise": 0.5, "gamma_informative": 0.5}
    hidden = {
        (dealt, epoch): ViewMaker(plan(masking={**sharp, "dealt": dealt}), table, CPU)
        .views(batch_of(rows), epoch)
        .labels
        > 0
        for dealt in ("own", "shuffled")
        for epoch in (1, 2)
    }
    own, first, second = (hidden[each] for each in (("own", 1), ("shuffled", 1), ("shuffled", 2)))
    assert torch.equal(first.sum(dim=1), own.sum(dim=1))
    assert not first[~is_word(IDS)].any()
    assert not torch.equal(first, own)
    assert not torch.equal(first, second)
    assert np.array_equal(table.rows(np.arange(COUNT)), before)  # remembered as they were
