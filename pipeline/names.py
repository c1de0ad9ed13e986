"""The names a person may give to cameras, collections and models; those of files, as text."""

import os
import re
import secrets
import socket

from pipeline.errors import ConfigError

# Such a name is at once a YAML key, a part of a Redis key, a folder and a part of a URL.
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
NAME_LETTERS = 64
"""At most."""
# How Python writes a byte of a file's name that is no UTF-8.
_RAW_BYTE = re.compile("[\udc80-\udcff]")


def check_name(kind: str, name: str) -> str:
    """Return `name` if it may name a `kind` ("camera", say).

    Raises:
        ConfigError: it may not.
    """
    if not NAME.fullmatch(name):
        raise ConfigError(
            f"{name!r} cannot name a {kind}: use 1 to 64 of a-z, 0-9, - and _, "
            "starting with a letter or digit"
        )
    return name


def in_utf8(name: str) -> str:
    r"""A file's name or path as text that can be sent: bytes that are no UTF-8 are spelt out.

    >>> print(in_utf8("T" + chr(0xDCFC) + "r.mp4"))
    T\xfcr.mp4
    """
    spelt = _RAW_BYTE.sub(lambda byte: f"\\x{ord(byte[0]) - 0xDC00:02x}", name)
    return spelt.encode("utf-8", "backslashreplace").decode()


def process_name() -> str:
    """A name for this process that no other has had: host, process, and something drawn.

    Containers on the host's network share its name, and the first process in each is number 1.
    """
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
