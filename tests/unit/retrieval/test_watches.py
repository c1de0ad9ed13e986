"""retrieval.search.watches, .alarm_budget: of whom a watch is told, and how often."""

from datetime import UTC
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.types import TrackKey
from retrieval.search.alarm_budget import LOOKS, threshold_of
from retrieval.search.background import Spread, tail_probability
from retrieval.search.hours import Hours
from retrieval.search.watches import SeenShot, Standing, alert_id, end, is_silent, judge

NOON = 1_795_000_000.0
MODEL = "m@1"


def unit(*numbers):
    vector = np.array(numbers, np.float32)
    return vector / np.linalg.norm(vector)


RED, BLUE = unit(1, 0, 0), unit(0, 1, 0)


def standing(watch="w", **more):
    facts = {"vector": RED, "threshold": 0.5, "cooldown_s": 600.0}
    return Standing(watch=watch, **(facts | more))


def shot(number=1, vector=RED, at=NOON, zones=()):
    return SeenShot(number, at, vector, zones, f"picture-{number}")


def track(number=1, camera="door", run="r1"):
    return TrackKey(camera, run, number)


def tell(standings, seen, told):
    words = judge(standings, seen, told, model_id=MODEL)
    told |= {(word.watch, word.track): word for word in words}
    return words


def end_those(told, in_view=()):
    words = []
    for word in end(told, in_view):
        if not is_silent(word, told):
            words.append(word)
        told[word.watch, word.track] = word
    return words


def test_the_track_that_the_picture_is_of_is_never_told():
    seen = {track(1): [shot()], track(2): [shot()]}
    words = judge([standing(besides=track(1))], seen, {}, model_id=MODEL)
    assert [word.track for word in words] == [track(2)]


# What befalls a track: a shot that is like the sentence or not, one that comes twice, its end.
CAMERAS, ZONES = ("door", "gate"), ("step", "lawn")
SHOTS = st.tuples(
    st.integers(1, 3),  # track
    st.sampled_from(CAMERAS),
    st.integers(1, 4),  # shot
    st.floats(-1, 1, width=32),  # how red
    st.integers(0, 86_399),  # second of the day
    st.sets(st.sampled_from(ZONES)),
)


@given(
    shots=st.lists(SHOTS, max_size=20),
    cameras=st.none() | st.frozensets(st.sampled_from(CAMERAS), min_size=1),
    zones=st.none() | st.frozensets(st.sampled_from(ZONES), min_size=1),
    hours=st.none() | st.just(Hours(22 * 60, 6 * 60, UTC)),
    cooldown_s=st.sampled_from([0.0, 600.0, 1e6]),
)
def test_one_alert_a_track_and_only_of_what_the_watch_admits(
    shots, cameras, zones, hours, cooldown_s
):
    asked = standing(cameras=cameras, zones=zones, hours=hours, cooldown_s=cooldown_s)
    seen, told, words = {}, {}, []
    for number, camera, which, red, second, where in [*shots, *shots]:
        vector = unit(red, np.sqrt(1 - red * red), 0)
        kept = shot(which, vector, float(second), tuple(sorted(where)))
        seen.setdefault(track(number, camera), {})[which] = kept
        in_view = {key: list(theirs.values()) for key, theirs in seen.items()}
        made = tell([asked], in_view, told)
        for word in made:
            theirs = seen[word.track][int(word.picture.removeprefix("picture-"))]
            assert asked.admits(word.track.camera_id, theirs)
            admitted = [s for s in in_view[word.track] if asked.admits(word.track.camera_id, s)]
            assert max(float(s.vector @ RED) for s in admitted) >= asked.threshold
        words += made
        assert tell([asked], in_view, told) == []  # once more is no more
    words += end_those(told)
    assert end_those(told) == []
    by_alert = {}
    for word in words:
        by_alert.setdefault(word.alert, []).append(word)
    for alert, theirs in by_alert.items():
        assert [word.number for word in theirs] == list(range(1, len(theirs) + 1))
        kinds = [word.kind for word in theirs]
        assert kinds[0] == "new"
        assert kinds[-1] == "end"
        assert set(kinds[1:-1]) <= {"update"}
        assert alert == alert_id("w", theirs[0].track)
    beginnings = [word.track for word in words if word.kind == "new"]
    assert len(beginnings) == len(set(beginnings))


def test_a_better_shot_is_an_update_and_a_worse_one_is_silence():
    told = {}
    (new,) = tell([standing()], {track(): [shot(vector=unit(3, 2, 0))]}, told)
    (update,) = tell([standing()], {track(): [shot(vector=RED, number=2)]}, told)
    assert (new.kind, update.kind) == ("new", "update")
    assert update.alert == new.alert
    assert update.score > new.score
    assert tell([standing()], {track(): [shot(vector=unit(3, 2, 0))]}, told) == []


@pytest.mark.parametrize(("later_s", "kind"), [(599, "update"), (601, "new")])
def test_whoever_looks_the_same_is_the_same_person_until_the_cool_down_is_over(later_s, kind):
    told = {}
    (first,) = tell([standing()], {track(1): [shot()]}, told)
    end_those(told)
    (again,) = tell([standing()], {track(2): [shot(at=NOON + later_s)]}, told)
    assert again.kind == kind
    assert (again.alert == first.alert) == (kind == "update")


def test_somebody_who_looks_otherwise_is_somebody_else():
    told = {}
    tell([standing()], {track(1): [shot(vector=unit(1, 1, 0))]}, told)
    end_those(told)
    (other,) = tell([standing()], {track(2): [shot(vector=unit(1, 0, 1))]}, told)
    assert other.kind == "new"


def test_two_in_one_picture_are_two_and_on_two_cameras_one():
    told = {}
    words = tell([standing()], {track(1): [shot()], track(2): [shot()]}, told)
    assert [word.kind for word in words] == ["new", "new"]
    (third,) = tell([standing()], {track(1, "gate"): [shot()]}, told)
    assert third.kind == "update"
    # The alert goes on while one of its tracks does.
    ended = end_those(told, in_view=[track(1, "gate")])
    assert len(ended) == 1
    assert third.alert not in {word.alert for word in ended}
    assert [word.alert for word in end_those(told)] == [third.alert]


def test_another_model_compares_nothing():
    told = {}
    tell([standing()], {track(1): [shot(vector=unit(3, 2, 0))]}, told)
    words = judge([standing()], {track(1): [shot()]}, told, model_id="n@1")
    assert words == []


def test_hours_are_those_of_the_site():
    evening = Hours(18 * 60, 20 * 60, ZoneInfo("Asia/Kathmandu"))  # 5:45 ahead
    assert evening.hold(12.5 * 3600)
    assert not evening.hold(18.5 * 3600)


@given(
    false_alarms=st.floats(0.01, 100),
    per_day=st.floats(1, 1e5),
    centre=st.floats(-0.5, 0.5),
    width=st.floats(1e-3, 0.2),
)
def test_the_budget_holds_for_unrelated_tracks(false_alarms, per_day, centre, width):
    spread = Spread(centre, width)
    threshold = threshold_of(spread, false_alarms=false_alarms, per_day=per_day)
    if threshold == -1.0:
        assert per_day * LOOKS <= false_alarms
        return
    chance = tail_probability(spread.standardise(np.array([threshold])))[0]
    assert per_day * LOOKS * chance == pytest.approx(false_alarms, rel=1e-6)


def test_what_nothing_is_known_of_is_told_only_where_all_may_be():
    assert threshold_of(None, false_alarms=1.0, per_day=1000.0) == np.inf
    assert threshold_of(None, false_alarms=4001.0, per_day=1000.0) == -1.0
