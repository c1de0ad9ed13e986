"""pipeline.workers.listening on real sockets: who is at the other end, and TLS."""

import os
import socket
import ssl
import subprocess
import threading
import time

import httpx
import pytest
from fastapi import FastAPI, Request

from pipeline.client import Client
from pipeline.errors import ConfigError
from pipeline.workers.listening import PEER_UID, Servers, TlsFiles, bind_tcp, bind_unix
from tests.certificates import certificate


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("tls"), "descry", "127.0.0.1")


@pytest.fixture
def served(tmp_path, shown):
    """A unix socket and an address with TLS, of one application that tells who asks."""
    app = FastAPI()

    @app.get("/healthz")
    def tell(request: Request):
        return {"uid": getattr(request.state, PEER_UID, None), "scheme": request.url.scheme}

    path, tcp = tmp_path / "api.sock", bind_tcp("127.0.0.1", 0)
    servers = Servers(app, [bind_unix(path), tcp], TlsFiles(shown.path, shown.key))
    thread = threading.Thread(target=servers.run, daemon=True)
    thread.start()
    yield path, f"https://127.0.0.1:{tcp.getsockname()[1]}"
    servers.stop()
    thread.join(30)
    assert not thread.is_alive()


def ask(client, address, **more):
    while True:  # the server is on its way
        try:
            return client.get(f"{address}/healthz", **more).json()
        except httpx.ConnectError as error:
            if "CERTIFICATE" in str(error):
                raise
            time.sleep(0.02)


def test_the_kernel_says_who_is_at_the_other_end_of_the_socket(served):
    path, _ = served
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(path))) as client:
        told = ask(client, "http://descry", headers={"X-Peer-Uid": "77", "peer_uid": "77"})
        assert told == {"uid": os.geteuid(), "scheme": "http"}
        assert ask(client, "http://descry")["uid"] == os.geteuid(), "and of the next request"


def test_the_network_speaks_tls_and_nobody_there_is_of_this_machine(served, shown):
    _, address = served
    with httpx.Client(verify=ssl.create_default_context(cafile=shown.path)) as client:
        assert ask(client, address) == {"uid": None, "scheme": "https"}
    with httpx.Client() as stranger, pytest.raises(httpx.ConnectError, match="CERTIFICATE"):
        ask(stranger, address)


def test_our_client_trusts_the_file_that_it_is_given(served, shown):
    path, address = served
    with httpx.Client(verify=ssl.create_default_context(cafile=shown.path)) as client:
        ask(client, address)
    with Client(token="", url=address, ca_file=shown.path) as trusting:
        assert trusting.is_alive()
    with Client(token="", url=address) as wary:
        assert not wary.is_alive()
    with Client(token="", url=f"unix://{path}") as local:
        assert local.is_alive()
    with pytest.raises(ConfigError, match=r"api\.ca_file"):
        Client(token="", url=address, ca_file=shown.key)


def test_files_that_cannot_serve_tls_are_named(shown, tmp_path):
    TlsFiles(shown.path, shown.key).check()
    with pytest.raises(ConfigError, match=r"cannot read the certificate .*gone.*api\.tls_certific"):
        TlsFiles(tmp_path / "gone.pem", shown.key).check()
    with pytest.raises(ConfigError, match="cannot read the key"):
        TlsFiles(shown.path, tmp_path / "gone.key").check()
    other = certificate(tmp_path, "other", "127.0.0.1")
    with pytest.raises(ConfigError, match=r"api\.tls_key its key"):
        TlsFiles(shown.path, other.key).check()
    (tmp_path / "text.pem").write_text("no certificate")
    with pytest.raises(ConfigError, match="cannot serve TLS"):
        TlsFiles(tmp_path / "text.pem", shown.key).check()


def test_a_key_with_a_password_is_refused_and_not_asked_for(shown, tmp_path):
    locked = tmp_path / "locked.key"
    subprocess.run(
        ["openssl", "ec", "-in", shown.key, "-aes256", "-passout", "pass:hunter2", "-out", locked],
        check=True,
        capture_output=True,
    )
    with pytest.raises(ConfigError, match="without a password"):
        TlsFiles(shown.path, locked).check()


def test_an_address_that_is_taken_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"cannot listen on 127.0.0.1:{port}"):
            bind_tcp("127.0.0.1", port)
