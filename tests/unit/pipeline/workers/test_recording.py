"""pipeline.workers.recording: deeds in order, kept while the store is away."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.clock import ManualClock
from pipeline.errors import StoreUnavailable
from pipeline.workers.recording import Outbox


class Store:
    """Takes deeds, or is away."""

    def __init__(self) -> None:
        self.heard: list[int] = []
        self.is_away = False
        self.is_full = False

    def deed(self, number: int):
        def tell() -> bool:
            if self.is_away:
                raise StoreUnavailable("Redis is away")
            if self.is_full:
                return False
            self.heard.append(number)
            return True

        return tell


@given(st.lists(st.sampled_from(["put", "flush", "away", "back", "full", "room"]), max_size=60))
def test_a_waiting_outbox_tells_everything_once_and_in_order(happenings):
    store, outbox, number = Store(), Outbox(at_most=None), 0
    for happening in happenings:
        match happening:
            case "put":
                number += 1
                outbox.put(store.deed(number))
            case "flush":
                try:
                    outbox.flush()
                except StoreUnavailable:
                    assert store.is_away
            case "away" | "back":
                store.is_away = happening == "away"
            case _:
                store.is_full = happening == "full"
    store.is_away = store.is_full = False
    assert outbox.flush()
    assert store.heard == list(range(1, number + 1))


def test_a_bounded_outbox_gives_up_the_oldest_that_can_be_missed_and_counts_it():
    store, outbox = Store(), Outbox(at_most=3)
    outbox.put(store.deed(0))
    for number in range(1, 6):
        outbox.put(store.deed(number), is_expendable=True)
    assert outbox.flush()
    assert store.heard == [0, 4, 5]
    assert outbox.dropped == 3


def test_what_must_not_be_missed_is_kept_beyond_the_bound():
    store, outbox = Store(), Outbox(at_most=2)
    for number in range(1, 6):
        outbox.put(store.deed(number))
    assert outbox.flush()
    assert store.heard == [1, 2, 3, 4, 5]


def test_waiting_ends_when_the_store_is_back():
    store, outbox = Store(), Outbox(at_most=None)

    class Clock(ManualClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            store.is_away = self.monotonic() < 3

    store.is_away = True
    outbox.put(store.deed(1))
    assert outbox.flush_waiting(clock=Clock(), stopped=lambda: False)
    assert store.heard == [1]


def test_waiting_ends_when_told_to_stop_and_nothing_is_lost():
    store, outbox = Store(), Outbox(at_most=None)
    store.is_full = True
    outbox.put(store.deed(1))
    asked = iter([False, False, True])
    assert not outbox.flush_waiting(clock=ManualClock(), stopped=lambda: next(asked))
    assert len(outbox) == 1
