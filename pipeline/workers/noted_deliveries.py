"""Notes in the audit what watches tell receivers outside, before it is sent."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from pipeline.audit_events import Audit, Event
from pipeline.store.audit_names import names_in
from pipeline.store.deliveries import MOST_WAITING, Delivery
from pipeline.watch_answers import AlertAnswer
from pipeline.webhook_urls import BROKER, shown

WHO: Final = "worker:deliver"
"""No user is called so: names of users have no colon."""

REMEMBERED: Final = 4 * MOST_WAITING
"""Words that are not noted a second time when they are tried again; of more, the oldest are."""


@dataclass(slots=True)
class NotedDeliveries:
    """Notes each word once for each receiver, at its first attempt: what fails may have arrived.

    After a start, what still waits is noted once more.

    Attributes:
        audit: where.
        broker: what the broker of the settings is called there: its host and port.
    """

    audit: Audit
    broker: str = ""
    _noted: OrderedDict[str, None] = field(default_factory=OrderedDict)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def note(self, one: Delivery, told: AlertAnswer) -> None:
        """Note that a receiver is about to be told a word.

        Raises:
            AuditUnavailable: it could not be noted: do not send it.
        """
        with self._turn:
            if one.id in self._noted:
                return
        to = self.broker if one.target == BROKER and self.broker else shown(one.target)
        asked = {"watch": told.watch_id, "alert": told.alert, "word": told.type, "to": to}
        seen = sorted(names_in([told.track, told.thumbnail]))
        self.audit.note(Event(WHO, "alert-sent", asked=asked, shown=seen))
        with self._turn:
            self._noted[one.id] = None
            while len(self._noted) > REMEMBERED:
                self._noted.popitem(last=False)
