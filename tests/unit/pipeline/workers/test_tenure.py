"""pipeline.workers.tenure, lease_keeper, giving_way: what a worker may tell that lost its lease."""

import threading

from hypothesis import given
from hypothesis import strategies as st

from pipeline.clock import ManualClock
from pipeline.store.leases import Claim
from pipeline.workers.giving_way import Mark, Marks
from pipeline.workers.lease_keeper import LeaseKeeper
from pipeline.workers.recording import Outbox
from pipeline.workers.tenure import CameraOutbox, Tenure

TTL_S = 6.0


def ours(turn: int = 1) -> Claim:
    return Claim(True, turn, 100.0)


def theirs(turn: int, since_s: float) -> Claim:
    return Claim(False, turn, since_s)


@given(
    seen_at=st.lists(st.floats(0, 100), min_size=1, max_size=30),
    renewals=st.lists(st.floats(0, 100), max_size=20),
    taken_at=st.none() | st.floats(0, 100),
)
def test_what_is_told_is_what_was_seen_before_another_took_the_camera(seen_at, renewals, taken_at):
    tenure, last = Tenure(1, TTL_S, TTL_S), 0.0
    for at in sorted(renewals):
        # Redis gives the lease to another only once it has run out.
        if taken_at is not None and taken_at < at and taken_at >= last + TTL_S:
            break
        tenure.hear(ours(), at)
        last = at
    was_lost = taken_at is not None and taken_at >= last + TTL_S
    for at in seen_at:
        assert tenure.was_ours(at) is (True if at < last + TTL_S else None)
    if was_lost:
        tenure.hear(theirs(2, 200.0 - taken_at), 200.0)
    else:
        tenure.hear(ours(), 200.0)
    for at in seen_at:
        assert tenure.was_ours(at) is (at < tenure.over_at if was_lost else True)
        if was_lost and abs(at - taken_at) > 1e-6:
            assert tenure.was_ours(at) is (at < taken_at)


def test_where_several_had_the_camera_only_what_was_surely_ours_is_told():
    for claim in (theirs(3, 1.0), ours(3), theirs(1, 1.0)):
        tenure = Tenure(1, TTL_S, TTL_S)
        tenure.hear(claim, 100.0)
        assert (tenure.was_ours(5.9), tenure.was_ours(6.1)) == (True, False)


def test_what_was_ours_at_the_last_renewal_stays_ours_however_old_the_other_s_turn_seems():
    """A machine that was suspended for an hour: Redis's clock went on, ours stood still."""
    tenure = Tenure(1, TTL_S, TTL_S)
    tenure.hear(ours(), 50.0)
    tenure.hear(theirs(2, 3600.0), 60.0)
    assert (tenure.was_ours(49.9), tenure.was_ours(50.1)) == (True, False)


def test_a_redis_that_forgot_everything_took_nothing_away():
    tenure = Tenure(4, TTL_S, TTL_S)
    tenure.hear(Claim(True, 1, 0.0, is_first=True), 100.0)
    tenure.hear(ours(1), 101.0)
    assert tenure.was_ours(106.9)
    tenure.hear(theirs(2, 1.0), 110.0)
    assert (tenure.was_ours(108.9), tenure.was_ours(109.1)) == (True, False)


def test_a_turn_that_is_over_stays_over():
    tenure = Tenure(1, TTL_S, TTL_S)
    tenure.hear(theirs(2, 10.0), 30.0)
    tenure.hear(ours(1), 31.0)
    assert tenure.over_at == 20.0
    assert not tenure.was_ours(32.0)


class Desk:
    """The outbox of one turn, and what was told."""

    def __init__(self) -> None:
        self.clock, self.outbox, self.told = ManualClock(), Outbox(at_most=None), []
        self.tenure = Tenure(1, TTL_S, TTL_S)
        self.desk = CameraOutbox(self.outbox, self.tenure, self.clock)

    def deed(self, word: str):
        return lambda: self.told.append(word) is None

    def see(self, word: str) -> None:
        self.desk.put(self.deed(word))

    def stand(self, word: str) -> None:
        self.desk.put_if_ours(self.deed(word))


def test_what_is_unsure_waits_and_is_told_if_nobody_took_the_camera():
    one = Desk()
    one.see("before")
    one.clock.sleep(20.0)
    one.see("unsure")
    assert not one.outbox.flush()
    assert one.told == ["before"]
    one.tenure.hear(ours(), one.clock.monotonic())
    assert one.outbox.flush()
    assert one.told == ["before", "unsure"]


def test_what_another_saw_too_is_dropped_and_what_nobody_else_saw_is_told():
    one = Desk()
    one.see("before")
    one.clock.sleep(7.0)
    one.see("ran out, not taken")
    one.clock.sleep(13.0)
    one.see("taken")
    one.tenure.hear(theirs(2, 10.0), one.clock.monotonic())
    assert one.outbox.flush()
    assert one.told == ["before", "ran out, not taken"]


def test_how_a_camera_stands_is_told_only_while_it_is_ours():
    one = Desk()
    one.stand("live")
    one.clock.sleep(7.0)
    assert not one.outbox.flush()  # it may be another's by now
    one.tenure.hear(theirs(2, 0.5), one.clock.monotonic())
    assert one.outbox.flush()
    assert one.told == []


def test_a_camera_given_up_of_our_own_accord_leaves_nothing_waiting():
    one = Desk()
    one.clock.sleep(7.0)
    one.see("unsure")
    one.tenure.hear(ours(), one.clock.monotonic())
    one.tenure.give_up()
    one.clock.sleep(60.0)
    one.stand("paused")
    assert one.outbox.flush()
    assert one.told == ["unsure", "paused"]


def test_leases_are_renewed_beside_the_work_and_not_for_one_that_hangs():
    renewed, is_at_work = threading.Semaphore(0), threading.Event()
    is_at_work.set()

    def renew() -> None:
        renewed.release()
        raise OSError("a fault that must not end the thread")

    keeper = LeaseKeeper(renew, is_at_work.is_set, every_s=0.01)
    keeper.start()
    for _ in range(3):
        assert renewed.acquire(timeout=20)
    is_at_work.clear()
    while renewed.acquire(timeout=0.5):
        pass
    assert not renewed.acquire(timeout=0.2)
    keeper.stop()
    assert not keeper.is_alive()


def test_a_run_is_cut_off_at_the_last_mark_before_another_took_the_camera():
    marks = Marks()
    marks.add(Mark(1.0, 10, 101.0), is_sure=True)
    marks.add(Mark(2.0, 20, 102.0), is_sure=True)
    marks.add(Mark(3.0, 30, 103.0), is_sure=False)
    marks.add(Mark(4.0, 40, 104.0), is_sure=False)
    assert marks.before(3.5).frames == 30
    assert marks.before(2.5).frames == 20
    assert marks.before(1.5).frames == 20  # no less than what was surely ours
