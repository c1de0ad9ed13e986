"""retrieval.index.compaction: few segments are left, none too large to be merged soon."""

from dataclasses import dataclass, field
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from retrieval.index.compaction import worth_merging
from retrieval.index.sealing import MAX_SHOTS


@dataclass(eq=False)
class Sealed:
    """As much of a segment as is looked at."""

    shots: int
    group: tuple[str, str] = ("live", "2026-03-01")
    lacks_codes: bool = False
    entry: SimpleNamespace = field(init=False)

    def __post_init__(self):
        collection, day = self.group
        self.entry = SimpleNamespace(collection=collection, day=day, shots=self.shots)

    def __len__(self):
        return self.shots


def merged(segments, busy=()):
    """What is left of segments once nothing is worth merging, and how much was written for it."""
    written = 0
    while some := worth_merging(segments, busy):
        assert sum(map(len, some)) <= MAX_SHOTS
        assert len({one.group for one in some}) == 1
        segments = [one for one in segments if one not in some]
        segments.append(Sealed(sum(map(len, some)), some[0].group))
        written += len(segments[-1])
    return segments, written


@given(st.lists(st.integers(1, MAX_SHOTS), min_size=1, max_size=60))
def test_a_day_that_is_over_is_left_in_few(sizes):
    segments, written = merged([Sealed(size) for size in sizes])
    assert sum(map(len, segments)) == sum(sizes)
    assert len(segments) <= 2 * sum(sizes) / MAX_SHOTS + 14
    assert written <= sum(sizes) * 20


def test_a_day_larger_than_a_segment_is_merged_all_the_same():
    segments, _ = merged([Sealed(16_384) for _ in range(20)])
    assert sorted(map(len, segments)) == [131_072, 196_608]


def test_days_that_are_added_to_wait_for_eight_of_a_size():
    busy = [("live", "2026-03-01")]
    assert len(merged([Sealed(9_000) for _ in range(7)], busy)[0]) == 7
    assert len(merged([Sealed(9_000) for _ in range(8)], busy)[0]) == 1
