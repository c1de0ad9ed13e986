"""A change of model while shots come, are replaced and go, and while its worker is killed."""

import random
import tempfile
import time
import uuid
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors.types import ShotId
from pipeline.store.connection import connect
from pipeline.store.keys import Keys
from tests.fork_servers import fork_server
from tests.model_change_house import NEW, OLD, House, shots_in, waited
from tests.store_messages import ALICE, BOB

pytestmark = [
    pytest.mark.redis,
    pytest.mark.usefixtures("log_lies"),
    pytest.mark.parametrize("redis_binary", ["found"], indirect=True),
]

TRACKS = [ALICE, BOB]
OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("see"), st.sampled_from(TRACKS), st.booleans()),
        st.tuples(st.just("forget"), st.sampled_from(TRACKS)),
        st.tuples(st.just("lose"), st.sampled_from(TRACKS)),
        st.tuples(st.just("copy")),
        st.tuples(st.just("restart")),
    ),
    max_size=30,
)


class Street:
    """The model: which shots of each track are kept, and which have lost their picture."""

    def __init__(self, house):
        self.house, self.kept, self.lost, self.numbers = house, {}, set(), {}
        self.copier = house.copier()

    def see(self, track, replaces):
        mine = self.kept.setdefault(track, [])
        number = self.numbers[track] = self.numbers.get(track, 0) + 1
        old = mine.pop() if replaces and mine else None
        self.house.have(number, track=track, replaces=old)
        mine.append(number)

    def forget(self, track):
        """As retention does once all shots of a track have expired."""
        house = self.house
        gone = [p for p, s in house.log.read("0-0", count=10_000) if s.shot.track == track]
        house.client.delete(house.keys.track(track))
        house.models.copies.delete(gone)
        self.kept.pop(track, None)

    def lose(self, track):
        """The picture of the last shot goes, before that was copied or behind it."""
        for _, sighting in self.house.log.read("0-0", count=10_000):
            last = (self.kept.get(track) or [None])[-1]
            if sighting.shot == (track, last):
                self.house.media.delete(sighting.picture)
                self.lost.add(sighting.shot)

    def copy(self):
        self.copier.copy_some()

    def restart(self):
        self.copier = self.house.copier()

    def shots(self):
        return {ShotId(track, n) for track, numbers in self.kept.items() for n in numbers}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operations=OPERATIONS)
def test_what_is_kept_is_copied_whatever_comes_between(private_redis, operations):
    with tempfile.TemporaryDirectory() as folder:
        keys = Keys(f"{private_redis.keys.namespace}:{uuid.uuid4()}")
        street = Street(House(private_redis.client, keys, Path(folder)))
        for name, *arguments in operations:
            getattr(street, name)(*arguments)
        while street.copier.copy_some():
            pass
        kept, found = street.shots(), set(street.house.searched(NEW))
        assert kept - street.copier.copied.missing <= found
        assert street.copier.copied.missing & kept <= street.lost
        # Nothing else is found, but for what a shot replaced that has no picture to be copied from.
        heirless = {s for s in found - kept if s.track in {m.track for m in street.lost}}
        assert found - kept == heirless
        lacking, counts = street.copier.survey()
        assert lacking == []
        assert all(all_of == copied for all_of, copied in counts.values())


def work(socket, namespace, folder):
    """As `descry worker reindex` does, with an encoder that takes its time."""
    client = connect(url=None, unix_socket=socket, username=None, password=None, timeout_s=10)
    house = House(client, Keys(namespace), Path(folder))
    encode = NEW.encode_images

    def slowly(pictures):
        time.sleep(0.05)
        return encode(pictures)

    NEW.encode_images = slowly
    house.worker().run(house.stop)


@pytest.mark.slow
@pytest.mark.parametrize("log_lies", ["in Redis"], indirect=True)  # it has processes of its own
def test_a_worker_that_is_killed_again_and_again_loses_nothing_and_doubles_nothing(
    private_redis, tmp_path
):
    house = House(private_redis.client, private_redis.keys, tmp_path)
    house.have(*range(1, 400))
    house.have(400, replaces=7)
    house.start(house.succession(), house.failures.append)
    house.models.begin("fake", OLD.model_id)
    context = fork_server()
    drawn, kills = random.Random(6), 0
    while house.models.change().is_active:
        worker = context.Process(
            target=work, args=(private_redis.socket, private_redis.keys.namespace, str(tmp_path))
        )
        worker.start()
        if kills < 25:
            worker.join(drawn.uniform(0.02, 0.3))
        else:
            worker.join(60)
        if worker.is_alive():
            worker.kill()
            kills += 1
        worker.join()
    house.close()
    assert house.models.change().state == "done"
    assert kills > 5
    wanted = [ShotId(ALICE, number) for number in range(1, 401) if number != 7]
    assert house.serving.encoder is NEW
    assert shots_in(house.serving.index, NEW) == wanted
    assert house.searched(NEW) == wanted
    assert sorted(house.logged(NEW)) == wanted
    assert house.logged(OLD) == []
    assert house.failures == []


def test_a_query_worker_that_begins_anew_at_any_state_comes_to_the_same_end(
    private_redis, tmp_path
):
    house = House(private_redis.client, private_redis.keys, tmp_path)
    house.have(*range(1, 40))
    house.models.begin("fake", OLD.model_id)
    working = house.start(house.worker())
    stops = 0
    while working.is_alive():
        change = house.models.change()
        old_one = change.state in {"starting", "encoding", "checking", "switching"}
        reader = House(private_redis.client, private_redis.keys, tmp_path)
        reader.start(reader.succession(OLD if old_one else NEW), reader.failures.append)
        working.join(0.7)
        reader.close()
        stops += 1
        assert reader.failures == []
    assert house.models.change().state == "done"
    last = House(private_redis.client, private_redis.keys, tmp_path)
    last.start(last.succession(NEW), last.failures.append)
    waited(lambda: last.serving.view.state.caught_up)
    assert shots_in(last.serving.index, NEW) == [ShotId(ALICE, n) for n in range(1, 40)]
    last.close()
    house.close()
