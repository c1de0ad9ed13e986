"""Sends one word of an alert to a webhook, signed."""

import hashlib
import hmac
import http.client
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pipeline.errors import DescryError
from pipeline.watch_answers import AlertAnswer
from pipeline.webhook_urls import check_webhook
from pipeline.workers.guarded_connection import AddressRefused, GuardedConnection

ANSWER_BYTES: Final = 4096
"""An answer is read so far, to see that it came; nobody looks at what it says."""


class DeliveryFailed(DescryError):
    """It did not get there, as far as we know; the message says why, and names no address."""


@dataclass(frozen=True, slots=True)
class WebhookSender:
    """What signs and sends.

    Attributes:
        secret: signs; None if nobody set one, and then nothing is sent.
        allow_private: whether private networks may be reached.
        timeout_s: how long a receiver may take.
        now: Unix seconds.
        tls: how to ask who answers.
    """

    secret: str | None
    allow_private: bool
    timeout_s: float
    now: Callable[[], float]
    tls: ssl.SSLContext

    def send(self, url: str, told: AlertAnswer) -> None:
        """Deliver a word.

        Raises:
            DeliveryFailed: anything but a whole answer of 200 to 299 came back.
        """
        if self.secret is None:
            raise DeliveryFailed("there is nothing to sign with: set webhooks.secret")
        parts = check_webhook(url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        body = told.model_dump_json().encode()
        connection = GuardedConnection(
            parts.hostname or "",
            parts.port or (443 if parts.scheme == "https" else 80),
            tls=self.tls if parts.scheme == "https" else None,
            allow_private=self.allow_private,
            timeout_s=self.timeout_s,
        )
        try:
            connection.request("POST", path, body, self._headers(told, body, self.secret))
            answer = connection.getresponse()
            got = len(answer.read(ANSWER_BYTES))
            is_whole = got == ANSWER_BYTES or not answer.length
        except (OSError, http.client.HTTPException, UnicodeError) as error:
            raise DeliveryFailed(self._reason(error, connection)) from error
        finally:
            connection.end()
        if connection.is_overdue:
            raise DeliveryFailed(f"did not answer within {self.timeout_s:g} s")
        if 300 <= answer.status < 400:
            raise DeliveryFailed(f"answered {answer.status}: no redirect is followed")
        if not 200 <= answer.status < 300:
            raise DeliveryFailed(f"answered {answer.status}")
        if not is_whole:
            raise DeliveryFailed("closed amid its answer")

    def _headers(self, told: AlertAnswer, body: bytes, secret: str) -> dict[str, str]:
        timestamp = str(int(self.now()))
        return {
            "Content-Type": "application/json",
            "User-Agent": "descry",
            "Idempotency-Key": told.key,
            "Descry-Timestamp": timestamp,
            "Descry-Signature": f"sha256={signature(secret, timestamp, body)}",
        }

    def _reason(self, error: Exception, connection: GuardedConnection) -> str:
        if isinstance(error, AddressRefused):
            return str(error)
        if connection.is_overdue or isinstance(error, TimeoutError):
            return f"did not answer within {self.timeout_s:g} s"
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"is not who it says: {error.verify_message}"
        if isinstance(error, OSError) and error.strerror:
            return f"cannot be reached: {error.strerror}"
        return f"closed amid its answer ({type(error).__name__})"


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 over timestamp, a dot, and body, in hex.

    >>> signature("0123456789abcdef", "1", b"{}")[:16]
    '2af693cb56b22c16'
    """
    signed = timestamp.encode() + b"." + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
