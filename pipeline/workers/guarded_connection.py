"""An HTTP connection that reaches only addresses it may, and ends in time."""

import contextlib
import http.client
import socket
import ssl
import threading
import time

from pipeline.webhook_urls import is_private


class AddressRefused(OSError):
    """The name leads to a private network, where nobody allowed webhooks to go."""


class GuardedConnection(http.client.HTTPConnection):
    """One request to one host; no redirect is followed, and no proxy asked.

    The name is resolved once, and each address is looked at before it is connected to: what DNS
    says to somebody else, or a moment later, changes nothing.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        tls: ssl.SSLContext | None,
        allow_private: bool,
        timeout_s: float,
    ) -> None:
        """Connect at the first request.

        Args:
            host: a name or an address.
            port: where on it.
            tls: how to ask who answers; None for http.
            allow_private: whether private networks may be reached.
            timeout_s: for everything, once the name is resolved.
        """
        self.default_port = 443 if tls is not None else 80
        super().__init__(host, port, timeout=timeout_s)
        self._tls, self._allow_private, self._timeout_s = tls, allow_private, timeout_s
        self._hand: socket.socket | None = None
        self.is_overdue = False
        self._deadline = threading.Timer(timeout_s, self._cut)
        self._deadline.daemon = True

    def connect(self) -> None:
        """Connect to the first address that may be and can be reached.

        Raises:
            AddressRefused: all of them are private.
            OSError: nobody answers, or it is somebody else.
        """
        found = self._reach()
        # A hand on the same connection: TLS takes the socket itself.
        self._hand = found.dup()
        self.sock = (
            found if self._tls is None else self._tls.wrap_socket(found, server_hostname=self.host)
        )

    def end(self) -> None:
        """Let it go. `close` does not: an answer that ends with the connection is read after it."""
        self._deadline.cancel()
        self.close()
        if self._hand is not None:
            self._hand.close()

    def _reach(self) -> socket.socket:
        resolved = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        allowed = [
            each for each in resolved if self._allow_private or not is_private(str(each[4][0]))
        ]
        if not allowed:
            raise AddressRefused(
                "leads to a private address: webhooks.allow_private_addresses lets it"
            )
        self._deadline.start()
        ends_at = time.monotonic() + self._timeout_s
        failure: OSError | None = None
        for family, kind, protocol, _, address in allowed:
            sock = socket.socket(family, kind, protocol)
            sock.settimeout(max(ends_at - time.monotonic(), 0.001))
            try:
                sock.connect(address)
            except OSError as error:
                sock.close()
                failure = error
            else:
                return sock
        raise failure or OSError("has no address")

    def _cut(self) -> None:
        self.is_overdue = True
        if self._hand is not None:
            with contextlib.suppress(OSError):  # it ended at this moment
                self._hand.shutdown(socket.SHUT_RDWR)
