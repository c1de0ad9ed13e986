"""Whatever is done to a rolling index, and whenever it dies: it answers as the one in memory."""

from dataclasses import replace
from functools import partial

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from retrieval.index.flat import FlatIndex
from retrieval.index.rolling import RollingIndex
from retrieval.types import Where
from tests.data.make_sightings import EAST, told
from tests.data.rolling_indexes import folder_of
from tests.strategies import filters, galleries, track_keys, unit_vectors


def of_one_collection_each(gallery):
    """A track is of one import, or live."""
    return [
        replace(shot, collection="live" if shot.shot.track.number % 2 else "imports")
        for shot in gallery
    ]


shots = partial(st.builds, of_one_collection_each)


class AsTheFlatIndex(RuleBasedStateMachine):
    """Whatever is done to it, and whenever it is killed, it answers as the index in memory."""

    def __init__(self):
        super().__init__()
        self.folder = folder_of(self)
        self.judge = FlatIndex("m@1", 4)
        self.since = []  # what the log would deliver again
        self.index = RollingIndex(self.folder, "m@1", 4)

    def both(self, name, argument):
        results = {getattr(index, name)(argument) for index in (self.index, self.judge)}
        assert len(results) == 1, results

    @initialize(gallery=shots(galleries()))
    def begin(self, gallery):
        self.add(gallery)
        self.checkpoint()

    @rule(gallery=shots(galleries(8)))
    def add(self, gallery):
        self.both("add", gallery)
        self.since.append(("add", gallery))

    @rule(tracks=st.sets(track_keys, max_size=2))
    def remove(self, tracks):
        for _, argument in self.since:
            if isinstance(argument, list):
                argument[:] = [shot for shot in argument if shot.shot.track not in tracks]
        self.both("remove", tracks)

    @rule(name=st.sampled_from(["live", "imports"]))
    def remove_collection(self, name):
        for _, argument in self.since:
            if isinstance(argument, list):
                argument[:] = [shot for shot in argument if shot.collection != name]
        self.both("remove_collection", name)

    @rule(now=st.integers(0, 9).map(float))
    def expire(self, now):
        self.both("expire", now)
        self.since.append(("expire", now))

    @rule()
    def checkpoint(self):
        self.index.checkpoint("now")
        self.since = []

    @rule()
    def compact(self):
        self.index.compact()

    @rule()
    def die_and_read_on(self):
        self.index = RollingIndex(self.folder, "m@1", 4)
        for name, argument in self.since:
            getattr(self.index, name)(argument)

    @rule(query=unit_vectors(), where=filters(), k=st.integers(1, 12))
    def search(self, query, where, k):
        found, expected = (
            told(index.search(query, k=k, where=where)) for index in (self.index, self.judge)
        )
        assert found == expected

    @invariant()
    def it_holds_what_the_judge_holds(self):
        assert len(self.index) == len(self.judge)
        found, expected = (
            told(index.search(EAST, k=99, where=Where(now=-1.0)))
            for index in (self.index, self.judge)
        )
        assert found == expected


TestAsTheFlatIndex = AsTheFlatIndex.TestCase
TestAsTheFlatIndex.settings = settings(max_examples=100, stateful_step_count=15, deadline=None)
