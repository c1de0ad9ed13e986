"""pipeline.workers.attempts: failures make the next wait longer, in bounded memory."""

import threading

from hypothesis import given
from hypothesis import strategies as st

from pipeline.clock import ManualClock
from pipeline.workers.attempts import (
    FORGOTTEN_AFTER_S,
    FREE,
    LONGEST_OF_A_NAME_S,
    LONGEST_OF_AN_ADDRESS_S,
    Attempts,
)


def fail_often(attempts, clock, times, *, name="anna", address="10.0.0.7"):
    """The waits between so many failures."""
    waits = []
    for _ in range(times):
        while (wait := attempts.begin(name, address)) > 0:
            waits.append(wait)
            clock.sleep(wait)
    return waits


def test_a_few_failures_cost_nothing_and_more_cost_ever_more():
    clock = ManualClock()
    attempts = Attempts(clock.monotonic)
    assert fail_often(attempts, clock, FREE) == []
    waits = fail_often(attempts, clock, 20)
    assert waits == sorted(waits)
    assert waits[:4] == [1, 2, 4, 8]
    assert waits[-1] == LONGEST_OF_AN_ADDRESS_S


def test_a_name_is_never_kept_out_for_long_by_others_who_know_it():
    clock = ManualClock()
    attempts = Attempts(clock.monotonic)
    for n in range(200):
        clock.sleep(attempts.begin("anna", f"10.0.{n}.1"))
        attempts.begin("anna", f"10.0.{n}.1")
    assert 0 < attempts.begin("anna", "192.0.2.1") <= LONGEST_OF_A_NAME_S


def test_many_names_from_one_address_count_together():
    clock = ManualClock()
    attempts = Attempts(clock.monotonic)
    let_in = sum(attempts.begin(f"user-{n}", "2001:db8::1") == 0 for n in range(100))
    assert let_in == FREE
    assert attempts.begin("anna", "2001:db8::2") > 0, "the same /64"
    assert attempts.begin("anna", "2001:db8:0:1::2") == 0


def test_of_many_at_once_only_the_free_ones_are_let_in():
    attempts = Attempts(ManualClock().monotonic)
    let_in = []
    threads = [
        threading.Thread(target=lambda: let_in.append(attempts.begin("anna", "10.0.0.7") == 0))
        for _ in range(50)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sum(let_in) == FREE


def test_signing_in_and_time_forgive():
    clock = ManualClock()
    attempts = Attempts(clock.monotonic)
    fail_often(attempts, clock, FREE)
    attempts.forgive("anna", "10.0.0.7")
    assert attempts.begin("anna", "10.0.0.7") == 0
    fail_often(attempts, clock, 9)
    clock.sleep(FORGOTTEN_AFTER_S + 1)
    assert fail_often(attempts, clock, FREE) == []


@given(st.lists(st.tuples(st.text(max_size=80), st.text(max_size=80)), max_size=60))
def test_memory_is_bounded_whatever_is_sent(asked):
    attempts = Attempts(ManualClock().monotonic, most_kept=7)
    for name, address in asked:
        assert attempts.begin(name, address) >= 0
        assert len(attempts) <= 7


def test_the_wait_stays_a_number_however_stubborn_somebody_is():
    clock = ManualClock()
    attempts = Attempts(clock.monotonic)
    fail_often(attempts, clock, 3000)
    assert attempts.begin("anna", "10.0.0.7") == LONGEST_OF_AN_ADDRESS_S


def test_whoever_has_an_account_cannot_try_everybody_elses_with_its_help():
    clock = ManualClock()
    attempts = Attempts(clock.monotonic)
    guesses = 0
    for n in range(40):
        if attempts.begin(f"user-{n}", "10.0.0.7") == 0:
            guesses += 1
        if attempts.begin("vera", "10.0.0.7") == 0:
            attempts.forgive("vera", "10.0.0.7")
    assert guesses == FREE
