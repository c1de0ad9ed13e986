"""Builds what delivers alerts, and what is asked about them."""

import ssl
from collections.abc import Callable

from pipeline.clock import SystemClock
from pipeline.config import Settings
from pipeline.names import process_name
from pipeline.shutdown import Stop
from pipeline.store.alerts import AlertStore
from pipeline.store.deliveries import DeliveryStore
from pipeline.store.keys import Keys
from pipeline.store.leases import LeaseStore
from pipeline.store.watches import WatchStore
from pipeline.store_figures import DeliveryFigures
from pipeline.wiring.stores import Stores, open_stores
from pipeline.workers.delivering import LEASE_S, Deliverer, DeliveryLedger
from pipeline.workers.delivery_desk import DeliveryDesk
from pipeline.workers.webhook import WebhookSender
from pipeline.workers.webhook_rules import WebhookRules


def work_deliver(settings: Settings, stop: Stop) -> None:
    """Deliver alerts until `stop`."""
    build_deliverer(settings, open_stores(settings)).run(stop)


def build_deliverer(settings: Settings, stores: Stores) -> Deliverer:
    """What delivers alerts to webhooks."""
    keys, clock, hooks = Keys(settings.redis.namespace), SystemClock(), settings.webhooks
    ledger = DeliveryLedger(
        watches=WatchStore(stores.client, keys),
        alerts=AlertStore(stores.client, keys),
        deliveries=DeliveryStore(stores.client, keys),
        lease=LeaseStore(stores.client, keys, process_name(), ttl_s=LEASE_S),
        lease_name=keys.deliverer,
    )
    sender = WebhookSender(
        secret=None if hooks.secret is None else hooks.secret.get_secret_value(),
        allow_private=hooks.allow_private_addresses,
        timeout_s=hooks.timeout_s,
        now=clock.now,
        tls=ssl.create_default_context(),
    )
    everywhere = () if hooks.url is None else (hooks.url.get_secret_value(),)
    return Deliverer(ledger, everywhere, {"webhook": sender.send}, clock, hooks.retry_s)


def webhook_rules(settings: Settings) -> WebhookRules:
    """Which webhooks a watch may have."""
    hooks = settings.webhooks
    return WebhookRules(hooks.secret is not None, hooks.allow_private_addresses)


def build_delivery_desk(settings: Settings, stores: Stores) -> DeliveryDesk:
    """What is asked about what could not be delivered."""
    keys = Keys(settings.redis.namespace)
    return DeliveryDesk(
        DeliveryStore(stores.client, keys), AlertStore(stores.client, keys), SystemClock()
    )


def delivery_figures(settings: Settings, stores: Stores) -> Callable[[], DeliveryFigures]:
    """What reads the figures of deliveries, for the metrics."""
    deliveries = DeliveryStore(stores.client, Keys(settings.redis.namespace))
    return lambda: DeliveryFigures(*deliveries.figures())
