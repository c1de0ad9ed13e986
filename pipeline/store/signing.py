"""The installation's own key (Ed25519, RFC 8032): what it signs can be checked by anybody."""

import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pipeline.files import write_whole

SEED_BYTES = 32


class SigningKey:
    """A private key that lies in the data folder, readable by its owner alone."""

    def __init__(self, seed: bytes) -> None:
        """From the 32 bytes that an Ed25519 key is made of."""
        self._private = Ed25519PrivateKey.from_private_bytes(seed)

    @classmethod
    def of(cls, file: Path) -> "SigningKey":
        """The key in `file`, as hexadecimal digits; made at first use.

        Raises:
            ValueError: the file holds something else.
        """
        if not file.exists():
            fresh = file.with_name(f".{file.name}.{secrets.token_hex(4)}.tmp")
            write_whole(fresh, secrets.token_hex(SEED_BYTES))
            with suppress(FileExistsError):  # another process was first: its key counts
                os.link(fresh, file)
            fresh.unlink()
        try:
            return cls(bytes.fromhex(file.read_text().strip()))
        except ValueError as error:
            raise ValueError(f"{file} holds no signing key") from error

    @property
    def public(self) -> str:
        """The public half: 64 hexadecimal digits."""
        return self._private.public_key().public_bytes_raw().hex()

    def secret(self, purpose: bytes) -> bytes:
        """A secret of the installation for one purpose, 32 bytes; it tells nothing of the key."""
        return hmac.new(self._private.private_bytes_raw(), purpose, "sha256").digest()

    def sign(self, message: bytes) -> str:
        """The signature of `message`: 128 hexadecimal digits."""
        return self._private.sign(message).hex()


def is_signed_by(public: str, message: bytes, signature: str) -> bool:
    """Whether `signature` is that of `message` by the owner of `public`; both hexadecimal.

    >>> key = SigningKey(bytes(32))
    >>> is_signed_by(key.public, b"six shots", key.sign(b"six shots"))
    True
    >>> is_signed_by(key.public, b"five shots", key.sign(b"six shots"))
    False
    """
    try:
        known = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        known.verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True
