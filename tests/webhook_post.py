"""A watched site, and who delivers what it tells by webhook."""

import ssl
from concurrent.futures import ThreadPoolExecutor, wait

from pipeline.clock import ManualClock
from pipeline.store.deliveries import DeliveryStore
from pipeline.store.leases import LeaseStore
from pipeline.workers.alert_words import alert_answer
from pipeline.workers.delivering import Carrier, Deliverer, DeliveryLedger
from pipeline.workers.delivery_desk import DeliveryDesk
from pipeline.workers.webhook import WebhookSender
from tests.receiver import SECRET
from tests.store_messages import NOON
from tests.watch_site import RED, Site, track

RETRY_S = 600.0


class Post:
    """A site, and who delivers what it tells."""

    def __init__(
        self, bus, *, everywhere=(), allow_private=True, timeout_s=0.5, others=None, note=None
    ):
        self.site = Site(bus)
        self.site.clock = ManualClock(NOON)
        self.clock, self.store = self.site.clock, DeliveryStore(bus.client, bus.keys)
        self.desk = DeliveryDesk(self.store, self.site.alerts, self.clock)
        lease = LeaseStore(bus.client, bus.keys, "deliverer", ttl_s=60)
        ledger = DeliveryLedger(
            self.site.watches, self.site.alerts, self.store, lease, bus.keys.deliverer
        )
        send = sender(allow_private=allow_private, timeout_s=timeout_s).send
        carriers = {"webhook": Carrier(send, RETRY_S), **(others or {})}
        self.worker = self.site.worker()
        self.deliverer = Deliverer(
            ledger, tuple(everywhere), carriers, self.clock, note or (lambda *_: None)
        )
        self.threads = ThreadPoolExecutor(8)
        self.look()

    def look(self, after_s=0.0):
        """Deliver what can be, `after_s` seconds later."""
        self.clock.sleep(after_s)
        for _ in range(2):  # what is written down is sent at the next look
            self.deliverer.look_once(self.threads)
            wait([lane.work for lane in self.deliverer._lanes.values() if lane.work], 30)

    def tell(self, *tracks, vector=RED):
        for each in tracks:
            self.site.see(each, vector=vector)
        self.worker.tell_once(block_s=0)

    def leave(self, *tracks):
        self.site.tracks.end(dict.fromkeys(tracks, self.clock.now()))
        self.worker.tell_once(block_s=0)


def sender(*, allow_private=True, timeout_s=0.5, secret=SECRET, tls=None):
    context = tls or ssl.create_default_context()
    return WebhookSender(secret, allow_private, timeout_s, ManualClock(NOON).now, context)


def told(post):
    post.tell(track(1))
    return [alert_answer(word) for word in post.site.alerts.page("0-0", 10)]
