"""An application on real sockets, as a query worker serves it."""

import threading
from contextlib import contextmanager

import httpx

from pipeline.workers.listening import Servers, bind_tcp, bind_unix


@contextmanager
def served(app, path=None, trusted_proxies=()):
    """The port that it answers at; beside a unix socket, if one is named."""
    tcp = bind_tcp("127.0.0.1", 0)
    servers = Servers(
        app, [tcp] if path is None else [bind_unix(path), tcp], trusted_proxies=trusted_proxies
    )
    thread = threading.Thread(target=servers.run, daemon=True)
    thread.start()
    port = tcp.getsockname()[1]
    try:
        httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=30)
        yield port
    finally:
        servers.stop()
        thread.join(30)
