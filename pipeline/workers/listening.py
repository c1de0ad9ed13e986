"""The HTTP servers of a query worker: sockets, TLS, and who is at the other end of them."""

import asyncio
import ipaddress
import os
import socket
import ssl
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import uvicorn
from fastapi import FastAPI

from pipeline.errors import ConfigError
from pipeline.workers.patience import PatientProtocol

GRACE_S: Final = 2
PEER_UID: Final = "peer_uid"
"""Where in a scope's state it stands who connected to the unix socket."""

_CREDENTIALS: Final = struct.Struct("3i")  # process, user, group


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """What a server shows who it is by.

    Attributes:
        certificate: PEM, with those that vouch for it.
        key: PEM.
    """

    certificate: Path
    key: Path

    def check(self) -> None:
        """See that they can be used.

        Raises:
            ConfigError: they cannot; one line that names the file.
        """
        for name, file in (("certificate", self.certificate), ("key", self.key)):
            if not os.access(file, os.R_OK):
                raise ConfigError(f"cannot read the {name} {file}: set api.tls_{name}")
        try:
            # An empty password, or a key that has one would be asked for at the terminal.
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate, self.key, password=lambda: "")
        except (ssl.SSLError, OSError, ValueError) as error:
            raise ConfigError(
                f"{self.certificate} and {self.key} cannot serve TLS "
                f"({getattr(error, 'reason', None) or error}): api.tls_certificate takes a PEM "
                "certificate, api.tls_key its key without a password"
            ) from error


def bind_unix(path: Path) -> socket.socket:
    """A listening unix socket that only this user may open."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    listener.listen(64)
    return listener


def bind_tcp(host: str, port: int) -> socket.socket:
    """A listening TCP socket.

    Raises:
        ConfigError: the address is taken or not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"cannot listen on {host}:{port} ({error.strerror}): choose another api.port"
        ) from error
    listener.listen(64)
    return listener


def peer_uid(connection: socket.socket) -> int | None:
    """Which user of this machine is at the other end, by the kernel's word; None if unknown."""
    if connection.family != socket.AF_UNIX or not hasattr(socket, "SO_PEERCRED"):
        return None
    told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    uid = int(_CREDENTIALS.unpack(told)[1])
    return None if uid < 0 else uid


class LocalProtocol(PatientProtocol):
    """HTTP over the unix socket: every request of a connection says who made it."""

    def connection_made(self, transport: Any) -> None:
        """Ask the kernel once, when somebody connects."""
        super().connection_made(transport)
        uid = peer_uid(transport.get_extra_info("socket"))
        self.app_state: dict[str, Any] = {**self.app_state, PEER_UID: uid}


class Servers:
    """One application behind several sockets, on one event loop."""

    def __init__(
        self,
        app: FastAPI,
        listeners: Sequence[socket.socket],
        tls: TlsFiles | None = None,
        trusted_proxies: Sequence[str] = (),
    ) -> None:
        """Serve nothing yet.

        Args:
            app: what answers.
            listeners: unix sockets, which stay without TLS, and others.
            tls: what the others serve TLS by; None for none.
            trusted_proxies: networks whose `X-Forwarded-For` and `-Proto` the others believe; over
                the unix socket they are believed of nobody.
        """
        local = [each for each in listeners if each.family == socket.AF_UNIX]
        others = [each for each in listeners if each.family != socket.AF_UNIX]
        self._servers = [
            (uvicorn.Server(_config(app, http=LocalProtocol)), local),
            (uvicorn.Server(_config(app, tls=tls, proxies=trusted_proxies)), others),
        ]

    def run(self) -> None:
        """Serve until `stop`.

        Raises:
            SystemExit: a server did not start.
        """
        first = self._servers[0][0].config
        with asyncio.Runner(loop_factory=first.get_loop_factory()) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        serving = [
            asyncio.ensure_future(server.serve(sockets=sockets))
            for server, sockets in self._servers
            if sockets
        ]
        try:
            # Whichever ends, the others end with it.
            await asyncio.wait(serving, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.stop()
        await asyncio.gather(*serving)

    def stop(self) -> None:
        """Take no more requests; from any thread."""
        for server, _ in self._servers:
            server.should_exit = True


def _both_ways(networks: Sequence[str]) -> list[str]:
    """The networks, and those of IPv4 as a listener of IPv6 sees them too."""
    mapped = [
        f"::ffff:{known.network_address}/{96 + known.prefixlen}"
        for known in map(ipaddress.ip_network, networks)
        if isinstance(known, ipaddress.IPv4Network)
    ]
    return [*networks, *mapped]


def _config(
    app: FastAPI,
    *,
    http: type[asyncio.Protocol] = PatientProtocol,
    tls: TlsFiles | None = None,
    proxies: Sequence[str] = (),
) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=http,
        ws="none",
        log_config=None,
        access_log=False,  # paths name cameras and pictures; counts are in the metrics
        lifespan="off",
        timeout_graceful_shutdown=GRACE_S,
        server_header=False,
        # A list always: without one the library believes loopback, or a variable.
        proxy_headers=bool(proxies),
        forwarded_allow_ips=_both_ways(proxies),
        ssl_certfile=None if tls is None else tls.certificate,
        ssl_keyfile=None if tls is None else tls.key,
    )
