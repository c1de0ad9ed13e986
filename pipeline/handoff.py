"""Handing the newest item from a fast producer to a slow consumer, counting what is lost."""

import queue
import threading
import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Generic, TypeVar

T = TypeVar("T")


class Latest(Generic[T]):
    """A one-place hand-off in which a new item replaces an unread one.

    A queue would keep every frame and answer ever later; this keeps the answer
    current and counts what it gave up. Put decoded frames here, never packets:
    a decoder that misses a packet shows garbage until the next key frame.

    At every instant `put_count == taken_count + dropped + held`.
    """

    def __init__(self, condition: threading.Condition | None = None) -> None:
        """`condition` may be shared, so that one consumer waits for several hand-offs."""
        self._changed = condition or threading.Condition()
        self._item: list[T] = []  # none or one; an item may itself be None
        self._is_closed = False
        self.put_count = 0
        self.taken_count = 0
        self.dropped = 0

    @property
    def held(self) -> int:
        """1 while an item waits to be taken, else 0."""
        return len(self._item)

    @property
    def is_closed(self) -> bool:
        """Whether nothing more will come."""
        return self._is_closed

    def put(self, item: T) -> bool:
        """Offer `item`. Never waits.

        Returns:
            Whether an item was dropped: the unread one, or `item` itself once closed.
        """
        with self._changed:
            self.put_count += 1
            if self._is_closed:
                self.dropped += 1
                return True
            was_unread = bool(self._item)
            self.dropped += was_unread
            self._item = [item]
            self._changed.notify_all()
            return was_unread

    def take(self, timeout_s: float) -> T | None:
        """The newest item, waiting for one if need be; None after `timeout_s` or once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._item or self._is_closed, timeout_s)
            if not self._item:
                return None
            self.taken_count += 1
            return self._item.pop()

    def close(self) -> None:
        """Say that nothing more comes, and wake who waits; what is held can still be taken."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()


class NewestFrames(Generic[T]):
    """The newest item of each of several cameras, for one consumer.

    Cameras take turns: one that was served goes to the end of the line, so that a
    camera at 60 fps cannot starve one at 5 fps.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._line: dict[str, Latest[T]] = {}  # in the order of their turn
        self._is_closed = False

    def hand_off(self, camera_id: str) -> Latest[T]:
        """Where the reader of `camera_id` puts its frames; made on first use."""
        with self._changed:
            if camera_id not in self._line:
                self._line[camera_id] = Latest(self._changed)
                if self._is_closed:
                    self._line[camera_id].close()
            return self._line[camera_id]

    def put(self, camera_id: str, item: T) -> bool:
        """Offer `item`. Never waits; whether an item was dropped."""
        return self.hand_off(camera_id).put(item)

    def take_all(self, timeout_s: float, at_most: int) -> list[T]:
        """The newest item of up to `at_most` cameras, whose turn it is first.

        Waits until there is at least one.

        Args:
            timeout_s: the longest wait.
            at_most: at least 1.

        Returns:
            At most one item a camera; empty after `timeout_s`, or once closed and empty.
        """
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while not (ready := self._ready(at_most)):
                if not self._wait(deadline):
                    return []
            return [item for one in ready if (item := self._serve(one)) is not None]

    def remove(self, camera_id: str) -> None:
        """Forget a camera that moved to another worker; what it held is lost."""
        with self._changed:
            gone = self._line.pop(camera_id, None)
        if gone is not None:
            gone.close()

    def close(self) -> None:
        """Say that nothing more comes, and wake who waits."""
        with self._changed:
            self._is_closed = True
            for one in self._line.values():
                one.close()
            self._changed.notify_all()

    def _ready(self, at_most: int) -> list[str]:
        waiting = [camera_id for camera_id, one in self._line.items() if one.held]
        return waiting[:at_most]

    def _serve(self, camera_id: str) -> T | None:
        self._line[camera_id] = self._line.pop(camera_id)  # to the end of the line
        return self._line[camera_id].take(0)

    def _wait(self, deadline: float) -> bool:
        left_s = deadline - time.monotonic()
        if self._is_closed or left_s <= 0:
            return False
        self._changed.wait(left_s)
        return True


class ReadAhead(Generic[T]):
    """What an iterable yields, taken from it in a thread, a few items ahead of who asks.

    At most `ahead` items wait. An error of the iterable is raised to who asks, behind the items
    that came before it.
    """

    def __init__(self, items: Iterable[T], ahead: int) -> None:
        """Start taking when entered.

        Args:
            items: iterated once, in the thread.
            ahead: items that wait at most, at least 1.
        """
        self._items = items
        self._waiting: queue.Queue[T] = queue.Queue(ahead)
        self._enough = threading.Event()
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="ahead")
        self._filling: Future[None] | None = None

    def __enter__(self) -> "ReadAhead[T]":
        self._filling = self._threads.submit(self._fill)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._enough.set()
        self._threads.shutdown(wait=False)

    @property
    def is_over(self) -> bool:
        """Whether every item was taken, and no error is left to raise."""
        filling = self._filling
        is_filled = filling is not None and filling.done() and filling.exception() is None
        return is_filled and self._waiting.empty()

    def take(self, timeout_s: float = 0.0) -> T | None:
        """The next item, waiting for it if need be; None if there is none by then."""
        filling = self._filling
        # Looked at before the queue: what was put before its end is seen after it.
        has_ended = filling is not None and filling.done()
        try:
            return self._waiting.get(timeout_s > 0 and not has_ended, timeout_s)
        except queue.Empty:
            if has_ended and filling is not None:
                filling.result()  # raises what ended it
            return None

    def _fill(self) -> None:
        for item in self._items:
            while not self._enough.is_set():
                try:
                    self._waiting.put(item, timeout=0.1)
                    break
                except queue.Full:
                    continue
            else:
                return
