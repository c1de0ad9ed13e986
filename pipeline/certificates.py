"""Certificates that vouch for the other end of a connection."""

import ssl
from pathlib import Path

from pipeline.errors import ConfigError


def check_ca_file(key: str, ca_file: Path) -> None:
    """Let pass a file of certificates.

    Args:
        key: the setting that names it.
        ca_file: PEM.

    Raises:
        ConfigError: it cannot be read, or holds none.
    """
    try:
        ssl.create_default_context(cafile=str(ca_file))
    except OSError as error:  # what is no certificate is an OSError too
        raise ConfigError(
            f"{key}: no certificates in {ca_file} ({error.strerror or error}); give a PEM file"
        ) from None


def distrust(error: BaseException | None) -> str | None:
    """Why the certificate of the other end was refused, if that made for `error`."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"its certificate is not to be trusted ({error.verify_message})"
        error = error.__cause__ or error.__context__
    return None
