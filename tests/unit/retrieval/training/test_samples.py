"""Columns of texts, and tables of captions: what is put in comes out, and parts do not overlap."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.errors import DatasetUnusable, PlanRefused
from retrieval.training.samples import Sample, SampleTable, TextColumn
from retrieval.training.tags import Tags, no_tags

texts = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), max_size=20)


def table_of(*images: int, captions_each: int = 1, root: str = "r") -> SampleTable:
    """One picture an identity given, with captions "0", "1" and so on, counted through."""
    caption_images = np.repeat(np.arange(len(images)), captions_each)
    return SampleTable(
        Path(root),
        image_paths=TextColumn(f"{number}.jpg" for number in range(len(images))),
        image_identities=np.array(images, np.int64),
        captions=TextColumn(str(number) for number in range(len(caption_images))),
        caption_images=caption_images,
        caption_identities=np.array(images, np.int64)[caption_images],
    )


def by_caption(pictures: int) -> SampleTable:
    """Two captions a picture, and each caption its own identity."""
    table = table_of(*range(0, 2 * pictures, 2), captions_each=2)
    return table.with_identities(table.image_identities, np.arange(2 * pictures))


@st.composite
def tables(draw: st.DrawFn) -> SampleTable:
    """At least two identities, some with several pictures, some pictures with several captions."""
    if draw(st.booleans()):
        return by_caption(draw(st.integers(2, 8)))
    others = draw(st.lists(st.integers(-3, 6), min_size=1, max_size=10))
    return table_of(*others, 9, captions_each=draw(st.integers(1, 3)))


@given(texts)
def test_texts_come_out_as_they_went_in(texts: list[str]):
    column = TextColumn(iter(texts))
    assert len(column) == len(texts)
    assert list(column) == texts
    assert [column[-1 - place] for place in range(len(texts))] == texts[::-1]


@given(texts, st.data())
def test_taken_texts_are_those_at_the_rows(texts: list[str], data: st.DataObject):
    rows = data.draw(st.lists(st.integers(0, len(texts) - 1)) if texts else st.just([]))
    taken = TextColumn(texts).take(np.array(rows, np.int64))
    assert list(taken) == [texts[row] for row in rows]


def test_more_texts_than_are_taken_at_once_keep_their_order():
    column = TextColumn(f"text {number}" for number in range(20_000))
    assert list(column[::-1]) == list(column)[::-1]


def test_there_is_no_text_past_the_end():
    with pytest.raises(IndexError):
        TextColumn(["a"])[1]


def test_half_a_surrogate_pair_is_refused():
    with pytest.raises(ValueError, match="surrogates"):
        TextColumn(["\ud83d"])


def test_columns_cannot_be_written_to():
    table = table_of(0, 1)
    for column in (table.captions.blob, table.caption_images, table.image_identities):
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 1


def test_a_row_is_a_caption_with_its_picture():
    table = table_of(7, 8, captions_each=2)
    assert table[2] == Sample(Path("r/1.jpg"), "2", 8, 1)
    assert (len(table), table.images, table.classes) == (4, 2, 2)


def test_a_table_survives_the_way_to_another_process():
    table = pickle.loads(pickle.dumps(table_of(7, 8, captions_each=2)))
    assert list(table) == list(table_of(7, 8, captions_each=2))


def test_columns_that_do_not_fit_are_refused():
    table = table_of(0, 1)
    with pytest.raises(ValueError, match="do not fit"):
        table.with_identities(table.image_identities[:1], table.caption_identities)


@pytest.mark.parametrize("caption_images", [[0, 0], [0, 2]])
def test_a_picture_without_a_caption_is_refused(caption_images: list[int]):
    with pytest.raises(ValueError, match="without a"):
        SampleTable(
            Path("r"),
            image_paths=TextColumn("ab"),
            image_identities=np.zeros(2, np.int64),
            captions=TextColumn("cd"),
            caption_images=np.array(caption_images),
            caption_identities=np.zeros(2, np.int64),
        )


def with_tags(table: SampleTable, tags: Tags) -> SampleTable:
    """The same table, its pictures tagged."""
    return SampleTable(
        table.root,
        image_paths=table.image_paths,
        image_identities=table.image_identities,
        captions=table.captions,
        caption_images=table.caption_images,
        caption_identities=table.caption_identities,
        tags=tags,
    )


def tagged_table(*images: int, captions_each: int = 1) -> SampleTable:
    """As `table_of`; picture number n has the tag "odd" or "even", as n is."""
    table = table_of(*images, captions_each=captions_each)
    odd = np.arange(table.images) % 2 == 1
    return with_tags(table, Tags(("even", "odd"), np.stack([~odd, odd], axis=1)))


@given(st.lists(st.integers(0, 5), min_size=3, max_size=9), st.data())
def test_tags_stay_with_their_pictures(images: list[int], data: st.DataObject):
    table = tagged_table(0, 9, *images, captions_each=2)
    rows = data.draw(st.lists(st.integers(0, len(table) - 1), min_size=1))
    for part in (table.take(rows), *table.split_off(0.5, 1), table.relabelled()):
        numbers = [int(path.removesuffix(".jpg")) for path in part.image_paths]
        assert part.tags.held[:, 1].tolist() == [number % 2 == 1 for number in numbers]


def test_tags_of_other_pictures_are_refused():
    with pytest.raises(ValueError, match="2 pictures, but tags of 3"):
        with_tags(table_of(0, 1), no_tags(3))
    with pytest.raises(ValueError, match="1 tags do not fit"):
        Tags(("a",), np.zeros((2, 2), np.bool_))


def test_tags_have_a_digest_of_their_own_and_change_none_of_the_captions():
    told = tagged_table(0, 1)
    assert told.digest == table_of(0, 1).digest
    held = told.tags.held
    others = [Tags(("even", "odder"), held), Tags(("even", "odd"), ~held), Tags(("e", "vod"), held)]
    assert len({told.tags.digest, *(other.digest for other in others)}) == 4
    assert Tags(("even", "odd"), held.copy()).digest == told.tags.digest


def test_the_digest_is_of_what_is_said_and_not_of_where_it_lies():
    digest = table_of(0, 1, captions_each=2).digest
    assert table_of(0, 1, captions_each=2, root="elsewhere").digest == digest
    others = [table_of(0, 2, captions_each=2), table_of(0, 1), table_of(0, 1, 1, 1)]
    assert len({digest, *(other.digest for other in others)}) == 4


def test_text_that_moves_to_the_next_caption_changes_the_digest():
    digests = set()
    for captions in (["ab", "c"], ["a", "bc"]):
        table = table_of(0, 1)
        table.captions = TextColumn(captions)
        digests.add(table.digest)
    assert len(digests) == 2


def test_a_part_has_only_the_pictures_of_its_captions():
    part = table_of(5, 6, 7, captions_each=2).take([5, 0, 1])
    assert [sample.caption for sample in part] == ["5", "0", "1"]
    assert list(part.image_paths) == ["0.jpg", "2.jpg"]
    assert part.image_identities.tolist() == [5, 7]
    assert part[0] == Sample(Path("r/2.jpg"), "5", 7, 1)


def test_a_picture_that_lost_its_first_caption_has_the_identity_of_the_next():
    part = by_caption(2).take([1, 2])
    assert part.image_identities.tolist() == part.caption_identities.tolist() == [1, 2]


def test_relabelled_identities_have_no_gaps_and_keep_their_order():
    table = table_of(40, -3, 40, 7).relabelled()
    assert table.image_identities.tolist() == [2, 0, 2, 1]
    assert table.caption_identities.tolist() == [2, 0, 2, 1]


@given(tables(), st.floats(0.01, 0.99), st.integers(0, 2**32))
def test_the_parts_share_no_picture_and_lose_no_caption(table, share, seed):
    train, aside = table.split_off(share, seed)
    assert sorted([*train.captions, *aside.captions]) == sorted(table.captions)
    assert sorted([*train.image_paths, *aside.image_paths]) == sorted(table.image_paths)
    assert len(train) > 0
    assert len(aside) > 0


@given(tables(), st.floats(0.01, 0.99), st.integers(0, 2**32))
def test_whole_identities_are_set_aside(table, share, seed):
    identity_of = {sample.caption: sample.identity for sample in table}
    train, aside = table.split_off(share, seed)
    sides = [{identity_of[caption] for caption in part.captions} for part in (train, aside)]
    assert not sides[0] & sides[1]


@given(tables(), st.floats(0.01, 0.99), st.integers(0, 2**32))
def test_the_same_seed_gives_the_same_parts(table, share, seed):
    once, again = (table.split_off(share, seed) for _ in range(2))
    assert [part.digest for part in once] == [part.digest for part in again]


@given(tables(), st.floats(0.01, 0.99), st.integers(0, 2**32))
def test_a_part_to_train_on_has_identities_without_gaps(table, share, seed):
    train, _ = table.split_off(share, seed)
    assert set(train.caption_identities.tolist()) == set(range(train.classes))
    assert set(train.image_identities.tolist()) <= set(range(train.classes))


@given(tables(), st.floats(0.01, 0.99), st.integers(0, 2**32))
def test_every_caption_set_aside_finds_its_picture(table, share, seed):
    _, aside = table.split_off(share, seed)
    assert (aside.caption_identities == aside.image_identities[aside.caption_images]).all()


def test_the_share_is_of_the_identities():
    _, aside = table_of(*range(40), captions_each=2).split_off(0.25, seed=3)
    assert aside.classes == 10


def test_other_seeds_give_other_parts():
    table = table_of(*range(40))
    assert len({table.split_off(0.25, seed)[1].digest for seed in range(5)}) == 5


def test_one_identity_cannot_be_parted():
    with pytest.raises(DatasetUnusable, match="identities: 1; two"):
        table_of(4, 4).split_off(0.5, seed=0)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.5, 2.0, float("nan")])
def test_a_share_that_leaves_nothing_is_refused(share: float):
    with pytest.raises(PlanRefused, match="share"):
        table_of(0, 1).split_off(share, seed=0)


def test_200_000_captions_take_little_more_than_their_text():
    count = 200_000
    table = SampleTable(
        Path("r"),
        image_paths=TextColumn(f"{number:08}.jpg" for number in range(count // 2)),
        image_identities=np.arange(count // 2),
        captions=TextColumn("a person in a red coat" for _ in range(count)),
        caption_images=np.arange(count) // 2,
        caption_identities=np.arange(count) // 2,
    )
    text_bytes = count * 22 + count // 2 * 12
    assert table.nbytes <= text_bytes + 33 * count
