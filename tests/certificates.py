"""Self-signed certificates, made by the system's openssl."""

import ssl
import subprocess
from pathlib import Path
from typing import NamedTuple

from tests.conftest import missing


class Certificate(NamedTuple):
    """PEM files."""

    path: Path
    key: Path

    def served(self):
        """What a server shows it by."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path, self.key)
        return context

    def of_redis(self):
        """The options by which a Redis shows it."""
        return (
            *("--tls-cert-file", self.path, "--tls-key-file", self.key),
            *("--tls-ca-cert-file", self.path, "--tls-auth-clients", "no"),
        )


def certificate(folder, name, address):
    """A self-signed certificate for an address."""
    made = Certificate(folder / f"{name}.pem", folder / f"{name}.key")
    try:
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "ec"),
                *("-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"),
                *("-keyout", made.key, "-out", made.path, "-subj", f"/CN={name}"),
                *("-addext", f"subjectAltName=IP:{address}"),
            ],
            check=True, capture_output=True,
        )  # fmt: skip
    except FileNotFoundError:
        missing("no openssl command to make certificates with", "openssl")
    return made
