"""Hands out what could not be delivered, and has it sent again."""

from collections.abc import Sequence

from pipeline.clock import Clock
from pipeline.instants import format_instant
from pipeline.store.alerts import AlertStore
from pipeline.store.deliveries import DeliveryStore
from pipeline.watch_answers import ResentAnswer, UndeliveredAnswer
from pipeline.webhook_urls import shown
from pipeline.workers.alert_words import alert_answer


class DeliveryDesk:
    """What the API asks about deliveries that were given up."""

    def __init__(self, deliveries: DeliveryStore, alerts: AlertStore, clock: Clock) -> None:
        self._deliveries, self._alerts, self._clock = deliveries, alerts, clock

    def undelivered(self) -> list[UndeliveredAnswer]:
        """All of it that is kept, the oldest first."""
        found = [
            (name, one, self._alerts.word(one.word)) for name, one in self._deliveries.undelivered()
        ]
        return [
            UndeliveredAnswer(
                id=name,
                to=shown(one.target),
                reason=one.reason,
                attempts=one.attempts,
                queued_at=format_instant(one.queued_at),
                failed_at=format_instant(one.failed_at),
                alert=alert_answer(word),
            )
            for name, one, word in found
            if word is not None  # it is being erased
        ]

    def resend(self, ids: Sequence[str]) -> ResentAnswer:
        """Send these again, or all; as long and as often as if they were new.

        Raises:
            NotFound: one of `ids` is not there.
        """
        wanted = list(ids) or [name for name, _ in self._deliveries.undelivered()]
        return ResentAnswer(count=self._deliveries.resend(wanted, self._clock.now()))
