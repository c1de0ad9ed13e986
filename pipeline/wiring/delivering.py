"""Builds what delivers alerts, and what is asked about them."""

import logging
import ssl
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from pipeline.audit_events import Audit
from pipeline.clock import SystemClock
from pipeline.config import Settings
from pipeline.config_delivery import Mqtt
from pipeline.errors import AuditUnavailable, ConfigError
from pipeline.names import process_name
from pipeline.shutdown import Stop
from pipeline.store.alerts import AlertStore
from pipeline.store.deliveries import DeliveryStore
from pipeline.store.keys import Keys
from pipeline.store.leases import LeaseStore
from pipeline.store.watches import WatchStore
from pipeline.store_figures import DeliveryFigures
from pipeline.webhook_urls import BROKER
from pipeline.wiring.auditing import open_audit
from pipeline.wiring.stores import Stores, open_folder, open_stores
from pipeline.workers.broker import Broker
from pipeline.workers.broker_connection import BrokerAccount
from pipeline.workers.delivering import LEASE_S, Carrier, Deliverer, DeliveryLedger
from pipeline.workers.delivery_desk import DeliveryDesk
from pipeline.workers.noted_deliveries import NotedDeliveries
from pipeline.workers.receiver_rules import ReceiverRules
from pipeline.workers.webhook import WebhookSender

log = logging.getLogger(__name__)

PORT: Final = 1883
TLS_PORT: Final = 8883


def work_deliver(settings: Settings, stop: Stop) -> None:
    """Deliver alerts until `stop`."""
    audit = open_audit(settings, open_folder(settings))
    build_deliverer(settings, open_stores(settings), audit).run(stop)
    try:
        audit.seal()
    except AuditUnavailable as error:
        log.warning("%s", error)


def build_deliverer(settings: Settings, stores: Stores, audit: Audit) -> Deliverer:
    """What delivers alerts to webhooks, and to a broker if the settings name one."""
    keys, clock, hooks = Keys(settings.redis.namespace), SystemClock(), settings.webhooks
    ledger = DeliveryLedger(
        watches=WatchStore(stores.client, keys),
        alerts=AlertStore(stores.client, keys),
        deliveries=DeliveryStore(stores.client, keys),
        lease=LeaseStore(stores.client, keys, process_name(), ttl_s=LEASE_S),
        lease_name=keys.deliverer,
    )
    everywhere = [] if hooks.url is None else [hooks.url.get_secret_value()]
    sender = WebhookSender(
        secret=None if hooks.secret is None else hooks.secret.get_secret_value(),
        allow_private=hooks.allow_private_addresses,
        timeout_s=hooks.timeout_s,
        now=clock.now,
        tls=ssl.create_default_context(),
    )
    carriers = {"webhook": Carrier(sender.send, hooks.retry_s)}
    noted = NotedDeliveries(audit)
    if settings.mqtt.url is not None:
        account = broker_account(settings.mqtt)
        broker = Broker(account, matches=f"{settings.mqtt.prefix}/matches")
        carriers["mqtt"] = Carrier(broker.send, settings.mqtt.retry_s, broker.attend)
        noted.broker = f"{account.host}:{account.port}"
        everywhere += [BROKER] if settings.mqtt.every_watch else []
    return Deliverer(ledger, tuple(everywhere), carriers, clock, noted.note)


def broker_account(mqtt: Mqtt) -> BrokerAccount:
    """Where the broker of the settings is, and who we are there.

    Raises:
        ConfigError: the settings name none, or its certificates cannot be read.
    """
    if mqtt.url is None:
        raise ConfigError("mqtt.url names no broker: set it to mqtt://host:1883, say")
    parts = urlsplit(mqtt.url)
    is_encrypted = parts.scheme == "mqtts"
    try:
        tls = ssl.create_default_context(cafile=mqtt.ca_file) if is_encrypted else None
    except OSError as error:  # ssl.SSLError is one
        raise ConfigError(
            f"mqtt.ca_file: {mqtt.ca_file} holds no certificates that can be read: name a PEM file"
        ) from error
    return BrokerAccount(
        host=parts.hostname or "",
        port=parts.port or (TLS_PORT if is_encrypted else PORT),
        client_id=mqtt.client_id,
        username=mqtt.username,
        password=None if mqtt.password is None else mqtt.password.get_secret_value(),
        available=f"{mqtt.prefix}/available",
        timeout_s=mqtt.timeout_s,
        tls=tls,
    )


def receiver_rules(settings: Settings) -> ReceiverRules:
    """Which receivers a watch may have."""
    hooks = settings.webhooks
    return ReceiverRules(
        has_secret=hooks.secret is not None,
        allow_private=hooks.allow_private_addresses,
        has_broker=settings.mqtt.url is not None,
    )


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
