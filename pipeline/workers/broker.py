"""Tells a broker each word of an alert, and keeps it told that somebody is there to tell."""

import logging
import random
import threading
import time
from typing import Final

from pipeline.retry import Backoff
from pipeline.watch_answers import AlertAnswer
from pipeline.workers.broker_connection import BrokerAccount, BrokerConnection
from pipeline.workers.webhook import DeliveryFailed

log = logging.getLogger(__name__)

FIRST_WAIT_S: Final = 1.0
LONGEST_WAIT_S: Final = 60.0
LASTED_S: Final = 30.0
"""A connection that was lost sooner is no sign that all is well: two of one name take turns."""

LEAVE_WITHIN_S: Final = 2.0


class Broker:
    """Connected for as long as this process is the one that delivers."""

    def __init__(self, account: BrokerAccount, matches: str) -> None:
        """Nothing is connected yet.

        Args:
            account: where the broker is, and who we are there.
            matches: the topic of alerts.
        """
        self._account, self._matches = account, matches
        self._backoff = Backoff(FIRST_WAIT_S, LONGEST_WAIT_S, random.Random())
        self._turn = threading.Lock()  # of whoever connects or publishes
        self._connection: BrokerConnection | None = None
        self._since = 0.0  # by the monotonic clock, as the next
        self._rests_until = 0.0
        self._coming: threading.Thread | None = None
        self._is_ours, self._is_failing = False, False

    def attend(self, is_ours: bool) -> None:
        """Come, or see to it that we are still there; go where another delivers. Waits for none."""
        was_ours, self._is_ours = self._is_ours, is_ours
        if not is_ours:
            if was_ours:
                self._leave()
            return
        connection = self._connection
        if connection is not None and connection.ended is None:
            return
        now = time.monotonic()
        if connection is not None:
            self._lost(connection, now)
        if now >= self._rests_until and (self._coming is None or not self._coming.is_alive()):
            self._coming = threading.Thread(target=self._come, name="broker", daemon=True)
            self._coming.start()

    def send(self, target: str, told: AlertAnswer) -> None:
        """Have the broker take a word, at quality of service 1.

        Raises:
            DeliveryFailed: it did not, as far as we know.
        """
        del target  # there is one
        with self._turn:
            self._connected().publish(self._matches, told.model_dump_json().encode())

    def _come(self) -> None:
        try:
            with self._turn:
                self._connected()
        except DeliveryFailed as error:
            self._rests_until = time.monotonic() + self._backoff.next_wait_s()
            if not self._is_failing:
                log.warning("the MQTT broker: %s; it is tried again", error)
            self._is_failing = True
        except Exception:  # a thread's outermost loop
            self._rests_until = time.monotonic() + self._backoff.longest_wait_s()
            log.exception("the MQTT broker could not be reached for a fault of ours")

    def _connected(self) -> BrokerConnection:
        """The connection, made if there is none; to be called in turn."""
        if self._connection is not None and self._connection.ended is None:
            return self._connection
        if not self._may_stay():
            raise DeliveryFailed("is another process's to tell by now")
        made = BrokerConnection(self._account)
        self._connection, self._since, self._is_failing = made, time.monotonic(), False
        log.info("the MQTT broker: connected")
        if not self._may_stay():  # somebody else began while we came
            made.close()
        return made

    def _may_stay(self) -> bool:
        return self._is_ours

    def _lost(self, connection: BrokerConnection, now: float) -> None:
        """Wait before the next attempt, longer if this connection was none for long."""
        if not self._turn.acquire(blocking=False):
            return  # whoever has the turn makes another
        try:
            if self._connection is not connection:
                return
            self._connection = None
            if now - self._since >= LASTED_S:
                self._backoff.reset()
            self._rests_until = now + self._backoff.next_wait_s()
            log.warning("the MQTT broker: closed the connection (%s)", connection.ended)
        finally:
            self._turn.release()

    def _leave(self) -> None:
        has_turn = self._turn.acquire(timeout=LEAVE_WITHIN_S)
        connection, self._connection = self._connection, None
        if connection is not None and has_turn:
            connection.close()
        elif connection is not None:  # somebody waits for an answer that does not come
            connection.drop()
        if has_turn:
            self._turn.release()
