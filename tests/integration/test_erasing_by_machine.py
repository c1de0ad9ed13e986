"""Tracks that come, are retired, held, erased and expire, in any order, against a simple model."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from detectors.types import ShotId, TrackKey
from pipeline.errors import ConfigError, NotFound
from pipeline.workers.holding import HoldFolder
from retrieval.index.rolling import RollingIndex
from retrieval.index.traces import hash_bytes
from tests.erasing_house import (
    DAY_S,
    DIMENSION,
    EVERYTHING,
    MODEL,
    House,
    jpeg_of,
    vector_of,
)
from tests.store_messages import NOON

pytestmark = [
    pytest.mark.redis,
    pytest.mark.usefixtures("log_lies"),
    pytest.mark.parametrize("redis_binary", ["found"], indirect=True),
]

KEPT_S = 30 * DAY_S
#: 1 is the beginning of 11: names must not be taken for each other.
TRACKS = [TrackKey("lobby", "r1", number) for number in (1, 11, 2)]
track = st.sampled_from(TRACKS)


class Machine(RuleBasedStateMachine):
    """The model: which shots are kept, since when a day has passed, what is held, what is gone."""

    def __init__(self, binary):
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="dt-", dir="/tmp"))
        self.house = House(self.root / "data", self.root / "run", binary, live_s=KEPT_S)
        self.kept: dict[ShotId, float] = {}
        self.numbers: dict[TrackKey, int] = {}
        self.held: dict[TrackKey, set[ShotId]] = {}
        self.erased: set[TrackKey] = set()
        self.now = NOON

    def teardown(self):
        self.house.close()
        shutil.rmtree(self.root)

    @initialize()
    def begin(self):
        self.comes(TRACKS[0], replaces_last=False)

    @rule(track=track, replaces_last=st.booleans())
    def comes(self, track, replaces_last):
        last = self.numbers.get(track, 0)
        number = self.numbers[track] = last + 1
        replaces = last if replaces_last and last else None
        at = self.now + number
        self.house.see(track, number, captured_at=at, replaces=replaces)
        self.house.embed()
        if track not in self.erased:
            self.kept[ShotId(track, number)] = at
            self.kept.pop(ShotId(track, replaces or 0), None)

    @rule(days=st.integers(1, 20))
    def time_passes(self, days):
        self.now += days * DAY_S
        self._copy()
        self.house.stores.retention.sweep(self.now)
        self.house.follow()
        self.house.index.expire(self.now)
        self.kept = {shot: at for shot, at in self.kept.items() if at + KEPT_S > self.now}

    @rule(track=track)
    def hold(self, track):
        if any(shot.track == track for shot in self.kept):
            self.house.stores.holding.hold(str(track))
            self.held.setdefault(track, set())
            self._copy()
        elif track in self.erased:
            with pytest.raises(NotFound):
                self.house.stores.holding.hold(str(track))

    @rule(track=track)
    def release(self, track):
        if track in self.held:
            self.house.stores.holding.release(str(track))
            del self.held[track]
        else:
            with pytest.raises(NotFound):
                self.house.stores.holding.release(str(track))

    @rule(track=track)
    def erase(self, track):
        if track in self.held:
            with pytest.raises(ConfigError, match="is held"):
                self.house.erasing().erase([str(track)])
            return
        if track not in self.erased and not any(shot.track == track for shot in self.kept):
            return
        self.house.checkpoint()
        assert self.house.erasing().erase([str(track)]).left == []
        self.house.reader()
        self.erased.add(track)
        self.kept = {shot: at for shot, at in self.kept.items() if shot.track != track}

    @rule()
    def restart(self):
        self.house.checkpoint()
        self.house.reader()

    @rule()
    def rebuild(self):
        self.house.index.clear()
        self.house.reader()
        self.house.follow()
        self.house.index.expire(self.now)

    @invariant()
    def all_is_found_and_nothing_else(self):
        assert self.house.follow() == set(map(str, self.kept))

    @invariant()
    def what_is_held_is_there(self):
        assert {a.track for a in self.house.stores.holding.holds()} == set(map(str, self.held))
        root = HoldFolder(self.house.folder.path / "holds")
        if root.index(MODEL).exists():
            index = RollingIndex(root.index(MODEL), MODEL, DIMENSION)
            found = index.search(vector_of(ShotId(TRACKS[0], 1)), k=999, where=EVERYTHING)
            shots = {scored.sighting.shot: scored.sighting.picture for scored in found}
            assert shots.keys() == {shot for some in self.held.values() for shot in some}
            for shot, picture in shots.items():
                assert root.pictures().read(picture) == jpeg_of(shot)

    @invariant()
    def what_is_erased_is_nowhere(self):
        for track in self.erased:
            shots = [ShotId(track, n + 1) for n in range(self.numbers.get(track, 0))]
            gone = [jpeg_of(shot)[100:200] for shot in shots]
            assert self.house.files_with(f"{track}/".encode(), hash_bytes(track), *gone) == []

    def _copy(self):
        for shot in self.kept:
            if shot.track in self.held:
                self.held[shot.track].add(shot)


@pytest.mark.parametrize(("runs", "steps"), [(8, 12), pytest.param(80, 30, marks=pytest.mark.slow)])
def test_whatever_happens_the_model_is_right(redis_binary, runs, steps):
    # A data folder and a server for each run: few of them, and no shrinking of what is slow.
    run_state_machine_as_test(
        lambda: Machine(redis_binary),
        settings=settings(
            max_examples=runs,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
