"""The log in files and in Redis, in any order of events, against a plain list."""

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
    run_state_machine_as_test,
)

from detectors.types import ShotId, TrackKey
from pipeline.store.forgetting import Forgetting
from pipeline.store.log_archive import LogArchive
from pipeline.store.log_mover import LogMover
from pipeline.store.positions import START, position_order
from pipeline.store.sighting_log import SightingLog
from pipeline.store.whole_log import WholeLog
from pipeline.store.wire import encode_sighting
from tests.store_messages import NOON, logged, published

pytestmark = [
    pytest.mark.redis,
    pytest.mark.parametrize("redis_binary", ["found"], indirect=True),
]

#: 1 is the beginning of 11: names must not be taken for each other.
TRACKS = [TrackKey("lobby", "r1", number) for number in (1, 11, 2)]


SHARES = st.sampled_from([0, 0.2, 0.4, 0.6, 0.8, 1])


class _Killed(Exception):
    """As kill -9 would: nothing that follows is done."""


class Process:
    """What a process has open; another one sees only what is in Redis and on disk."""

    def __init__(self, client, keys, root):
        self.archive = LogArchive(client, keys, root)
        self.whole = WholeLog(client, keys, self.archive)
        self.log = SightingLog(client, keys, self.whole)
        self._put = self.archive.catalogue.replace

    def dies(self, when):
        """At its next change of the catalogue, `before` or `after` Redis hears of it."""

        def replace(*args, **more):
            if when == "after":
                self._put(*args, **more)
            raise _Killed

        self.archive.catalogue.replace = replace


class Reader:
    """Who reads page by page while all else goes on: what it was shown, and how far it is."""

    def __init__(self):
        self.seen, self.after = [], START


class Machine(RuleBasedStateMachine):
    """The model is the list of what the log holds, by position."""

    readers = Bundle("readers")

    def __init__(self, client, keys):
        super().__init__()
        for key in client.scan_iter(f"{keys.namespace}:*"):
            client.delete(key)
        self.client, self.keys = client, keys
        self.root = Path(tempfile.mkdtemp(prefix="dt-"))
        self.numbers = dict.fromkeys(TRACKS, 0)
        self.model: dict[str, ShotId] = {}
        self.ever: dict[str, ShotId] = {}
        self.start()

    def start(self):
        self.one = Process(self.client, self.keys, self.root)
        self.other = Process(self.client, self.keys, self.root)

    def teardown(self):
        shutil.rmtree(self.root)

    @rule(track=st.sampled_from(TRACKS), count=st.integers(1, 4))
    def comes(self, track, count):
        for _ in range(count):
            self.numbers[track] += 1
            shot = published(self.numbers[track], track)
            entry = self.client.xadd(self.keys.sightings, encode_sighting(logged(shot)))
            self.model[entry.decode()] = self.ever[entry.decode()] = shot.shot

    @rule(view=st.sampled_from("ab"), share=SHARES)
    def view_is(self, view, share):
        known = [START, *self.ever]
        self.one.log.register_view(view, known[round(share * (len(known) - 1))], NOON)

    @rule(view=st.sampled_from("ab"))
    def view_is_silent(self, view):
        self.one.log.forget_view(view)

    @rule(keep=st.integers(0, 3), chunk=st.integers(1, 4))
    def moves(self, keep, chunk):
        self._move(self.one, keep, chunk)

    def _move(self, process, keep, chunk):
        before = {entry.decode() for entry, _ in self.client.xrange(self.keys.sightings)}
        with suppress(_Killed):
            mover = LogMover(self.client, self.keys, process.archive, keep=keep, chunk=chunk)
            mover.move()
        after = {entry.decode() for entry, _ in self.client.xrange(self.keys.sightings)}
        views = [position_order(v.position) for v in self.other.log.views().values()]
        assert before == after or len(after) >= keep
        assert all(position_order(each) <= min(views) for each in before - after)

    @rule(
        track=st.sampled_from(TRACKS),
        count=st.integers(1, 5),
        chunk=st.integers(1, 4),
        views=st.sampled_from(["ab", "a", "b"]),
    )
    def comes_and_moves(self, track, count, chunk, views):
        self.comes(track, count)
        for view in views:
            self.one.log.register_view(view, self.one.log.end(), NOON)
        self._move(self.one, 0, chunk)
        assert views != "ab" or self.client.xlen(self.keys.sightings) == 0

    @rule(target=readers)
    def reader(self):
        return Reader()

    @rule(reader=readers, count=st.integers(1, 5))
    def reads_on(self, reader, count):
        page = self.other.log.page(reader.after, count=count)
        expected = [p for p in self.model if position_order(p) > position_order(reader.after)][
            :count
        ]
        assert [position for position, _ in page.sightings] == expected
        assert page.is_full == (len(expected) == count)
        reader.seen += expected
        reader.after = page.last
        assert len(set(reader.seen)) == len(reader.seen)

    @rule(reader=consumes(readers))
    def reads_to_its_end(self, reader):
        while (page := self.one.log.page(reader.after, count=2)).sightings:
            reader.seen += [position for position, _ in page.sightings]
            reader.after = page.last
        assert set(self.model) <= set(reader.seen) <= set(self.ever)
        assert reader.seen == sorted(set(reader.seen), key=position_order)

    @rule(track=st.sampled_from(TRACKS))
    def erased(self, track):
        theirs = [p for p, shot in self.model.items() if shot.track == track]
        gone = Forgetting(self.client, self.keys, self.other.whole).messages([track])
        assert gone == len(theirs)
        for position in theirs:
            del self.model[position]
        for path in self.root.rglob("*"):
            assert not path.is_file() or f"{track}/".encode() not in path.read_bytes()

    @rule(share=SHARES, width=st.integers(1, 5))
    def deleted(self, share, width):
        known = list(self.ever)
        first = round(share * len(known))
        some = known[first : first + width]
        there = [each for each in some if each in self.model]
        assert self.other.whole.delete(some) == len(there)
        for each in there:
            del self.model[each]

    @rule(when=st.sampled_from(["before", "after"]), share=SHARES)
    def killed_in_a_delete(self, when, share):
        if not self.model:
            return
        known = list(self.model)
        one = known[round(share * (len(known) - 1))]
        in_redis = self.client.xrange(self.keys.sightings, one, one)
        dying = Process(self.client, self.keys, self.root)
        dying.dies(when)
        with suppress(_Killed):
            dying.whole.delete([one])
        if in_redis or when == "after":
            del self.model[one]

    @rule(when=st.sampled_from(["before", "after"]), chunk=st.integers(1, 4))
    def killed_in_a_move(self, when, chunk):
        dying = Process(self.client, self.keys, self.root)
        dying.dies(when)
        if self.one.log.views():
            self._move(dying, 0, chunk)

    @rule()
    def starts_again(self):
        self.start()

    @rule(share=SHARES, is_missing=st.booleans())
    def is_harmed(self, share, is_missing):
        contents = Process(self.client, self.keys, self.root).archive.catalogue.now()
        if not contents.chunks:
            return
        chunk = contents.chunks[round(share * (len(contents.chunks) - 1))]
        path = contents.folder / chunk.name
        if not path.exists():
            return
        lost = {entry.decode() for entry, _ in self.one.archive.rows_of(contents, chunk) or ()}
        if is_missing:
            path.unlink()
        else:
            path.write_bytes(path.read_bytes()[:-2])
        for position in lost:
            del self.model[position]
        self.start()

    @invariant()
    def all_that_is_there_is_read_once_and_in_order(self):
        rows = self.other.whole.rows(START, 10_000)
        assert [entry.decode() for entry, _ in rows] == list(self.model)
        found = [m.entry_id for some in self.one.whole.messages(3) for m in some]
        assert found == list(self.model)

    @invariant()
    def a_track_is_found_wherever_it_is(self):
        for track in TRACKS:
            theirs = [s.shot for s in self.one.log.of_track(track, since=0)]
            assert theirs == [shot for shot in self.model.values() if shot.track == track]

    @invariant()
    def lengths_are_told(self):
        lost = sum(chunk.messages for chunk in self.other.whole.lost())
        assert self.other.log.length() - lost == len(self.model)


def test_the_log_is_a_list_wherever_it_lies(private_redis):
    run_state_machine_as_test(
        lambda: Machine(private_redis.client, private_redis.keys),
        settings=settings(
            max_examples=40,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
