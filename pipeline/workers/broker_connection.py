"""One connection to an MQTT 5 broker: who we are, what is published, and what came of it.

Version 5, because it alone says that a broker did not take a message that it acknowledges: one
without the right to publish is told so, where with 3.1.1 the word would be lost without a trace.
Nothing is queued here, and nothing is sent again: a message that is not acknowledged in time is
the caller's, and the connection is over.
"""

import contextlib
import queue
import socket
import ssl
import time
from dataclasses import dataclass, field
from typing import Any, Final

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from pipeline.workers.webhook import DeliveryFailed

KEEPALIVE_S: Final = 15
"""Half as long again after a machine vanished, the broker says so in its place."""

LEAVE_WITHIN_S: Final = 2.0
QOS: Final = 1
ONLINE: Final = b"online"
OFFLINE: Final = b"offline"

_ACCOUNT_CODES: Final = {0x86, 0x87}
"""Bad user name or password; not authorized."""


@dataclass(frozen=True, slots=True)
class BrokerAccount:
    """Where a broker is, and who we are there.

    Attributes:
        host: name or address; on a private network or not, whoever wrote the settings meant it.
        port: where on it.
        client_id: a broker closes the older of two connections of one name.
        username: None where nobody is asked.
        password: of that user.
        available: topic on which it says whether we are there.
        timeout_s: how long it may take to answer.
        tls: how to ask who answers; None for none.
    """

    host: str
    port: int
    client_id: str
    username: str | None
    password: str | None = field(repr=False)
    available: str
    timeout_s: float
    tls: ssl.SSLContext | None


class BrokerConnection:
    """Open from its making on, until it fails or is closed."""

    def __init__(self, account: BrokerAccount, *, says_so: bool = True) -> None:
        """Connect, and be taken.

        Args:
            account: where, and as who.
            says_so: whether `available` says `online` from now on, and `offline` once this ends,
                however it ends.

        Raises:
            DeliveryFailed: nobody answered, or we were refused.
        """
        self._account = account
        self._said: queue.SimpleQueue[tuple[str, ReasonCode | str]] = queue.SimpleQueue()
        self._client = _client(account, says_so=says_so)
        self._client.on_connect = self._on_connect
        self._client.on_publish = self._on_publish
        self._client.on_disconnect = self._on_disconnect
        self.ended: str | None = None
        """Why it is over; None while it is open."""
        try:
            self._open()
            if says_so:
                self.publish(account.available, ONLINE, retain=True)
        except DeliveryFailed:
            self.drop()
            raise

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Have the broker take a message; one at a time.

        Raises:
            DeliveryFailed: it did not, as far as we know. Unless it refused, the connection is
                over: what it takes late must not be taken for an answer to what comes next.
        """
        info = self._client.publish(topic, payload, qos=QOS, retain=retain)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self.drop()
            raise DeliveryFailed(f"closed the connection ({self.ended or 'lost'})")
        try:
            reason = self._answer("taken")
        except DeliveryFailed:
            self.drop()
            raise
        if isinstance(reason, ReasonCode) and reason.is_failure:
            raise DeliveryFailed(f"refused a message on {topic}: {reason}")

    def close(self) -> None:
        """Go, so that the broker says at once that we went."""
        gone = ReasonCode(PacketTypes.DISCONNECT, aName="Disconnect with will message")
        self._client.disconnect(gone)
        ends_at = time.monotonic() + LEAVE_WITHIN_S
        while self.ended is None and time.monotonic() < ends_at:
            time.sleep(0.01)
        self.drop()

    def drop(self) -> None:
        """Break off: the broker says that we are gone once it notices."""
        self.ended = self.ended or "broken off"
        sock = self._client.socket()
        if isinstance(sock, socket.socket):
            with contextlib.suppress(OSError):  # it ended at this moment
                sock.shutdown(socket.SHUT_RDWR)

    def _open(self) -> None:
        account = self._account
        try:
            self._client.connect(account.host, account.port, keepalive=KEEPALIVE_S)
        except (OSError, UnicodeError) as error:
            raise DeliveryFailed(_reason(error, account)) from error
        self._client.loop_start()
        reason = self._answer("connected")
        if not isinstance(reason, ReasonCode) or not reason.is_failure:
            return
        if reason.value in _ACCOUNT_CODES:
            raise DeliveryFailed(
                f"does not let us in ({reason}): check mqtt.username and mqtt.password"
            )
        raise DeliveryFailed(f"does not let us in: {reason}")

    def _answer(self, kind: str) -> ReasonCode | str:
        """Wait for one.

        Raises:
            DeliveryFailed: none came in time, or the connection ended first.
        """
        ends_at = time.monotonic() + self._account.timeout_s
        while True:
            try:
                said, reason = self._said.get(timeout=max(ends_at - time.monotonic(), 0.001))
            except queue.Empty:
                took = f"{self._account.timeout_s:g} s"
                raise DeliveryFailed(f"did not answer within {took}") from None
            if said == kind:
                return reason
            if said == "ended":
                raise DeliveryFailed(f"closed the connection ({reason})")

    def _on_connect(
        self, _: Client, __: Any, flags: ConnectFlags, reason: ReasonCode, props: Properties | None
    ) -> None:
        del flags, props
        self._said.put(("connected", reason))

    def _on_publish(
        self, _: Client, __: Any, mid: int, reason: ReasonCode, props: Properties
    ) -> None:
        del mid, props
        self._said.put(("taken", reason))

    def _on_disconnect(
        self,
        _: Client,
        __: Any,
        flags: DisconnectFlags,
        reason: ReasonCode,
        props: Properties | None,
    ) -> None:
        del props
        why = str(reason) if flags.is_disconnect_packet_from_server else "it broke off"
        self.ended = self.ended or why
        self._said.put(("ended", why))


def _client(account: BrokerAccount, *, says_so: bool) -> Client:
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=account.client_id,
        protocol=MQTTProtocolVersion.MQTTv5,
        reconnect_on_failure=False,
    )
    client.connect_timeout = account.timeout_s
    if account.username is not None:
        client.username_pw_set(account.username, account.password)
    if account.tls is not None:
        client.tls_set_context(account.tls)
    if says_so:
        client.will_set(account.available, OFFLINE, qos=QOS, retain=True)
    return client


def _reason(error: Exception, account: BrokerAccount) -> str:
    if isinstance(error, TimeoutError):
        return f"did not answer within {account.timeout_s:g} s"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"is not who it says: {error.verify_message}"
    if isinstance(error, ssl.SSLError | ConnectionResetError) and account.tls is not None:
        return "does not speak TLS there: mqtts:// wants the port that does, 8883 as a rule"
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be reached: {error.strerror}"
    return f"cannot be reached ({type(error).__name__})"
