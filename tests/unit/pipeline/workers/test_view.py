"""pipeline.workers.view: how far the index says it is."""

import pytest

from pipeline.clock import ManualClock
from pipeline.store.retention import RetentionPolicy
from pipeline.store.sighting_log import LogPage
from pipeline.telemetry import Telemetry
from pipeline.workers import view as view_module
from pipeline.workers.view import LogView
from tests.store_messages import logged, published


class Log:
    """A log in memory; a message may be unreadable (None)."""

    def __init__(self, readable: list[bool]) -> None:
        self.rows = [
            (f"{n}-0", logged(published(n)) if r else None) for n, r in enumerate(readable, 1)
        ]

        self.removals: dict[str, str] = {}

    def last_id(self) -> str:
        return self.rows[-1][0] if self.rows else "0-0"

    def page(self, after: str, *, count: int, block_s: float) -> LogPage:
        at = int(after.partition("-")[0])
        rows = self.rows[at : at + count]
        good = [(entry_id, message) for entry_id, message in rows if message is not None]
        return LogPage(good, rows[-1][0] if rows else after, len(rows) == count)

    def register_view(self, name: str, position: str, now: float) -> None:
        pass

    def removed(self) -> dict[str, str]:
        return dict(self.removals)


class Gallery:
    """Counts what is added."""

    def __init__(self) -> None:
        self.shots: list[int] = []

    def __len__(self) -> int:
        return len(self.shots)

    def add(self, sightings):
        self.shots += [sighting.shot.number for sighting in sightings]
        return len(sightings)

    def remove_collection(self, name: str) -> int:
        gone, self.shots = len(self.shots), []
        return gone

    def expire(self, now: float) -> int:
        return 0


def view_of(log: Log) -> tuple[LogView, Gallery]:
    gallery = Gallery()
    view = LogView(
        log,
        gallery,
        model_id="m@1",
        policy=RetentionPolicy(live_s=None, imports_s=None, collections={}),
        clock=ManualClock(),
        telemetry=Telemetry(),
    )
    return view, gallery


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch):
    monkeypatch.setattr(view_module, "READ_AT_ONCE", 3)


def test_a_view_with_an_unreadable_message_in_its_first_page_is_not_at_the_end_yet():
    view, gallery = view_of(Log([True, False, True, True, True]))
    view.follow_once(block_s=0)
    assert gallery.shots == [1, 3]
    assert not view.state.caught_up
    assert view.state.indexed_until is None
    view.follow_once(block_s=0)
    assert gallery.shots == [1, 3, 4, 5]
    assert view.state.caught_up
    assert view.state.indexed_until == ManualClock().now()


def test_a_view_moves_past_a_page_of_which_nothing_can_be_read():
    view, gallery = view_of(Log([False, False, False, True]))
    view.follow_once(block_s=0)
    assert view.state.position == "3-0"
    assert not view.state.caught_up
    view.follow_once(block_s=0)
    assert gallery.shots == [4]


def test_a_view_that_has_read_what_there_was_at_the_start_has_caught_up_though_more_came():
    log = Log([True] * 3)
    view, _ = view_of(log)
    view.follow_once(block_s=0)
    assert view.state.caught_up
    assert view.state.indexed_until is None  # the page was full: there may be more


def test_an_empty_log_is_caught_up_with():
    view, _ = view_of(Log([]))
    view.follow_once(block_s=0)
    assert view.state.caught_up


def test_what_was_removed_leaves_the_index_and_does_not_come_back():
    log = Log([True, True, True, True])
    view, gallery = view_of(log)
    view.follow_once(block_s=0)
    assert gallery.shots == [1, 2, 3]
    # Somebody removes it while the next page, with the last of the old, is on its way.
    log.removals["live"] = "4-0"
    log.rows.append(("5-0", logged(published(5))))
    view.follow_once(block_s=0)
    assert gallery.shots == [5]
    view.follow_once(block_s=0)
    assert gallery.shots == [5]
