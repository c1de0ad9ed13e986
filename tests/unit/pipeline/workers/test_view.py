"""pipeline.workers.view: how far the index says it is."""

import threading

import pytest

from pipeline.clock import ManualClock
from pipeline.store.retention import RetentionPolicy
from pipeline.telemetry import Telemetry
from pipeline.workers import view as view_module
from pipeline.workers.bookmarks import CHECKPOINT_EVERY_S, RETRY_AFTER_S, Bookmarks
from pipeline.workers.view import LogView
from tests.data.log_in_memory import Log
from tests.store_messages import logged, published


class Gallery:
    """Counts what is added."""

    def __init__(self) -> None:
        self.shots: list[int] = []
        self.is_full = False

    def __len__(self) -> int:
        return len(self.shots)

    def add(self, sightings):
        self.shots += [sighting.shot.number for sighting in sightings]
        return len(sightings)

    def remove(self, tracks) -> int:
        if self.is_full:
            raise OSError(28, "No space left on device")
        gone, self.shots = len(self.shots), []
        self.removed = set(tracks)
        return gone

    def remove_collection(self, name: str) -> int:
        gone, self.shots = len(self.shots), []
        return gone

    def expire(self, now: float, floors=None) -> int:
        self.floors = floors
        return 0


class Kept(Gallery):
    """A gallery that outlives its view, as it was at its last checkpoint."""

    def __init__(self) -> None:
        super().__init__()
        self.position: str | None = None
        self.is_incomplete = False
        self.saved: list[int] = []
        self.is_full = False

    @property
    def unsaved(self) -> int:
        return len(self.shots) - len(self.saved)

    def checkpoint(self, position: str) -> None:
        if self.is_full:
            raise OSError(28, "No space left on device")
        self.position, self.saved = position, list(self.shots)

    def tidy(self) -> None:
        pass

    def clear(self) -> None:
        self.position, self.shots, self.saved = None, [], []

    def restart(self) -> "Kept":
        self.shots = list(self.saved)
        return self


FOR_EVER = RetentionPolicy(live_s=None, imports_s=None, collections={})


def resumed(
    log: Log, kept: Kept, policy: RetentionPolicy = FOR_EVER
) -> tuple[LogView, ManualClock]:
    """A view of `log` that goes on where the one did that filled `kept`."""
    clock = ManualClock()
    view = LogView(
        log,
        kept,
        model_id="m@1",
        policy=policy,
        clock=clock,
        telemetry=Telemetry(),
        bookmarks=Bookmarks(kept, log, policy, clock),
    )
    return view, clock


def view_of(log: Log) -> tuple[LogView, Gallery]:
    gallery = Gallery()
    view = LogView(
        log,
        gallery,
        model_id="m@1",
        policy=FOR_EVER,
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


def test_a_message_of_an_erased_track_does_not_come_back():
    log = Log([True] * 3)
    log.erased.tracks = {message.shot.track for _, message in log.rows}
    view, gallery = view_of(log)
    view.follow_once(block_s=0)
    assert gallery.shots == []
    assert view.state.position == "3-0"


def test_what_is_being_erased_leaves_the_index_and_is_tried_again_on_a_full_disk(caplog):
    log = Log([True] * 3)
    view, gallery = view_of(log)
    view.follow_once(block_s=0)
    assert len(gallery.shots) == 3
    log.erased.now = {message.shot.track for _, message in log.rows}
    gallery.is_full = True
    view.follow_once(block_s=0)
    assert "erased tracks are on disk still (" in caplog.text
    assert view.state.erased == frozenset()
    gallery.is_full = False
    view.follow_once(block_s=0)
    assert gallery.removed == log.erased.now == view.state.erased
    assert gallery.shots == []


def test_a_view_goes_on_where_the_last_checkpoint_was():
    log, kept = Log([True] * 4), Kept()
    view, clock = resumed(log, kept)
    view.follow_once(block_s=0)
    assert kept.position is None
    clock.sleep(CHECKPOINT_EVERY_S)
    view.follow_once(block_s=0)
    assert (kept.saved, log.registered) == ([1, 2, 3, 4], "4-0")
    log.rows += [(f"{n}-0", logged(published(n))) for n in (5, 6)]
    view.follow_once(block_s=0)
    assert kept.shots == [1, 2, 3, 4, 5, 6]
    again, _ = resumed(log, kept.restart())
    again.follow_once(block_s=0)
    assert kept.shots == [1, 2, 3, 4, 5, 6]
    assert again.state.position == "6-0"
    assert again.state.caught_up


def test_a_view_that_is_stopped_leaves_a_checkpoint():
    log, kept, stop = Log([True] * 2), Kept(), threading.Event()
    view, _ = resumed(log, kept)
    following = view.follow_once
    view.follow_once = lambda *, block_s: (following(block_s=0), stop.set())[0]
    view.run(stop, pytest.fail)
    assert kept.saved == [1, 2]


def test_what_was_skipped_and_removed_is_known_again():
    log, kept = Log([True, True, True]), Kept()
    log.removals["live"] = "2-0"
    view, clock = resumed(log, kept)
    view.state.skipped["other@2"] = 7
    clock.sleep(CHECKPOINT_EVERY_S)
    view.follow_once(block_s=0)
    assert kept.saved == [3]
    again, _ = resumed(log, kept.restart())
    again.follow_once(block_s=0)
    assert kept.shots == [3]
    assert again.state.skipped == {"other@2": 7}
    assert again.state.removed == {"live": "2-0"}


@pytest.mark.parametrize("change", ["another log", "a log cut short", "another retention"])
def test_an_index_that_does_not_fit_its_log_is_built_again(change, caplog):
    log, kept, policy = Log([True] * 3), Kept(), FOR_EVER
    view, clock = resumed(log, kept)
    clock.sleep(CHECKPOINT_EVERY_S)
    view.follow_once(block_s=0)
    kept.saved.append(99)  # what only the old one has
    if change == "another log":
        log.log_id = "log-2"
    elif change == "a log cut short":
        log.rows = log.rows[:2]
    else:
        policy = RetentionPolicy(live_s=60.0, imports_s=None, collections={})
    again, _ = resumed(log, kept.restart(), policy)
    again.follow_once(block_s=0)
    assert kept.shots == [1, 2, 3][: len(log.rows)]
    assert "is built again from the log" in caplog.text


def test_a_full_disk_stops_no_search_and_is_tried_again_later(caplog):
    log, kept = Log([True] * 2), Kept()
    kept.is_full = True
    view, clock = resumed(log, kept)
    clock.sleep(CHECKPOINT_EVERY_S)
    for _ in range(3):
        view.follow_once(block_s=0)
    assert kept.shots == [1, 2]
    assert caplog.text.count("No space left on device") == 1
    kept.is_full = False
    clock.sleep(RETRY_AFTER_S)
    view.follow_once(block_s=0)
    assert kept.saved == [1, 2]
