"""Standing sentences over a real Redis: told once, whoever tells, killed or not; erased, aged."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from detectors.types import ShotId
from pipeline.clock import ManualClock
from pipeline.errors import ConfigError
from pipeline.store.forgetting import Forgetting
from pipeline.workers.presence import LEFT_WITHIN_S
from pipeline.workers.sentences import UNKNOWN_FOR_S
from pipeline.workers.standing import HEARTBEAT_EVERY_S
from tests.store_messages import NOON, logged, published
from tests.watch_site import BLUE, ENCODER, RED, Site, track

pytestmark = [
    pytest.mark.redis,
    pytest.mark.parametrize("redis_binary", ["found"], indirect=True),
]


@pytest.fixture
def site(private_redis):
    site = Site(private_redis)
    # The log's ids begin with the time of the server: those of NOON lie before them.
    site.clock = ManualClock(NOON)
    return site


def test_new_then_better_then_over(site):
    site.watch()
    worker = site.worker()
    site.see(track(), vector=BLUE)
    worker.tell_once(block_s=0)
    site.see(track(), 2, vector=RED)
    worker.tell_once(block_s=0)
    site.see(track(), 3, vector=BLUE)  # no better
    worker.tell_once(block_s=0)
    site.tracks.end({track(): NOON + 3})
    worker.tell_once(block_s=0)
    worker.tell_once(block_s=0)
    name = str(track())
    assert site.words() == [("new", name, 1), ("update", name, 2), ("end", name, 3)]


def test_a_watch_that_is_added_hears_of_who_is_in_view_already(site):
    worker = site.worker()
    site.see(track())
    worker.tell_once(block_s=0)
    site.watch()
    assert worker.tell_once(block_s=0) == 1


def test_who_is_not_in_view_any_more_makes_no_alert(site):
    site.watch()
    site.see(track())
    site.tracks.end({track(): NOON + 1})
    site.clock.sleep(LEFT_WITHIN_S + 1)
    assert site.worker().tell_once(block_s=0) == 0
    assert site.words() == []


def test_what_should_not_be_seen_is_not_looked_for(site):
    site.watch(text="a person without a red coat")
    site.see(track())
    site.worker().tell_once(block_s=0)
    (word,) = site.alerts.page("0-0", 10)
    assert word.score < 0.5  # "red coat" has 1


def test_a_vector_of_another_length_is_passed_over(site):
    site.watch()
    worker = site.worker()
    site.see(track(1), vector=RED[:4] / np.linalg.norm(RED[:4]))
    assert worker.tell_once(block_s=0) == 0
    site.see(track(2))
    assert worker.tell_once(block_s=0) == 1


def test_who_stays_in_view_for_longer_than_the_cooldown_is_one_alert_still(site):
    site.watch(cooldown_s=60.0)
    worker = site.worker()
    site.see(track(1, "lobby"))
    worker.tell_once(block_s=0)
    site.see(track(1, "gate"), captured_at=NOON + 600)
    worker.tell_once(block_s=0)
    site.tracks.end({track(1, "lobby"): NOON + 601, track(1, "gate"): NOON + 601})
    worker.tell_once(block_s=0)
    site.see(track(2, "gate"), captured_at=NOON + 700)
    worker.tell_once(block_s=0)
    assert [kind for kind, *_ in site.words()] == ["new", "update", "end", "new"]


def test_who_is_in_view_is_told_once_it_is_known_what_others_score(site):
    site.watch(false_alarms=1.0)
    worker = site.worker()
    site.see(track())
    assert worker.tell_once(block_s=0) == 0  # nothing tells what unrelated people score
    others = ENCODER.encode_texts([f"somebody {number}" for number in range(40)])
    index = worker._engine.index
    for number, vector in enumerate(others, start=100):
        one = logged(published(1, track(number), shot=ShotId(track(number), 1)))
        one = replace(one, vector=vector, model_id=ENCODER.model_id)
        index.add([one.for_index(expires_at=None)])
    site.clock.sleep(UNKNOWN_FOR_S + 1)
    assert worker.tell_once(block_s=0) == 1


def test_another_worker_goes_on_and_tells_nothing_twice(site):
    site.watch()
    first, second = site.worker("one"), site.worker("two")
    site.see(track(1))
    assert first.tell_once(block_s=0) == 1
    assert second.tell_once(block_s=0) == 0  # it has no lease
    first._beat_at = float("-inf")
    first._tidy({})  # the position is written down
    site.bus.client.delete(site.bus.keys.lease(site.bus.keys.watch_teller))  # it ran out
    site.see(track(2), vector=BLUE)
    assert second.tell_once(block_s=0) == 1
    assert [kind for kind, *_ in site.words()] == ["new", "new"]


def test_the_position_that_is_kept_lies_before_all_shots_of_who_is_in_view(site):
    site.watch()
    site.see(track(1))
    worker = site.worker()
    worker.tell_once(block_s=0)
    site.see(track(2), vector=BLUE)
    site.clock.sleep(HEARTBEAT_EVERY_S)
    worker.tell_once(block_s=0)
    position = site.alerts.read_from()
    again = [message.shot.track for _, message in site.log.read(position, count=10)]
    assert again == [track(1), track(2)]
    site.tracks.end({track(1): NOON + 1})
    site.clock.sleep(LEFT_WITHIN_S)
    site.appear(track(2))
    worker.tell_once(block_s=0)
    position = site.alerts.read_from()
    again = [message.shot.track for _, message in site.log.read(position, count=10)]
    assert again == [track(2)]


KILLED = """
import os, signal, sys
import redis
from pipeline.store.keys import Keys
from tests.watch_site import Site
from types import SimpleNamespace
bus = SimpleNamespace(client=redis.Redis(unix_socket_path=sys.argv[1]), keys=Keys(sys.argv[2]))
site = Site(bus)
tell, left = site.alerts.tell, [int(sys.argv[3])]
def told(*a, **k):
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left[0] -= 1
    return tell(*a, **k)
site.alerts.tell = told
site.worker("killed").tell_once(block_s=0)
"""


@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_worker_that_is_killed_while_it_tells_loses_and_doubles_nothing(site, after):
    site.watch()
    for number in range(1, 5):
        site.see(track(number))
    arguments = [str(site.bus.socket), site.bus.keys.namespace, str(after)]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", KILLED, *arguments],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        timeout=120,
    )
    assert done.returncode == -signal.SIGKILL
    assert len(site.words()) == after
    site.bus.client.delete(site.bus.keys.lease(site.bus.keys.watch_teller))
    site.worker("next").tell_once(block_s=0)
    assert sorted(site.words()) == [("new", str(track(n)), 1) for n in range(1, 5)]


def test_a_removed_watch_ends_its_alerts(site):
    site.watch()
    worker = site.worker()
    site.see(track())
    worker.tell_once(block_s=0)
    assert site.watches.remove("red")
    worker.tell_once(block_s=0)
    worker.tell_once(block_s=0)
    assert [kind for kind, *_ in site.words()] == ["new", "end"]


def test_two_watches_of_one_name_are_one_too_many(site):
    site.watch()
    with pytest.raises(ConfigError, match="there is a watch named 'red'"):
        site.watch(watch_id="other")
    assert len(site.watches.all()) == 1


def test_nothing_is_left_of_an_erased_track_and_nothing_comes_back(site):
    site.watch(cooldown_s=600.0)
    worker = site.worker()
    site.see(track(1, "lobby"))
    worker.tell_once(block_s=0)
    site.see(track(1, "gate"))  # the same person: one alert of two tracks
    site.see(track(1, "yard"), vector=BLUE)
    worker.tell_once(block_s=0)
    assert len(site.words()) == 3
    before = site.alerts.told()["red", track(1, "lobby")]
    assert site.erased.mark([track(1, "lobby")], NOON) == []
    Forgetting(site.bus.client, site.bus.keys).messages([track(1, "lobby")])
    kept = {name for _, name, _ in site.words()}
    assert kept == {str(track(1, "yard"))}
    assert {where for _, where in site.alerts.told()} == {track(1, "yard")}
    # A late word of it, or of its alert, is refused.
    by = worker._held
    assert not site.alerts.tell(before, None, watch="red", now=NOON, by=by)
    later = replace(before, track=track(1, "gate"))
    assert not site.alerts.tell(later, None, watch="red", now=NOON, by=by)


def test_words_age_with_what_was_seen(site):
    site.watch()
    worker = site.worker()
    site.see(track(1), captured_at=NOON - 100)
    site.see(track(2), captured_at=NOON)
    site.tracks.end({track(1): NOON - 99})
    worker.tell_once(block_s=0)
    site.appear(track(2))
    assert site.alerts.expire(lambda at: at < NOON) == 2
    assert site.words() == [("new", str(track(2)), 1)]
    assert [who for _, who in site.alerts.told()] == [track(2)]


def test_who_stays_for_longer_than_words_are_kept_is_told_no_second_time_and_ends(site):
    site.watch()
    worker = site.worker()
    site.see(track(), captured_at=NOON - 100)
    worker.tell_once(block_s=0)
    assert site.alerts.expire(lambda at: at < NOON) == 1
    site.worker().tell_once(block_s=0)  # one that starts and looks at all again
    site.tracks.end({track(): NOON + 1})
    site.worker().tell_once(block_s=0)
    assert [kind for kind, *_ in site.words()] == ["end"]
    site.alerts.expire(lambda at: at < NOON)
    assert site.alerts.told() == {}
